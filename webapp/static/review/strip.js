// The strip of frames: marked ones behind, the present one, blurred next ones ahead.

import { mark } from "./marks.js";

const SIDE = 12;
const SVG = "http://www.w3.org/2000/svg";

export class Strip {
  #root;
  #titles;
  #onpick;
  #frames = new WeakMap();

  /** `onpick(entry)` is called for a marked frame that is clicked. */
  constructor(root, titles, onpick) {
    this.#root = root;
    this.#titles = titles;
    this.#onpick = onpick;
  }

  /**
   * @param {import("./queue.js").Entry[]} entries  own verdicts, then what is ahead
   * @param {number} at  which one is on the stage
   */
  show(entries, at) {
    const behind = entries.slice(Math.max(0, at - SIDE), at);
    this.#part("behind").replaceChildren(...behind.map(this.#frame));
    this.#part("present").replaceChildren(...entries.slice(at, at + 1).map(this.#frame));
    this.#part("ahead").replaceChildren(...entries.slice(at + 1, at + 1 + SIDE).map(this.#frame));
  }

  #frame = (entry) => {
    const frame = this.#frames.get(entry) ?? this.#make(entry);
    const verdict = entry.judgment?.verdict;
    if (frame.dataset.verdict !== (verdict ?? "")) {
      frame.dataset.verdict = verdict ?? "";
      frame.disabled = !verdict;
      const said = verdict ? this.#titles.get(verdict) : "not judged yet";
      frame.setAttribute("aria-label", `Picture ${entry.item.position + 1}, ${said}`);
      mark(frame, verdict);
    }
    return frame;
  };

  #make(entry) {
    const frame = document.createElement("button");
    frame.type = "button";
    frame.className = "still";
    // the arrow keys walk here too: no twenty stops on the way of the Tab key
    frame.tabIndex = -1;
    frame.addEventListener("click", () => this.#onpick(entry));
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    image.referrerPolicy = "no-referrer";
    image.addEventListener("error", () => image.remove());
    image.src = entry.item.thumb;
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "mark");
    svg.setAttribute("viewBox", "0 0 32 32");
    svg.append(document.createElementNS(SVG, "use"), document.createElementNS(SVG, "use"));
    svg.firstChild.classList.add("halo");
    frame.append(image, svg);
    this.#frames.set(entry, frame);
    return frame;
  }

  #part(name) {
    return this.#root.querySelector(`[data-part=${name}]`);
  }
}
