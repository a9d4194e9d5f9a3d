/* The page's arithmetic, held to the same vectors as Python's: numbers with bounds.
   {value: null} is unknown; a bound that is null is missing. */
(() => {
  "use strict";
  const UNKNOWN = Object.freeze({ value: null, low: null, high: null });
  const ends = ({ value, low, high }) => ({ value, low: low === null ? -Infinity : low, high: high === null ? Infinity : high });
  const made = (value, low, high) => ({ value, low: Number.isFinite(low) ? low : null, high: Number.isFinite(high) ? high : null });
  const exact = (value) => ({ value, low: value, high: value });

  /** The sum of numbers, rounded once (Shewchuk's partials), so that no order of lots changes a digit. */
  function total(numbers) {
    const parts = [];
    for (const number of numbers) {
      let x = number;
      let kept = 0;
      for (const part of parts) {
        const [large, small] = Math.abs(x) < Math.abs(part) ? [part, x] : [x, part];
        const high = large + small;
        const low = small - (high - large);
        if (low) parts[kept++] = low;
        x = high;
      }
      parts.length = kept;
      parts.push(x);
    }
    let at = parts.length - 1;
    let sum = at < 0 ? 0 : parts[at];
    let rest = 0;
    while (at > 0 && !rest) {
      const before = sum;
      const part = parts[--at];
      sum = before + part;
      rest = part - (sum - before);
    }
    // Half way between two numbers the parts below decide, as they do when all is exact.
    if (at > 0 && rest * parts[at - 1] > 0 && sum + 2 * rest - sum === 2 * rest) sum += 2 * rest;
    return sum;
  }

  /** The sum of the known, with how many of all it holds; one missing bound leaves the sum without. */
  function sum(items) {
    const known = items.filter((item) => item && item.value !== null);
    const of = (part) => (known.some((item) => item[part] === null) ? null : total(known.map((item) => item[part])));
    const found = known.length ? { value: total(known.map((item) => item.value)), low: of("low"), high: of("high") } : UNKNOWN;
    return { ...found, known: known.length, rows: items.length };
  }

  /** The quotient of what is not negative; a ratio to nothing is unknown. */
  function divide(top, bottom) {
    if (top.value === null || bottom.value === null || !(bottom.value > 0)) return UNKNOWN;
    const [over, under] = [ends(top), ends(bottom)];
    const [topLow, underLow] = [Math.max(over.low, 0), Math.max(under.low, 0)];
    return made(top.value / bottom.value, under.high === Infinity ? 0 : topLow / under.high,
      over.high === Infinity || underLow === 0 ? Infinity : over.high / underLow);
  }

  function subtract(left, right) {
    if (left.value === null || right.value === null) return UNKNOWN;
    const [one, two] = [ends(left), ends(right)];
    return made(left.value - right.value, one.low - two.high, one.high - two.low);
  }

  function add(left, right) {
    if (left.value === null || right.value === null) return UNKNOWN;
    const [one, two] = [ends(left), ends(right)];
    return made(left.value + right.value, one.low + two.low, one.high + two.high);
  }

  function times(interval, factor) {
    const part = (value) => (value === null ? null : value * factor);
    return { value: part(interval.value), low: part(interval.low), high: part(interval.high) };
  }

  pingshanGeo.arithmetic = { UNKNOWN, exact, total, sum, divide, subtract, add, times };
})();
