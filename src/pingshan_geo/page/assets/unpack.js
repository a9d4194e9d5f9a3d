/* The packed block as columns: the counterpart of packed.py. Numbers come back to the last bit. */
(() => {
  "use strict";
  const KINDS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f8: Float64Array };

  /** Bytes of a base64 text that is gzip. */
  pingshanGeo.inflate = async (text) => {
    const packed = atob(text);
    const bytes = new Uint8Array(packed.length);
    for (let at = 0; at < packed.length; at += 1) bytes[at] = packed.charCodeAt(at);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  /** Numbers whose first bytes stand first, then their second bytes, and so on. */
  function gather(bytes, at, count, Kind) {
    const size = Kind.BYTES_PER_ELEMENT;
    const whole = size === 1 ? bytes.slice(at, at + count) : new Uint8Array(count * size);
    for (let byte = 0; byte < size && size > 1; byte += 1) {
      const from = at + byte * count;
      for (let row = 0, to = byte; row < count; row += 1, to += size) whole[to] = bytes[from + row];
    }
    return new Kind(whole.buffer);
  }

  /** What is made of each number, as a list; Array.from asks an iterator and takes three times as long. */
  function each(numbers, make) {
    const out = new Array(numbers.length);
    for (let at = 0; at < numbers.length; at += 1) out[at] = make(numbers[at], at);
    return out;
  }

  const plain = (numbers) => each(numbers, (one) => (Number.isNaN(one) ? null : one));

  /** Reads columns; `column` gives one that was read before, by measure and part. */
  function reader(bytes, column) {
    const decoder = new TextDecoder();
    const json = ([at, length]) => JSON.parse(decoder.decode(bytes.subarray(at, at + length)));

    const read = {
      json: (spec) => json(spec.at),
      ints({ kind, at, count, steps }) {
        const found = gather(bytes, at, count, KINDS[kind]);
        if (!steps) return found;
        const summed = new Int32Array(count);
        let sum = 0;
        for (let row = 0; row < count; row += 1) summed[row] = sum += found[row];
        return summed;
      },
      floats: ({ at, count, plain: asList }) => {
        const found = gather(bytes, at, count, Float64Array);
        return asList ? plain(found) : found;
      },
      numbers({ scale, whole, known, base, plain: asList }) {
        const numbers = Float64Array.from(read.ints(whole));
        const below = base ? column(base) : null;
        const there = known ? read.ints(known) : null;
        for (let row = 0; row < numbers.length; row += 1) {
          if (there && !there[row]) numbers[row] = NaN;
          else numbers[row] = (below ? even(below[row] * scale) + numbers[row] : numbers[row]) / scale;
        }
        return asList ? plain(numbers) : numbers;
      },
      values({ list, codes }) {
        const values = json(list);
        return codes ? each(read.ints(codes), (code) => values[code]) : values;
      },
      /** Texts that differ in their numbers: a pattern, and the numbers in its places. */
      parted({ list, codes, columns }) {
        const patterns = json(list).map((one) => one.split("\u0002"));
        const numbers = columns.map((one) => read.ints(one));
        const next = new Int32Array(numbers.length);
        return each(read.ints(codes), (code) => {
          const pieces = patterns[code];
          let text = pieces[0];
          for (let at = 1, row = 0; at < pieces.length; at += 2, row += 1) {
            const digits = String(numbers[row][next[row]]);
            const width = Number(pieces[at].slice(1));
            next[row] += 1;
            text += (width ? digits.padStart(width, "0") : digits) + pieces[at + 1];
          }
          return text;
        });
      },
      stepped({ of, list, codes }) {
        const base = column(of);
        const numbers = new Float64Array(base.length);
        const steps = read.ints(codes);
        for (let at = 0; at < steps.length; at += 1) numbers[at] = steps[at] ? base[at] + list[steps[at] - 1] : NaN;
        return numbers;
      },
      /** Rows that know their columns; pairs of texts are made when they are first asked for. */
      rows({ columns, pairs, count }) {
        const kind = {};
        const hidden = Symbol("position");
        for (const [name, spec] of Object.entries(columns)) {
          const values = any(spec);
          Object.defineProperty(kind, name, { enumerable: true, get() { return values[this[hidden]]; } });
        }
        for (const [name, specs] of Object.entries(pairs || {})) {
          let texts = null;
          Object.defineProperty(kind, name, { enumerable: true, get() {
            if (!texts) texts = specs.map((spec) => any(spec));
            return texts.map((one) => one[this[hidden]]);
          } });
        }
        return Array.from({ length: count }, (one, at) => {
          const row = Object.create(kind);
          row[hidden] = at;
          return row;
        });
      },
      counts: ({ whole }) => each(read.ints(whole), String),
      names({ first, second }, ids) {
        const [one, other] = [any(first), any(second)];
        return ids.map((id, at) => {
          const name = one[at] === null ? id : one[at];
          return [name, other[at] === null ? name : other[at]];
        });
      },
      turns({ columns: [x, y] }) {
        const [xs, ys] = [read.ints(x), read.ints(y)];
        const turns = new (xs.BYTES_PER_ELEMENT + ys.BYTES_PER_ELEMENT > 8 ? Float64Array : Int32Array)(2 * xs.length);
        for (let at = 0; at < xs.length; at += 1) {
          turns[2 * at] = xs[at];
          turns[2 * at + 1] = ys[at];
        }
        return turns;
      },
      parts({ ends, all }) {
        const rows = read.ints(all);
        const ended = read.ints(ends);
        return each(ended, (end, at) => rows.subarray(at ? ended[at - 1] : 0, end));
      },
      formula({ of: [a, sign, b, , c], rows, values }) {
        const one = column(a);
        const numbers = Float64Array.from(one);
        const other = sign && sign !== "+" ? column(b) : null;
        const third = c ? column(c) : null;
        for (let at = 0; at < numbers.length && sign; at += 1) {
          if (sign === "+") numbers[at] = one[at] + b;
          else if (sign === "-") numbers[at] = one[at] - other[at];
          else if (sign === "/") numbers[at] = one[at] / other[at];
          else numbers[at] = one[at] * other[at] - third[at];
        }
        if (rows) {
          const own = any(values);
          read.ints(rows).forEach((row, at) => { numbers[row] = own[at]; });
        }
        return numbers;
      },
      /** Texts of a place in a profile: as the number is written, save where it was printed otherwise. */
      printed({ of, rows, texts }) {
        const own = any(texts);
        const other = new Map(Array.from(read.ints(rows), (row, at) => [row, own[at]]));
        const numbers = column(of);
        return { at: (row) => (other.has(row) ? other.get(row) : Number.isNaN(numbers[row]) ? null : String(numbers[row])) };
      },
    };
    const any = (spec, extra) => read[spec.as](spec, extra);
    return any;
  }

  /** The nearest whole number, of two the even one, as numpy has it. */
  function even(value) {
    const floor = Math.floor(value);
    const rest = value - floor;
    return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  }

  /** The data of a page: its JSON, with every column of the packed bytes in its place. */
  pingshanGeo.unpack = (text, bytes) => {
    const data = JSON.parse(text);
    // Their members are named by data: such a name must not be one that every object has.
    const named = Object.values(data.tables).flatMap(({ columns, pairs, told }) => [columns, pairs, told]);
    for (const one of [...named, data.lots.columns, data.lots.slots]) if (one) Object.setPrototypeOf(one, null);
    const any = reader(bytes, (name) => {
      const at = name.lastIndexOf(".");
      return data.lots.columns[name.slice(0, at)][name.slice(at + 1)];
    });
    for (const [path, spec] of data.packed) {
      const last = path[path.length - 1];
      const place = path.slice(0, -1).reduce((into, name) => into[name], data);
      place[last] = any(spec, spec.as === "names" ? place.id : null);
    }
    return data;
  };
})();
