/* Lots drawn on one canvas: fills, patterns, dashes, a minimum mark. A renderer of Leaflet moves and scales
   it with the map. A pan keeps what is painted and adds the strips that come into view; all else paints anew,
   and finer for paper. */
(() => {
  "use strict";
  const { geometry } = pingshanGeo;
  /** Lots drawn smaller than this, in pixels, are plain boxes; up to THIN they get a thin line. */
  const SQUARE = { usual: 4, many: 6 };
  const THIN = 10;
  /** So many lots at once are painted with a narrow margin, and small ones as plain fills with a gap for a line. */
  const MANY = 15000;
  const GAP = 0.9;
  const MARGIN = { usual: 0.3, many: 0.1 };
  const DASHES = { illustrative: [3, 2], approximate: [7, 2] };
  /** On paper one pixel of the screen becomes three: 288 to the inch. */
  const PAPER = 3;
  const MOST_PIXELS = 4e7;
  /** How far the widest line reaches beyond an outline, with a pixel to spare. */
  const LINE = 4;
  const TOKENS = ["--lot-line", "--card", "--accent-2", "--use-strength"];

  /** What a canvas fills lots with, made once for each class of the colouring. */
  function styles(context, ratio) {
    const made = new Map();
    return (look) => {
      if (!made.has(look)) {
        const style = look.pattern ? pingshanGeo.pattern(look.pattern).canvas(context, look.colour, ratio) : look.colour;
        if (style.setTransform) style.setTransform(new DOMMatrix().scale(1 / ratio));
        made.set(look, style);
      }
      return made.get(look);
    };
  }

  /** Light hatching over the fill of a sketched outline. */
  function hatching(context, ratio) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = Math.ceil(5 * ratio);
    const x = tile.getContext("2d");
    x.fillStyle = "rgba(255,255,255,.55)";
    x.fillRect(0, 0, tile.width * 0.22, tile.width);
    const style = context.createPattern(tile, "repeat");
    style.setTransform(new DOMMatrix().rotate(45).scale(5 / tile.width));
    return style;
  }

  /** What a shift lays bare of a canvas of so many pixels: a strip above or below, and one beside, without overlap. */
  function bared(size, { x, y }) {
    const ends = (shift, all) => (shift > 0 ? [0, shift] : [all + shift, all]);
    const [top, foot] = ends(y, size.y);
    const [left, right] = ends(x, size.x);
    const rest = y > 0 ? [foot, size.y] : [0, top];
    return [[0, top, size.x, foot], [left, rest[0], right, rest[1]]]
      .filter(([a, b, c, d]) => c > a && d > b).map(([a, b, c, d]) => L.bounds([a, b], [c, d]));
  }

  const LotCanvas = L.Renderer.extend({
    options: { pane: "pgLots", padding: MARGIN.usual },

    /** `lots`: page, block (flat), hits, least() in pixels, selected(): positions. */
    initialize(lots) {
      L.Renderer.prototype.initialize.call(this, {});
      this.lots = lots;
      this.paper = false;
    },

    getEvents() {
      return Object.assign(L.Renderer.prototype.getEvents.call(this), { move: this._onMove });
    },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.className = "pg-lots";
      this._context = this._container.getContext("2d");
    },

    _destroyContainer() {
      cancelAnimationFrame(this._waiting);
      this._waiting = 0;
      this._container.remove();
      if (this._sheet) this._sheet.remove();
      this._container = this._bounds = null;
    },

    /** Leaflet calls this when the map has moved: however often, one painting before the next frame. */
    _update() {
      if (!this._bounds) this.paint();
      else if (!this._waiting) this._waiting = requestAnimationFrame(() => this.paint(this._painted));
    },

    /** Lots look otherwise, or others show: nothing that is painted can stay. */
    change() {
      this._painted = null;
      this._update();
    },

    /** A pan that leaves what is painted paints on the way. */
    _onMove() {
      const from = this._map.containerPointToLayerPoint([0, 0]);
      if (this._map.getZoom() === this._zoom && !this._bounds.contains(L.bounds(from, from.add(this._map.getSize())))) this._update();
    },

    /** `painted`: what the canvas holds and may keep. */
    paint(painted = null) {
      cancelAnimationFrame(this._waiting);
      this._waiting = 0;
      if (!this._map || (this._map._animatingZoom && this._bounds)) return; // the zoom ends with another call
      const place = (padding) => {
        this.options.padding = padding;
        L.Renderer.prototype._update.call(this);
        return this.inView(this._bounds);
      };
      let shown = place(this.paper ? 0 : MARGIN.usual);
      const many = shown.length > MANY;
      if (many && !this.paper) shown = place(MARGIN.many);
      const { _container: canvas, _bounds: bounds } = this;
      const size = bounds.getSize();
      const wanted = Math.max(devicePixelRatio || 1, this.paper ? PAPER : 1);
      const ratio = Math.min(wanted, Math.sqrt(MOST_PIXELS / (size.x * size.y || 1)));
      const pixels = size.multiplyBy(ratio).round();
      const origin = this._map.getPixelOrigin();
      const here = { key: [this._zoom, ratio, many, pixels, origin].join(), min: bounds.min };
      const moved = painted && painted.key === here.key && !this.paper ? painted.min.subtract(bounds.min).multiplyBy(ratio) : null;
      const whole = L.bounds([0, 0], pixels);
      const kept = moved && moved.equals(moved.round()) && L.bounds(moved, moved.add(pixels)).overlaps(whole);
      if (!kept) {
        canvas.width = pixels.x; // empties it too
        canvas.height = pixels.y;
      }
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      L.DomUtil.setPosition(canvas, bounds.min);
      if (size.x && size.y) {
        if (kept) this._shift(moved);
        for (const strip of kept ? bared(pixels, moved) : [whole]) this._strip(ratio, many, strip, kept ? null : shown);
      }
      this._painted = here;
      this._print();
    },

    /** Move what is painted by whole pixels. */
    _shift({ x: right, y: down }) {
      const { _container: canvas, _context: x } = this;
      x.save();
      x.setTransform(1, 0, 0, 1, 0, 0);
      x.globalCompositeOperation = "copy";
      x.drawImage(canvas, right, down);
      x.restore();
    },

    /** Paint a part of the canvas, in its pixels; what lies over its edge is cut there. */
    _strip(ratio, many, strip, known) {
      const { _context: x, _bounds: bounds } = this;
      const { min, max } = strip;
      const edge = (corner, more) => corner.divideBy(ratio).add(bounds.min).add([more, more]);
      x.save();
      x.setTransform(1, 0, 0, 1, 0, 0);
      x.beginPath();
      x.rect(min.x, min.y, max.x - min.x, max.y - min.y);
      x.clip();
      this._draw(ratio, known || this.inView(L.bounds(edge(min, -LINE), edge(max, LINE))), many, strip);
      x.restore();
    },

    /** On paper a picture stands for the canvas: a browser prints the steps of a canvas, and the one that
        empties it would wipe out the zones below. */
    _print() {
      const { _container: canvas } = this;
      canvas.classList.toggle("on-sheet", this.paper);
      if (this._sheet) this._sheet.remove();
      this._sheet = null;
      if (!this.paper || !canvas.width || !canvas.height) return;
      const sheet = document.createElement("img");
      sheet.className = "pg-lots-sheet";
      sheet.alt = "";
      sheet.src = canvas.toDataURL();
      Object.assign(sheet.style, { width: canvas.style.width, height: canvas.style.height });
      canvas.after(sheet);
      L.DomUtil.setPosition(sheet, this._bounds.min);
      this._sheet = sheet;
    },

    /** Positions of the lots that show in a box of layer points, in the catalogue's order. */
    inView({ min, max }) {
      const { page, block: { box, count } } = this.lots;
      const scale = this._map.getZoomScale(this._map.getZoom(), 0);
      const origin = this._map.getPixelOrigin();
      const out = [];
      const more = this.lots.least() / 2;
      const [west, north] = [(min.x + origin.x - more) / scale, (min.y + origin.y - more) / scale];
      const [east, south] = [(max.x + origin.x + more) / scale, (max.y + origin.y + more) / scale];
      for (let at = 0, i = 0; at < count; at += 1, i += 4) {
        if (page.shown.mask[at] && box[i] <= east && box[i + 2] >= west && box[i + 1] <= south && box[i + 3] >= north) out.push(at);
      }
      return out;
    },

    _draw(ratio, shown, many, strip) {
      const { page, block, hits, least, selected } = this.lots;
      const { _context: x, _bounds: bounds } = this;
      const told = getComputedStyle(document.documentElement);
      const tokens = Object.fromEntries(TOKENS.map((name) => [name, told.getPropertyValue(name).trim()]));
      const token = (name) => tokens[name];
      const styleOf = styles(x, ratio);
      const hatched = hatching(x, ratio);
      const { fill: lookOf } = pingshanGeo.colouring(page);
      const { geometry_status: statuses } = page.data.tables.parcels.columns;
      const filled = !this._map.getContainer().classList.contains("in-pieces"); // parts of lots are drawn in their place
      const strength = Number(token("--use-strength")) || 1;
      const scale = this._map.getZoomScale(this._zoom, 0);
      const origin = this._map.getPixelOrigin();
      const shortest = least() / scale;
      const { box } = block;
      x.setTransform(ratio, 0, 0, ratio, -bounds.min.x * ratio, -bounds.min.y * ratio);
      x.strokeStyle = token("--lot-line");
      x.lineJoin = "round";
      const square = many ? SQUARE.many : SQUARE.usual;
      let dashed = null;
      const sized = (at) => Math.max(box[4 * at + 2] - box[4 * at], box[4 * at + 3] - box[4 * at + 1]) * scale * hits.growth(at, shortest);
      const [dots, large] = [[], []];
      for (const at of shown) (sized(at) < square ? dots : large).push(at);
      if (dots.length) this._dots(dots, ratio, strip, (at) => hits.growth(at, shortest) * scale, lookOf);
      for (const at of large) {
        const grown = hits.growth(at, shortest);
        const extent = sized(at);
        const look = lookOf(at);
        if (many && extent < THIN) {
          this._trace(at, scale, origin, grown * GAP);
          x.globalAlpha = strength;
          x.fillStyle = look.colour;
          if (filled) x.fill("evenodd"); else x.stroke();
          continue;
        }
        const status = statuses[at];
        const dash = DASHES[status] || null;
        this._trace(at, scale, origin, grown);
        if (filled) {
          x.globalAlpha = strength;
          x.fillStyle = styleOf(look);
          x.fill("evenodd");
          if (dash) {
            x.fillStyle = hatched;
            x.fill("evenodd");
          }
        }
        if (dash !== dashed) x.setLineDash(dash || []);
        dashed = dash;
        x.globalAlpha = status === "illustrative" ? 1 : 0.85;
        x.lineWidth = extent < THIN ? 0.5 : 1;
        x.stroke();
      }
      x.setLineDash([]);
      x.globalAlpha = 1;
      for (const [colour, width] of [[token("--card"), 5], [token("--accent-2"), 2.6]]) {
        x.strokeStyle = colour;
        x.lineWidth = width;
        for (const at of selected()) {
          if (!page.shown.mask[at]) continue;
          this._trace(at, scale, origin, hits.growth(at, shortest));
          x.stroke();
        }
      }
    },

    /** The smallest lots as boxes of whole pixels, at one stroke: a canvas takes long over each step. */
    _dots(dots, ratio, strip, zoomOf, lookOf) {
      const { _context: x, _bounds: bounds, _zoom: zoom } = this;
      const { box } = this.lots.block;
      const scale = this._map.getZoomScale(zoom, 0);
      const corner = this._map.getPixelOrigin().add(bounds.min);
      const { x: width, y: height } = strip.getSize();
      const image = x.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      const colours = new Map();
      const colourOf = (look) => {
        if (!colours.has(look)) {
          x.fillStyle = look.colour;
          const rgb = parseInt(x.fillStyle.slice(1), 16);
          colours.set(look, ((255 << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0);
        }
        return colours.get(look);
      };
      for (const at of dots) {
        const i = 4 * at;
        const half = zoomOf(at) / 2;
        const mx = ((box[i] + box[i + 2]) / 2) * scale - corner.x;
        const my = ((box[i + 1] + box[i + 3]) / 2) * scale - corner.y;
        const [wide, high] = [(box[i + 2] - box[i]) * half, (box[i + 3] - box[i + 1]) * half];
        const left = Math.round((mx - wide) * ratio) - strip.min.x;
        const top = Math.round((my - high) * ratio) - strip.min.y;
        const right = Math.min(width, Math.max(left + 1, Math.round((mx + wide) * ratio) - strip.min.x));
        const foot = Math.min(height, Math.max(top + 1, Math.round((my + high) * ratio) - strip.min.y));
        const colour = colourOf(lookOf(at));
        for (let y = Math.max(0, top); y < foot; y += 1) {
          for (let k = y * width + Math.max(0, left), end = y * width + right; k < end; k += 1) pixels[k] = colour;
        }
      }
      x.putImageData(image, strip.min.x, strip.min.y);
    },

    /** The outline of a lot as the path of the canvas; corners that fall together on the screen count once. */
    _trace(at, scale, origin, grown) {
      const { block } = this.lots;
      const { xy, rings, box } = block;
      const x = this._context;
      const zoom = scale * grown;
      const left = (box[4 * at] + box[4 * at + 2]) * 0.5 * (scale - zoom) - origin.x;
      const top = (box[4 * at + 1] + box[4 * at + 3]) * 0.5 * (scale - zoom) - origin.y;
      const [first, last] = geometry.ringsOf(block, at);
      x.beginPath();
      for (let ring = first; ring < last; ring += 1) {
        let [px, py] = [Infinity, Infinity];
        for (let i = ring ? 2 * rings[ring - 1] : 0, stop = 2 * rings[ring], start = i; i < stop; i += 2) {
          const [qx, qy] = [xy[i] * zoom + left, xy[i + 1] * zoom + top];
          if (i > start && Math.abs(qx - px) + Math.abs(qy - py) < 0.3) continue;
          if (i === start) x.moveTo(qx, qy); else x.lineTo(qx, qy);
          [px, py] = [qx, qy];
        }
        x.closePath();
      }
    },
  });

  /** Paint for paper when the page is printed, and with the colours of paper. */
  LotCanvas.addInitHook(function watch() {
    const turn = (paper) => { if (this.paper !== paper) { this.paper = paper; this.paint(); } };
    window.addEventListener("beforeprint", () => turn(true));
    window.addEventListener("afterprint", () => turn(false));
    for (const [media, act] of [["print", (event) => turn(event.matches)], ["(prefers-color-scheme: dark)", () => this.paint()]]) {
      const query = matchMedia(media);
      if (query.addEventListener) query.addEventListener("change", act);
    }
  });

  pingshanGeo.LotCanvas = LotCanvas;
})();
