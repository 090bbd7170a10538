// Right of the picture: the predictions, what was said of it, and the post it came in.

import { mark } from "./marks.js";
import { percent, plain } from "./words.js";

export class Panel {
  #root;
  #blind;
  #titles;

  /** `titles` maps verdicts to their words. */
  constructor(root, blind, titles) {
    this.#root = root;
    this.#blind = blind;
    this.#titles = titles;
    this.#all(".verdicts button").forEach((button) => mark(button, button.dataset.verdict));
  }

  /** @param {import("./queue.js").Entry|null} entry  null: nothing to judge */
  show(entry) {
    const { hidesLabels, hidesScores } = this.#blind;
    const predictions = entry?.item.predictions ?? [];
    const { verdict, rank } = entry?.judgment ?? {};
    const right = verdict === "top1" ? 1 : rank;
    this.#all(".rank").forEach((row, index) => {
      const absent = predictions.length <= index;
      const [label, score] = predictions[index] ?? ["", 0];
      row.classList.toggle("absent", absent);
      const text = row.querySelector(".label");
      text.textContent = text.title = hidesLabels ? "" : plain(label);
      row.querySelector(".score").textContent = hidesScores || absent ? "" : percent(score, 1);
      row.querySelector(".filled").setAttribute("width", hidesScores ? 0 : 100 * score);
      row.querySelector(".bar").classList.toggle("blank", hidesScores);
      row.classList.toggle("right", right === index + 1);
    });
    for (const button of this.#all("[data-verdict]")) {
      button.setAttribute("aria-pressed", button.dataset.verdict === verdict);
      // not `disabled`: the focus stays where it is until the next picture comes
      button.setAttribute("aria-disabled", !entry);
    }
    this.#one("[data-part=reveal]").hidden = !hidesLabels || !entry;
    this.#one("[data-part=said]").textContent = entry ? this.#said(entry) : "";
    this.#post(entry?.item);
  }

  #said({ item, judgment, note }) {
    const parts = [];
    const title = this.#titles.get(judgment?.verdict);
    if (judgment) parts.push(`Marked: ${title}. A new verdict replaces it.`);
    if (note) parts.push(`Note: ${note}`);
    if (!judgment && item.copies > 1) parts.push(`Stands for ${item.copies} near-duplicates.`);
    return parts.join(" ");
  }

  #post(item) {
    this.#one("[data-part=post]").hidden = !item?.text && !item?.author;
    // what people posted is text, whatever it looks like
    this.#one("[data-part=tweet]").textContent = item?.text ?? "";
    this.#one("[data-part=author]").textContent = item?.author ?? "";
    this.#one("[data-part=tweet]").scrollTop = 0;
  }

  #one(selector) {
    return this.#root.querySelector(selector);
  }

  #all(selector) {
    return this.#root.querySelectorAll(selector);
  }
}
