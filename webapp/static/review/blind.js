// Blind review: what of the predictions is hidden, so that they do not lead the eye.

import { percent, plain } from "./words.js";

const MODES = ["none", "scores", "labels"];
const SAID = {
  none: "Labels and scores are shown",
  scores: "Scores are hidden",
  labels: "Labels and scores are hidden",
};
const KEPT_AS = "proofsheet.blind";

export class Blind {
  /** Whether the labels of this picture were asked for. */
  revealed = false;
  #mode;

  constructor() {
    const kept = read();
    this.#mode = MODES.includes(kept) ? kept : MODES[0];
  }

  get mode() {
    return this.#mode;
  }

  get hidesScores() {
    return this.#mode !== "none";
  }

  get hidesLabels() {
    return this.#mode === "labels" && !this.revealed;
  }

  /** Hide the next more, or show all again; return that in words. */
  cycle() {
    this.#mode = MODES[(MODES.indexOf(this.#mode) + 1) % MODES.length];
    this.revealed = false;
    write(this.#mode);
    return SAID[this.#mode];
  }

  /** What may be said of an item's first prediction: ", espresso 81 %" in full. */
  first([label, score] = []) {
    if (label === undefined || this.hidesLabels) return "";
    return `, ${plain(label)}${this.hidesScores ? "" : ` ${percent(score)}`}`;
  }
}

function read() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

function write(mode) {
  try {
    localStorage.setItem(KEPT_AS, mode);
  } catch {
    // kept for this page only
  }
}
