// The results: follows the threshold, the form and what reviewers say meanwhile.

import { json, page } from "./fetching.js";
import { follow } from "./live.js";
import { Part } from "./parts.js";
import { Threshold } from "./threshold.js";

const TYPED = 400;

const config = JSON.parse(document.getElementById("results-config").textContent);
const form = document.querySelector("[data-part=asking]");
const part = (name, root = document) => root.querySelector(`[data-part=${name}]`);
const threshold = new Threshold(document.getElementById("threshold"));
const parts = [...document.querySelectorAll("section.part")].map((each) => new Part(each, shown));

let tag = config.tag;
let turn = 0;
let timer = 0;
/** Whether the curve and the heavy parts are still of what was asked before. */
let owed = false;

/** What the form asks, as the parameters of an address. */
function query() {
  const asked = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...asked]) if (value.trim() === "") asked.delete(name, value);
  if (threshold.picked !== null) asked.set("at", threshold.picked);
  return asked;
}

/** The same of the state that the page shows. */
function shown() {
  const asked = query();
  asked.set("tag", tag);
  return asked;
}

/**
 * Bring the page up to what is asked and judged now. Without `curve` only the threshold has moved:
 * the curve is fetched all the same if anything was judged since, or an earlier call did not get to it.
 */
async function renew({ curve = true } = {}) {
  const mine = (turn += 1);
  owed ||= curve;
  const asked = query();
  const found = await page(config.urls.page, asked);
  const problem = part("problem", found);
  const fine = problem.children.length === 0;
  if (fine) asked.set("tag", part("figures", found).dataset.tag);
  const all = owed || asked.get("tag") !== tag;
  const data = all && fine ? await json(config.urls.curve, asked) : null;
  if (mine !== turn) return;
  part("problem").replaceChildren(...problem.childNodes);
  if (!fine) return;
  for (const name of ["sentence", "decided"]) part(name).replaceChildren(...part(name, found).childNodes);
  tag = asked.get("tag");
  if (threshold.picked === null) part("how").textContent = part("how", found).textContent;
  if (data) threshold.data = data;
  owed = false;
  for (const image of figures(found)) refresh(image);
  for (const each of parts) if (all || each.name === "pictures") each.renew();
}

const figures = (root) => [...part("figures", root).querySelectorAll("img[data-src]")];

/** Let a figure give way to its newer version, once that is there. */
async function refresh(newer) {
  const address = newer.dataset.src;
  const image = figures(document).find((each) => each.alt === newer.alt);
  image.parentElement.href = newer.parentElement.getAttribute("href");
  if (image.complete && image.naturalWidth > 0) {
    const next = new Image();
    next.src = address;
    await next.decode().catch(() => {});
  }
  image.src = address;
}

/** Let the address say what is shown. */
function remember() {
  history.replaceState(null, "", `?${query()}`);
}

threshold.addEventListener("change", () => {
  remember();
  part("live").textContent = threshold.said;
  renew({ curve: false }).catch(() => {});
});
form.addEventListener("input", ({ target }) => {
  // what is typed counts, and no more what was picked
  if (target.id === "at") threshold.picked = null;
  clearTimeout(timer);
  timer = setTimeout(() => {
    remember();
    renew().catch(() => {});
  }, TYPED);
});

part("store")?.addEventListener("submit", ({ target }) => {
  const asked = query();
  asked.delete("at");
  target.action = `${config.urls.choose}?${asked}`;
  target.elements.at.value = threshold.shown;
});

follow(config.urls.state, query, () => tag, () => renew());
// the figures wait for the curve: it is what is looked at first
try {
  threshold.data = await json(config.urls.curve, shown());
} catch {
  // asked again with all the rest, as if something had changed
  tag = "";
}
for (const image of figures(document)) image.src ||= image.dataset.src;
