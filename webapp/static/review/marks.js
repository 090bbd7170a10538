// The strokes of the grease pencil: which one a verdict is marked with.

const STROKES = {
  top1: "tick",
  keep: "tick",
  topk: "ring",
  none: "cross",
  reject: "cross",
  novocab: "barred",
  unsure: "unsure",
  skip: "skip",
};

/** Draw the mark of a verdict where a <use> inside `place` is; none without a verdict. */
export function mark(place, verdict) {
  for (const use of place.querySelectorAll("use")) {
    use.setAttribute("href", verdict ? `#mark-${STROKES[verdict]}` : "");
  }
}
