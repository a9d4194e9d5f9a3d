/* By what lots are coloured, and the classes of each way. Any two classes of a way differ for every
   kind of colour vision, or bear different patterns; what is not known is hatched. */
(() => {
  "use strict";
  const { svg, key, sieve } = pingshanGeo;
  const UNKNOWN = "#7a6a3a";
  const TILE = 6;
  const DOT = "M1.9 3a1.1 1.1 0 1 0 2.2 0a1.1 1.1 0 1 0-2.2 0";
  const RISE = "M-1 1L1-1M0 6L6 0M5 7L7 5";
  const MARKS = { dots: DOT, lines: "M0 3H6", bars: "M3 0V6", cross: "M0 3H6M3 0V6", rise: RISE, fall: "M-1 5L1 7M0 0L6 6M5-1L7 1", hatch: RISE };
  const TEXTURES = [null, "dots", "lines", "bars", "cross", "rise", "fall"];
  const STAGES = ["negotiated", "agreed", "selected", "introduced", "landed", "auctioned", "contracted", "under_construction", "completed", "in_operation"];
  const RISING = ["#fdf9e3", "#d8e2a8", "#b3d39a", "#86c19b", "#57aca0", "#3593a3", "#2b799f", "#315d94", "#39417f", "#2e2459"];
  const YEARS = ["#fde9a9", "#f7c873", "#ea9f54", "#d3743f", "#b04a36", "#832a35", "#4d1a2e"];
  const one = (code, colour, pattern = null, mark = "") => ({ code, word: code, colour, pattern, mark });
  const unknown = (code = "unknown") => one(code, UNKNOWN, "hatch", "?");
  const FAR = [one("over", "#c2410c", "rise", "▲"), one("within", "#1d5f9e", null, "✓"), one("under", "#f2c230", "dots", "▼"), one("within_rounding", "#8ecae6", "lines", "≈")];
  const AREA = [one("agrees", "#3a7ca5", null, "✓"), one("explained", "#f2c230", "dots", "∵"), one("disagrees", "#b8340f", "rise", "≠")];
  const OUTLINE = [["surveyed", "#1f5f8b", null], ["published", "#6fb1d6", null], ["approximate", "#e8b04a", "dots"], ["illustrative", "#f3e3b3", "lines"]];

  /** Black or white marks, whichever stands out from a colour. */
  function ink(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return 0.3 * r + 0.59 * g + 0.11 * b < 110 ? "rgba(255,255,255,.75)" : "rgba(0,0,0,.5)";
  }

  /** What a pattern is drawn with: the ground, its marks, their ink. */
  function dressed(name, colour, card = "var(--card)") {
    const bare = name === "hatch";
    return { ground: bare ? card : colour, marks: MARKS[name], ink: bare ? colour : ink(colour), filled: name === "dots" };
  }

  /** A pattern by name, for a canvas and as a swatch; null is plain. */
  function pattern(name) {
    return {
      name,
      /** What fills shapes of a canvas; `ratio` is device pixels to one of the page. */
      canvas(context, colour, ratio = 1) {
        if (!name) return colour;
        // A canvas knows no variables of a sheet.
        const card = getComputedStyle(document.documentElement).getPropertyValue("--card").trim() || "#fff";
        const of = dressed(name, colour, card);
        const tile = document.createElement("canvas");
        tile.width = tile.height = Math.round(TILE * ratio);
        const pen = tile.getContext("2d");
        pen.scale(tile.width / TILE, tile.width / TILE);
        pen.fillStyle = of.ground;
        pen.fillRect(0, 0, TILE, TILE);
        pen.fillStyle = pen.strokeStyle = of.ink;
        pen.lineWidth = 1.3;
        if (of.filled) pen.fill(new Path2D(of.marks)); else pen.stroke(new Path2D(of.marks));
        return context.createPattern(tile, "repeat");
      },
      /** A tile of a drawing's pattern, and what stands in it. */
      tile: { width: TILE, height: TILE, patternUnits: "userSpaceOnUse" },
      marks(colour) {
        const of = name ? dressed(name, colour) : { ground: colour };
        const paint = of.filled ? { fill: of.ink } : { fill: "none", stroke: of.ink, "stroke-width": 1.3 };
        return [svg("rect", { width: TILE, height: TILE, fill: of.ground }), name ? svg("path", { d: of.marks, ...paint }) : null];
      },
      swatch(colour) {
        const box = svg("svg", { class: "swatch", viewBox: "0 0 14 14", "aria-hidden": "true", "data-pattern": name || "plain" },
          svg("rect", { x: 0.5, y: 0.5, width: 13, height: 13, rx: 2, fill: name ? dressed(name, colour).ground : colour }));
        const tiles = svg("svg", { x: 1, y: 1, width: 12, height: 12 });
        for (const [x, y] of name ? [[0, 0], [TILE, 0], [0, TILE], [TILE, TILE]] : []) tiles.append(svg("g", { transform: `translate(${x} ${y})` }, this.marks(colour)[1]));
        box.append(tiles);
        return box;
      },
    };
  }

  /** Classes with their numbers of lots, and the class of each lot; classes that no lot has are left out. */
  function sorted(page, classes, codeAt) {
    const count = page.data.tables.parcels.id.length;
    const place = new Map(classes.map(({ code }, at) => [code, at]));
    const of = new Uint16Array(count);
    const counts = new Array(classes.length).fill(0);
    for (let at = 0; at < count; at += 1) {
      const found = place.get(codeAt(at));
      of[at] = found === undefined ? classes.length - 1 : found; // the last is the unknown
      counts[of[at]] += 1;
    }
    const kept = classes.map((cls, at) => ({ ...cls, count: counts[at], from: at })).filter((cls) => cls.count);
    const moved = new Uint16Array(classes.length);
    kept.forEach(({ from }, at) => { moved[from] = at; });
    return { classes: kept, of: of.map((from) => moved[from]) };
  }

  /** The furthest stage of each lot that has a project, by position. */
  function stagesOf(page) {
    const { stage } = page.data.tables.projects.columns;
    const found = new Map();
    page.model.lotsOfProjects().forEach((lots, project) => {
      for (const at of lots) if (STAGES.indexOf(stage[project]) > STAGES.indexOf(found.get(at))) found.set(at, stage[project]);
    });
    return found;
  }

  /** The last year in which the land of each lot was transferred, by position. */
  const yearsOf = (page) => new Map([...pingshanGeo.lots.lotYears(page)].map(([at, years]) => [at, String(Math.max(...years))]));

  /** Up to seven spans of years, each with about as many lots. */
  function spans(found) {
    const all = [...found].sort();
    const distinct = [...new Set(all)];
    if (distinct.length <= YEARS.length) return distinct.map((year) => [year, year]);
    const out = [];
    for (const year of distinct) {
      const filled = all.filter((other) => other < year).length >= (out.length * all.length) / YEARS.length;
      if (!out.length || (filled && out.length < YEARS.length)) out.push([year, year]); else out[out.length - 1][1] = year;
    }
    return out;
  }

  const alternate = (at) => (at % 2 ? "dots" : null);
  const WAYS = {
    use(page) {
      const { land_use: codes } = page.data.tables.parcels.columns;
      const classes = page.data.uses.map(({ code, name, colour, texture }) => (colour
        ? { code, pair: name, colour, pattern: TEXTURES[texture % TEXTURES.length], mark: "" }
        : { ...unknown(code), pair: code === "unknown" ? null : name }));
      return sorted(page, classes, (at) => codes[at] || "unknown");
    },
    stage(page) {
      const stages = stagesOf(page);
      return sorted(page, [...STAGES.map((code, at) => one(code, RISING[at], alternate(at))), unknown()], (at) => stages.get(at));
    },
    far(page) {
      const { lots } = page.data;
      const codes = lots.columns.far ? lots.columns.far.profile : [];
      return sorted(page, [...FAR, unknown("cannot_judge")], (at) => codes[at] && lots.profiles.far[codes[at] - 1].verdict);
    },
    area(page) {
      const verdicts = (page.data.tables.parcels.told || {}).area_verdict || [];
      return sorted(page, [...AREA, unknown("cannot_judge")], (at) => verdicts[at]);
    },
    year(page) {
      const years = yearsOf(page);
      const ranges = spans(years.values());
      const step = ranges.length > 1 ? (YEARS.length - 1) / (ranges.length - 1) : 0;
      const classes = ranges.map(([from, to], at) => ({ code: from === to ? from : `${from}-${to}`, pair: Array(2).fill(from === to ? from : `${from}–${to}`), colour: YEARS[Math.round(at * step)], pattern: alternate(at), mark: "" }));
      const codeOf = new Map([...years.values()].map((year) => [year, classes[ranges.findIndex(([from, to]) => year >= from && year <= to)].code]));
      return sorted(page, [...classes, unknown()], (at) => codeOf.get(years.get(at)));
    },
    geometry(page) {
      const { geometry_status: status } = page.data.tables.parcels.columns;
      const classes = OUTLINE.map(([code, ...look]) => ({ ...one(code, ...look), word: `chip_${code}` }));
      return sorted(page, [...classes, { ...unknown("none"), word: "chip_none" }], (at) => status[at]);
    },
  };

  /** The colouring that the reader chose, or another by its name. */
  function colouring(page, way = page.state.colour || "use") {
    if (!page.colourings) page.colourings = {};
    if (!page.colourings[way]) {
      const { classes, of } = WAYS[way](page);
      page.colourings[way] = { way, classes, of, fill: (at) => classes[of[at]] };
    }
    return page.colourings[way];
  }

  key("colour", { read: (page, way) => (way !== "use" && Object.keys(WAYS).includes(way) ? way : null) });
  key("cls", {
    read: (page, text) => {
      const [way, codes = ""] = text.split(":");
      if (!Object.keys(WAYS).includes(way)) return null;
      const known = new Set(colouring(page, way).classes.map(({ code }) => code));
      return `${way}:${codes.split(",").filter((code) => known.has(code)).join(",")}`;
    },
  });
  sieve("cls").by((page, { cls }) => {
    if (!cls) return null;
    const [way, codes] = cls.split(":");
    const { classes, of } = colouring(page, way);
    const chosen = new Set(codes.split(","));
    const passes = classes.map(({ code }) => chosen.has(code));
    return (at) => passes[of[at]];
  });

  Object.assign(pingshanGeo, {
    colouring, pattern, colourWays: Object.keys(WAYS),
    classLabel: (page, cls) => (cls.pair ? page.say(cls.pair) : page.t(cls.word)),
    swatchAt: (page, at) => { const { colour, pattern: name } = colouring(page).fill(at); return pattern(name).swatch(colour); },
  });
})();
