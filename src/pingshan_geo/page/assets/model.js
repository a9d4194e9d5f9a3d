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

  class Model {
    constructor(data) {
      this.data = data;
      Object.assign(pingshanGeo.format.FACTOR, data.units);
      this.rowOf = {};
      this.naming = new Map();
      for (const [kind, table] of Object.entries(data.tables)) {
        this.rowOf[kind] = new Map(table.id.map((id, index) => [id, index]));
      }
      this.figureOf = new Map();
      this.bySubject = new Map();
      data.figures.subject.forEach((subject, index) => {
        this.figureOf.set(`${data.measures[data.figures.measure[index]].name}/${subject}`, index);
        if (!this.bySubject.has(subject)) this.bySubject.set(subject, []);
        this.bySubject.get(subject).push(index);
      });
    }

    has(kind, id) {
      return this.rowOf[kind] !== undefined && this.rowOf[kind].has(id);
    }

    row(kind, id) {
      const index = this.rowOf[kind].get(id);
      const table = this.data.tables[kind];
      const row = {};
      for (const [column, values] of Object.entries({ ...table.told, ...table.columns })) row[column] = values[index];
      return Object.assign(row, { kind, id, index, name: table.name[index], kind_key: row.kind });
    }

    rows(kind) {
      return this.data.tables[kind] ? this.data.tables[kind].id.map((id) => this.row(kind, id)) : [];
    }

    kindOf(id) {
      return Object.keys(this.rowOf).find((kind) => this.rowOf[kind].has(id)) || null;
    }

    figure(id) {
      const index = this.figureOf.get(id);
      return index === undefined ? null : this.figureAt(index);
    }

    figureAt(index) {
      const { figures, measures, texts, evidence, sources } = this.data;
      const measure = measures[figures.measure[index]];
      const text = (at) => (at < 0 ? null : texts[at]);
      return {
        id: `${measure.name}/${figures.subject[index]}`,
        subject: figures.subject[index],
        measure: measure.name,
        label: text(figures.label[index]) || measure.label,
        group: measure.group,
        operator: measure.operator,
        value: figures.value[index],
        low: figures.low[index],
        high: figures.high[index],
        unit: figures.unit[index],
        show: figures.show[index],
        status: figures.status[index],
        qualifier: figures.qualifier[index],
        verdict: figures.verdict[index],
        method: text(figures.method[index]),
        basis: text(figures.basis[index]),
        inputs: figures.inputs[index],
        notes: figures.notes[index].map(text),
        completeness: figures.completeness[index],
        evidence: figures.evidence[index].map((at) => {
          const [source, locator, printed] = evidence[at];
          return { source: sources[source], locator, printed };
        }),
      };
    }

    figuresOf(subject) {
      return (this.bySubject.get(subject) || []).map((index) => this.figureAt(index));
    }

    value(measure, subject) {
      const index = this.figureOf.get(`${measure}/${subject}`);
      return index === undefined ? null : this.data.figures.value[index];
    }

    /** Rows of a table that name this subject in a column. */
    related(kind, column, id) {
      const key = `${kind}.${column}`;
      if (!this.naming.has(key)) {
        const named = new Map();
        const table = this.data.tables[kind];
        ((table && table.columns[column]) || []).forEach((one, at) => {
          if (named.has(one)) named.get(one).push(at); else named.set(one, [at]);
        });
        this.naming.set(key, named);
      }
      return (this.naming.get(key).get(id) || []).map((at) => this.row(kind, this.data.tables[kind].id[at]));
    }

    /** Rows that lie in a zone or in a part of it. */
    inZone(kind, zone) {
      return this.data.members[kind][this.rowOf.zones.get(zone)].map((index) => this.row(kind, this.data.tables[kind].id[index]));
    }

    /** The zones that a lot lies in, kind by kind: the dominant one first, what lies outside last. */
    pairsOf(lot) {
      const { pairs, tables } = this.data;
      if (!this.pairRows) {
        this.pairRows = new Map();
        pairs.lot.forEach((one, at) => { if (this.pairRows.has(one)) this.pairRows.get(one).push(at); else this.pairRows.set(one, [at]); });
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
      const cut = new Set(kind.filter((one, at) => piece[at] >= 0));
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
      return [...this.data.findings.keys()].filter((at) => this.data.findings[at].subject === id || this.data.findings[at].related.includes(id));
    }

    /** All by which a lot may be sought; lots stand in the catalogue's order. */
    searchText(at) {
      if (!this.said) this.said = [];
      if (this.said[at] === undefined) {
        const lot = this.row("parcels", this.data.tables.parcels.id[at]);
        const said = [lot.id, ...lot.name];
        if (lot.zone_id && this.has("zones", lot.zone_id)) said.push(...this.row("zones", lot.zone_id).name);
        for (const project of this.projectsOf(lot.id)) said.push(project.id, ...project.name, ...[project.developer].flat());
        for (const auction of this.auctionsOf(lot.id)) said.push(auction.id, ...[auction.buyer].flat());
        this.said[at] = normal(said.filter(Boolean).join("\u0001"));
      }
      return this.said[at];
    }

    projectsOf(lot) {
      const named = new Set(this.related("auctions", "parcel_id", lot).map((row) => row.project_id));
      return this.rows("projects").filter((row) => row.parcel_id === lot || named.has(row.id));
    }

    auctionsOf(lot) {
      const built = new Set(this.related("projects", "parcel_id", lot).map((row) => row.id));
      return this.rows("auctions").filter(
        (row) => row.parcel_id === lot || (!row.parcel_id && row.project_id && built.has(row.project_id)),
      );
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
