// How shares, costs and their intervals are written, as `analysis.wording` does.

/** 0.951 -> "95.1 %", 0.95 -> "95 %" */
export const percent = (share) => `${Number((100 * share).toFixed(1))}\u00a0%`;

/** Three digits of a cost. */
export const cost = (value) => value.toFixed(3);

/** The place of an array of arrays: value, low and high; null where undefined. */
export function at({ value, low, high }, place) {
  return value[place] === null ? null : { value: value[place], low: low[place], high: high[place] };
}
