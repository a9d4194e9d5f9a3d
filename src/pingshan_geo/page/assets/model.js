/* The data block as rows and figures. Columns stay columns: a row object is made when asked for. */
(() => {
  "use strict";

  /** The form under which two spellings are equal: width, case, spaces and dashes do not count. */
  function normal(text) {
    return text
      .normalize("NFKC")
      .replace(/[\s\u002d\u2010-\u2015\u2212\u2043\u30fc\ufe58\ufe63\u00ad]+/g, "")
      .toLowerCase();
  }

  const gather = (into, key, one) => { if (into.has(key)) into.get(key).push(one); else into.set(key, [one]); };

  const halves = (id) => { const at = id.indexOf("/"); return [id.slice(0, at), id.slice(at + 1)]; };

  class Model {
    constructor(data) {
      this.data = data;
      Object.assign(pingshanGeo.format.FACTOR, data.units);
      this.rowOf = {};
      this.named = new Map();
      for (const [kind, table] of Object.entries(data.tables)) {
        this.rowOf[kind] = new Map(table.id.map((id, index) => [id, index]));
      }
      this.order = new Map(data.measures.map((one, at) => [one.name, at]));
      // Figures of lots are columns and have no place here.
      this.figureOf = new Map();
      this.bySubject = new Map();
      (data.figures.subject || []).forEach((subject, index) => {
        this.figureOf.set(`${data.measures[data.figures.measure[index]].name}/${subject}`, index);
        gather(this.bySubject, subject, index);
      });
    }

    count(kind) {
      return this.data.tables[kind] ? this.data.tables[kind].id.length : 0;
    }

    has(kind, id) {
      return this.rowOf[kind] !== undefined && this.rowOf[kind].has(id);
    }

    row(kind, id) {
      return this.rowAt(kind, this.rowOf[kind].get(id));
    }

    rowAt(kind, index) {
      const table = this.data.tables[kind];
      const row = Object.create(null); // a column may have a name that every object has
      for (const columns of [table.told, table.columns]) {
        for (const name of Object.keys(columns)) row[name] = columns[name][index];
      }
      return Object.assign(row, { kind, id: table.id[index], index, name: table.name[index], kind_key: row.kind });
    }

    rows(kind) {
      return Array.from({ length: this.count(kind) }, (one, at) => this.rowAt(kind, at));
    }

    /** Rows that have a value in a column; only those are made. */
    rowsWith(kind, column, value) {
      const values = this.data.tables[kind].columns[column] || [];
      const out = [];
      for (let at = 0; at < values.length; at += 1) if (values[at] === value) out.push(this.rowAt(kind, at));
      return out;
    }

    kindOf(id) {
      return Object.keys(this.rowOf).find((kind) => this.rowOf[kind].has(id)) || null;
    }

    figure(id) {
      const index = this.figureOf.get(id);
      if (index !== undefined) return this.figureAt(index);
      const [measure, subject] = halves(id);
      const at = this.rowOf.parcels.get(subject);
      return at === undefined ? null : this.lotFigure(measure, at);
    }

    figureAt(index) {
      const { figures, measures, evidence } = this.data;
      const row = {};
      for (const [name, values] of Object.entries(figures)) row[name] = values[index];
      const subject = { measure: measures[row.measure].name, subject: row.subject };
      return this.told(row, subject, row.evidence.map((at) => evidence[at]));
    }

    /** A figure of a lot, by its position; null where there is none. */
    lotFigure(measure, at) {
      const { lots, tables } = this.data;
      const column = lots.columns[measure];
      if (!column || !column.profile[at]) return null;
      const profile = lots.profiles[measure][column.profile[at] - 1];
      const subject = tables.parcels.id[at];
      const number = (part) => (Number.isNaN(column[part][at]) ? null : column[part][at]);
      const inputs = profile.inputs.map((id) => (id.includes("/") ? id : `${id}/${subject}`));
      const numbers = { value: number("value"), low: number("low"), high: number("high") };
      return this.told({ ...profile, ...numbers, inputs }, { measure, subject }, this.lotEvidence(profile, at));
    }

    /** Where a lot's figure was printed: its own row and numbers in the places of the profile. */
    lotEvidence(profile, at) {
      const seen = new Set();
      const own = (text) => text.replace(/\u0001(\w+)\u0001/g, (all, name) => {
        const slot = this.data.lots.slots[name];
        return slot ? (Array.isArray(slot) ? slot[at] : slot.at(at)) : all;
      });
      return profile.evidence.map(([source, locator, printed]) => [source, own(locator), own(printed)]).filter((item, index) => {
        const key = item.join("\u0001");
        const isOwn = profile.evidence[index].some((part) => typeof part === "string" && part.includes("\u0001"));
        const twice = isOwn && seen.has(key);
        seen.add(key);
        return !twice;
      });
    }

    told(row, { measure: name, subject }, evidence) {
      const { measures, texts, sources } = this.data;
      const measure = measures[this.order.get(name)];
      const text = (at) => (at < 0 ? null : texts[at]);
      return {
        id: `${name}/${subject}`,
        subject,
        measure: name,
        label: text(row.label) || measure.label,
        group: measure.group,
        operator: measure.operator,
        value: row.value,
        low: row.low,
        high: row.high,
        unit: row.unit,
        show: pingshanGeo.shownIn(row, measure),
        status: row.status,
        qualifier: row.qualifier,
        verdict: row.verdict,
        method: text(row.method),
        basis: text(row.basis),
        inputs: row.inputs,
        notes: row.notes.map(text),
        completeness: row.completeness,
        evidence: evidence.map(([source, locator, printed]) => ({ source: sources[source], locator, printed })),
      };
    }

    figuresOf(subject) {
      const at = this.rowOf.parcels.get(subject);
      const own = at === undefined ? [] : Object.keys(this.data.lots.columns).map((measure) => this.lotFigure(measure, at));
      return [...own.filter(Boolean), ...(this.bySubject.get(subject) || []).map((index) => this.figureAt(index))];
    }

    value(measure, subject) {
      const index = this.figureOf.get(`${measure}/${subject}`);
      if (index !== undefined) return this.data.figures.value[index];
      const at = this.rowOf.parcels.get(subject);
      return at === undefined ? null : this.valueAt("parcels", measure, at);
    }

    /** The number of a row by its position, null where it is unknown. */
    valueAt(kind, measure, at) {
      if (kind !== "parcels") return this.value(measure, this.data.tables[kind].id[at]);
      const column = this.data.lots.columns[measure];
      return !column || Number.isNaN(column.value[at]) ? null : column.value[at];
    }

    /** Rows of a table that name this subject in a column. */
    related(kind, column, id) {
      return this.naming(kind, column, id).map((at) => this.rowAt(kind, at));
    }

    /** Their positions. */
    naming(kind, column, id) {
      const key = `${kind}.${column}`;
      if (!this.named.has(key)) {
        const named = new Map();
        const table = this.data.tables[kind];
        ((table && table.columns[column]) || []).forEach((one, at) => gather(named, one, at));
        this.named.set(key, named);
      }
      return this.named.get(key).get(id) || [];
    }

    /** Rows that lie in a zone or in a part of it. */
    inZone(kind, zone) {
      return Array.from(this.data.members[kind][this.rowOf.zones.get(zone)], (at) => this.rowAt(kind, at));
    }

    /** The zones that a lot lies in, kind by kind: the dominant one first, what lies outside last. */
    pairsOf(lot) {
      const { pairs, tables } = this.data;
      if (!this.pairRows) {
        this.pairRows = new Map();
        pairs.lot.forEach((one, at) => gather(this.pairRows, one, at));
      }
      return (this.pairRows.get(lot) || []).map((at) => ({
        order: pairs.kind[at],
        kind: pairs.kinds[pairs.kind[at]],
        zone: pairs.zone[at] < 0 ? null : tables.zones.id[pairs.zone[at]],
        share: pairs.share[at],
        dominant: Boolean(pairs.flags[at] & 1),
        sliver: Boolean(pairs.flags[at] & 2),
        piece: pairs.piece[at],
      })).sort((a, b) => a.order - b.order || !a.zone - !b.zone || b.dominant - a.dominant || b.share - a.share);
    }

    /** Kinds of zones that cut a lot. */
    cutKinds() {
      const { kinds, kind, piece } = this.data.pairs;
      if (!this.cut) this.cut = new Set(kind.filter((one, at) => piece[at] >= 0));
      const { cut } = this;
      return kinds.filter((name, at) => cut.has(at));
    }

    hasShape(finding) {
      return this.data.geometry.findings.features[finding] > 0;
    }

    hasLayer(name) {
      return name === "findings" ? this.data.findings.some((row, at) => this.hasShape(at))
        : name.startsWith("pieces:") && this.cutKinds().includes(name.slice(7));
    }

    /** Positions of the findings about a subject, or that name it. */
    findingsOf(id) {
      if (!this.found) {
        this.found = new Map();
        this.data.findings.forEach(({ subject, related }, at) => {
          for (const one of new Set([subject, ...related])) gather(this.found, one, at);
        });
      }
      return this.found.get(id) || [];
    }

    /** All by which a lot may be sought; lots stand in the catalogue's order. */
    searchText(at) {
      if (!this.said) this.said = this.searchTexts();
      return this.said[at];
    }

    /** Search texts of all lots, folded at one stroke: folding one by one is slow for many. */
    searchTexts() {
      const { parcels, projects, auctions, zones } = this.data.tables;
      const said = parcels.id.map((id, at) => [id, ...parcels.name[at]]);
      (parcels.columns.zone_id || []).forEach((zone, at) => {
        if (zone && this.has("zones", zone)) said[at].push(...zones.name[this.rowOf.zones.get(zone)]);
      });
      // Only lots that a project or transfer names have any.
      const named = new Set([...(projects.columns.parcel_id || []), ...(auctions.columns.parcel_id || [])]);
      for (const id of named) {
        const at = this.rowOf.parcels.get(id);
        if (at === undefined) continue;
        for (const project of this.projectsOf(id)) said[at].push(project.id, ...project.name, ...[project.developer].flat());
        for (const auction of this.auctionsOf(id)) said[at].push(auction.id, ...[auction.buyer].flat());
      }
      return normal(said.map((one) => one.filter(Boolean).join("\u0001").replace(/\u0002/g, " ")).join("\u0002")).split("\u0002");
    }

    /** Positions of the lots of each project: its own, and those of its land transfers. */
    lotsOfProjects() {
      if (!this.built) {
        const { projects, auctions } = this.data.tables;
        this.built = projects.id.map(() => new Set());
        const put = (project, lot) => {
          const at = this.rowOf.parcels.get(lot);
          if (project !== undefined && at !== undefined) this.built[project].add(at);
        };
        (projects.columns.parcel_id || []).forEach((lot, project) => put(project, lot));
        (auctions.columns.project_id || []).forEach((id, at) => put(this.rowOf.projects.get(id), auctions.columns.parcel_id[at]));
      }
      return this.built;
    }

    projectsOf(lot) {
      const rows = new Set(this.naming("projects", "parcel_id", lot));
      for (const auction of this.related("auctions", "parcel_id", lot)) {
        if (this.has("projects", auction.project_id)) rows.add(this.rowOf.projects.get(auction.project_id));
      }
      return [...rows].sort((a, b) => a - b).map((at) => this.rowAt("projects", at));
    }

    /** How a land transfer stands: withdrawn, failed and replaced ones are listed and do not count. */
    transferVerdict(sale) {
      const { transfer_verdict: verdicts } = this.data.tables.auctions.told || {};
      return (verdicts && verdicts[sale.index]) || "stands";
    }

    transferVoid(verdict) {
      return ["withdrawn", "failed", "replaced"].includes(verdict);
    }

    transferCounts(sale) {
      return !this.transferVoid(this.transferVerdict(sale));
    }

    auctionsOf(lot) {
      const rows = new Set(this.naming("auctions", "parcel_id", lot));
      for (const project of this.related("projects", "parcel_id", lot)) {
        for (const at of this.naming("auctions", "project_id", project.id)) {
          if (!this.data.tables.auctions.columns.parcel_id[at]) rows.add(at);
        }
      }
      return [...rows].sort((a, b) => a - b).map((at) => this.rowAt("auctions", at));
    }
  }

  pingshanGeo.sieve("q").by((page, { q }) => {
    const terms = q.split(/\s+/).map(normal).filter(Boolean);
    return terms.length ? (at) => terms.every((term) => page.model.searchText(at).includes(term)) : null;
  });
  pingshanGeo.sieve("uses").by((page, { uses }) => {
    const codes = page.data.tables.parcels.columns.land_use;
    return uses ? (at) => uses.has(codes[at] || "unknown") : null;
  });

  pingshanGeo.normal = normal;
  pingshanGeo.readModel = (data) => new Model(data);
})();
