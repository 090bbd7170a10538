// The threshold that is looked at: slider, marker on the curve and the figures beside it move as one.

import { Curve } from "./curve.js";
import { at, cost, percent } from "./words.js";

const SETTLED = 500;

/** Dispatches "change" once a threshold has been chosen and the slider rests. */
export class Threshold extends EventTarget {
  #root;
  #data = null;
  #place = 0;
  #curve;
  #timer = 0;
  /** The score that somebody has chosen here; null as long as nobody has. */
  picked = null;

  constructor(root) {
    super();
    this.#root = root;
    this.#curve = new Curve(
      this.#part("plot"),
      (place) => this.#pick(place),
      () => this.#settle(0),
    );
    this.#slider.addEventListener("input", () => {
      // to the right more pictures pass, as on the curve
      this.#pick(this.#last - Number(this.#slider.value));
      this.#settle(SETTLED);
    });
  }

  /** Take new figures; the threshold that was picked stays where it is. */
  set data(data) {
    const before = this.picked;
    this.#data = data;
    this.#slider.max = this.#last;
    this.#part("slide").hidden = data.thresholds.length === 0;
    this.#curve.data = data;
    if (data.thresholds.length === 0) return;
    if (before !== null) this.#show(nearest(data.thresholds, before));
    else this.#show(data.chosen ?? 0);
  }

  /** The score that is looked at, whoever has chosen it. */
  get shown() {
    return this.#data?.thresholds[this.#place] ?? "";
  }

  #pick(place) {
    this.picked = this.#data.thresholds[place];
    this.#root.querySelector("#at").value = this.#data.written[place];
    const { certified, certified_as } = this.#data;
    this.#part("how").textContent = place === certified ? certified_as : "as given";
    this.#show(place);
  }

  #show(place) {
    this.#place = place;
    this.#slider.value = this.#last - place;
    this.#curve.show(place);
    const said = [`t = ${this.#data.written[place]}`];
    this.#part("written").textContent = this.#data.written[place];
    for (const figure of ["precision", "recall", "coverage", "cost"]) {
      const here = at(this.#data[figure], place);
      const write = figure === "cost" ? cost : percent;
      tell(this.#root.querySelector(`[data-figure=${figure}]`), here, write);
      said.push(`${figure} ${here ? write(here.value) : "unknown"}`);
    }
    this.#slider.setAttribute("aria-valuetext", said.slice(0, 4).join(", "));
    this.said = said.join(", ");
  }

  /** Tell of the threshold once it has not moved for a while. */
  #settle(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.dispatchEvent(new Event("change")), wait);
  }

  get #last() {
    return this.#data.thresholds.length - 1;
  }

  get #slider() {
    return this.#root.querySelector("#slider");
  }

  #part(name) {
    return this.#root.querySelector(`[data-part=${name}]`);
  }
}

function nearest(thresholds, wanted) {
  const off = thresholds.map((threshold) => Math.abs(threshold - wanted));
  return off.indexOf(Math.min(...off));
}

/** Write a figure with its interval into a cell. */
function tell(cell, here, write) {
  const strong = document.createElement("strong");
  const quiet = document.createElement("span");
  quiet.className = "quiet";
  strong.textContent = here ? write(here.value) : "unknown";
  if (here && here.low !== here.high) quiet.textContent = `${write(here.low)} to ${write(here.high)}`;
  cell.replaceChildren(strong, " ", quiet);
}
