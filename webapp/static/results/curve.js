// The curve that a threshold is chosen on: right among the accepted, by how many are accepted.

import { at, percent } from "./words.js";

const HEIGHT = 320;
const ROOM = { left: 56, right: 24, top: 16, bottom: 48 };

/** Draws the data of /results/curve.json; `onpick` hears the place that somebody points at. */
export class Curve {
  #root;
  #data = null;
  #place = 0;
  #svg = element("svg", { "aria-hidden": "true" });
  #marker = element("g", { class: "marker" });

  constructor(root, onpick, ondone) {
    this.#root = root;
    root.replaceChildren(this.#svg);
    new ResizeObserver(() => this.#draw()).observe(root);
    let held = false;
    this.#svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.#data) return;
      held = true;
      this.#svg.setPointerCapture(event.pointerId);
      onpick(this.#pointed(event));
    });
    this.#svg.addEventListener("pointermove", (event) => held && onpick(this.#pointed(event)));
    for (const end of ["pointerup", "pointercancel"]) {
      this.#svg.addEventListener(end, () => {
        if (held) ondone();
        held = false;
      });
    }
  }

  set data(data) {
    this.#data = data;
    this.#draw();
  }

  /** Put the marker at a place of the thresholds. */
  show(place) {
    this.#place = place;
    if (!this.#data) return;
    const x = this.#x(this.#data.coverage.value[place]);
    const here = at(this.#data.precision, place);
    const parts = [line(x, ROOM.top, x, HEIGHT - ROOM.bottom, "where")];
    if (here) {
      parts.push(line(x, this.#y(here.low), x, this.#y(here.high), "interval"));
      parts.push(element("circle", { cx: x, cy: this.#y(here.value), r: 7 }));
    }
    this.#marker.replaceChildren(...parts);
  }

  #pointed(event) {
    const wanted = (event.clientX - this.#svg.getBoundingClientRect().left - ROOM.left) / this.#wide;
    const off = this.#data.coverage.value.map((coverage) => Math.abs(coverage - wanted));
    return off.indexOf(Math.min(...off));
  }

  get #wide() {
    return Math.max(this.#root.clientWidth - ROOM.left - ROOM.right, 1);
  }

  #x = (coverage) => ROOM.left + coverage * this.#wide;

  #y(share) {
    const tall = HEIGHT - ROOM.top - ROOM.bottom;
    return ROOM.top + tall * Math.min((1 - share) / (1 - this.#least), 1);
  }

  /** The lowest share on the axis: in tenths, below all that is drawn. */
  get #least() {
    const { band, precision, target } = this.#data;
    const low = band.low.some((share) => share !== null) ? band.low : precision.low;
    const drawn = [...low, ...precision.value, target].filter((share) => share !== null);
    return Math.max(0, Math.min(0.9, Math.floor(10 * Math.min(...drawn) - 0.2) / 10));
  }

  #draw() {
    if (!this.#data || this.#root.clientWidth === 0) return;
    const { band, precision, coverage, target, certified, certified_as } = this.#data;
    const width = this.#root.clientWidth;
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#svg.setAttribute("height", HEIGHT);
    const place = (share, x) => (share === null ? null : `${this.#x(x)} ${this.#y(share)}`);
    const along = (shares, xs) => shares.map((share, n) => place(share, xs[n])).filter(Boolean);
    const low = along(band.low, band.coverage);
    const high = along(band.high, band.coverage);
    const course = along(precision.value, coverage.value);
    const parts = this.#axes(width);
    if (low.length > 1) {
      const around = [...low, ...high.reverse()].join(" L ");
      parts.push(element("path", { class: "band", d: `M ${around} Z` }));
    }
    const aim = this.#y(target);
    parts.push(line(ROOM.left, aim, width - ROOM.right, aim, "target"));
    parts.push(text(`target ${percent(target)}`, ROOM.left + 4, aim + 16, "start", "target"));
    if (course.length > 0) {
      parts.push(element("path", { class: "course", d: `M ${course.join(" L ")}` }));
    }
    if (certified !== null) {
      const x = this.#x(coverage.value[certified]);
      parts.push(line(x, HEIGHT - ROOM.bottom, x, HEIGHT - ROOM.bottom - 12, "certified"));
      parts.push(text(certified_as, x, HEIGHT - ROOM.bottom - 16, side(x, width), "certified"));
    }
    this.#svg.replaceChildren(...parts, this.#marker);
    this.show(this.#place);
  }

  #axes(width) {
    const bottom = HEIGHT - ROOM.bottom;
    const parts = [];
    for (const share of width < 480 ? [0, 0.5, 1] : [0, 0.2, 0.4, 0.6, 0.8, 1]) {
      parts.push(text(percent(share), this.#x(share), bottom + 20, "middle"));
    }
    const step = [0.02, 0.05, 0.1, 0.2].find((size) => (1 - this.#least) / size <= 5.01) ?? 0.25;
    for (let share = 1; share > this.#least - 1e-9; share -= step) {
      const y = this.#y(share);
      parts.push(line(ROOM.left, y, width - ROOM.right, y, "rule"));
      parts.push(text(percent(share), ROOM.left - 8, y + 5, "end"));
    }
    const middle = (ROOM.left + width - ROOM.right) / 2;
    parts.push(text("accepted of all pictures", middle, HEIGHT - 6, "middle"));
    return parts;
  }
}

const side = (x, width) => (x > width - 96 ? "end" : x < 96 ? "start" : "middle");

function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const line = (x1, y1, x2, y2, kind) => element("line", { x1, y1, x2, y2, class: kind });

function text(words, x, y, anchor, kind = "quiet") {
  const made = element("text", { x, y, "text-anchor": anchor, class: kind });
  made.textContent = words;
  return made;
}
