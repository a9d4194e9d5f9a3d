/* Inflates the program and runs it. Written for browsers that are too old for the page: it is what tells them. */
(function () {
  "use strict";
  function tell(name) {
    var frame = document.querySelector(".pg-frame");
    if (frame) frame.style.display = "none";
    document.getElementById(name).hidden = false;
  }
  // Chromium from 86 on; what the program and the sheets use came with or before replaceChildren.
  if (typeof DecompressionStream === "undefined" || !document.body.replaceChildren) {
    tell("pingshan-geo-old");
    return;
  }
  // What any code makes markup of passes here: of elements only those that Leaflet's controls are made of.
  if (window.trustedTypes) {
    trustedTypes.createPolicy("default", {
      createHTML: function (html) { return html.replace(/<(?!\/?(a|input|path|span|svg)\b)/gi, "&lt;"); },
      createScript: function (program) { return program; }, // its hash is in the page's policy, or it does not run
    });
  }
  var text = atob(document.getElementById("pingshan-geo-program").textContent);
  var bytes = new Uint8Array(text.length);
  for (var at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Response(stream).text().then(function (program) {
    var script = document.createElement("script");
    script.textContent = program;
    document.body.appendChild(script);
  }).catch(function (error) {
    tell("pingshan-geo-broken");
    throw error;
  });
})();
