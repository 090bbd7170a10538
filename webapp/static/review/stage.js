// The picture large, or what is said in its place; and since when it has been looked at.

import { mark } from "./marks.js";

const LOADING = ["The picture is on its way", ""];
const LATE = ["The picture has not come yet", "Wait for it, skip it or mark it unsure."];
const UNREACHABLE = ["The server does not answer", "The picture comes when it does."];
const UNCONNECTED = ["No pictures are left here", "More come with the connection."];
const DEAD_LINK = ["The link is dead", "No picture comes from it."];
const MISSING = ["The file is missing", "Or it is not the one that was labeled."];

/** What stands in the place of a picture that is not ready: a title and a sentence. */
export function placeholder({ item, picture }) {
  if (picture.state === "loading") return LOADING;
  if (picture.state === "late") return LATE;
  if (picture.state === "unreachable") return UNREACHABLE;
  return item.remote ? DEAD_LINK : MISSING;
}

/** What is said where there is no picture to judge: title, text and perhaps a link. */
export function nothing({ api, config, outbox, queue, progress }) {
  const rounds = { href: config.urls.rounds, text: "See the rounds" };
  const { results } = config.urls;
  const onward = results ? { href: results, text: "See the results" } : rounds;
  const sent = outbox.waiting.length === 0;
  if (queue.state === "failed") return [queue.sentence, "", rounds];
  if (queue.state === "closed") return ["This round is closed", progress.text, onward];
  if (queue.state === "done" && sent) return ["This round is done for you", progress.text, onward];
  if (api.state !== "online") return UNCONNECTED;
  if (!sent) return ["Your last verdicts are on their way", ""];
  if (queue.state === "waiting") {
    return ["Nothing free at the moment", "Others are looking at the last pictures."];
  }
  return ["The next pictures are on their way", ""];
}

/**
 * `painted` once what is shown (a picture, or why there is none) has been before the eyes: decoded,
 * in the document, and two frames passed. Then <html data-painted="POSITION"> is set and the
 * document hears "painted" with {position, at}, on the clock of performance.now(): for tests and
 * for bench/reviewer_latency.py.
 */
export class Stage {
  /** @type {import("./queue.js").Entry|null} */
  entry = null;
  painted = false;
  #root;
  #onpainted;
  #show = 0;
  #seconds = 0;
  #since = null;

  constructor(root, onpainted) {
    this.#root = root;
    this.#onpainted = onpainted;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#pause();
      else if (this.painted) this.#since = performance.now();
    });
  }

  /** Seconds that the present picture has been in view, hidden tabs not counted. */
  get seconds() {
    const running = this.#since === null ? 0 : performance.now() - this.#since;
    return this.#seconds + running / 1000;
  }

  /** Whether there is a picture, and not a placeholder that says why there is none. */
  get judgeable() {
    return this.entry?.picture.state === "ready";
  }

  /** Show the picture of an entry, now or as soon as it is there. */
  show(entry) {
    this.#leave();
    this.entry = entry;
    entry.picture.addEventListener("change", this.#paint);
    entry.picture.await();
    this.#paint();
  }

  /** Say something in place of a picture; `link` is {href, text} of what to do next. */
  tell(title, text, link = null) {
    this.#leave();
    this.entry = null;
    this.#reset();
    this.#placeholder([title, text], link);
    this.#part("edge").textContent = "";
    mark(this.#part("mark"), null);
  }

  #leave() {
    this.entry?.picture.removeEventListener("change", this.#paint);
  }

  #reset() {
    this.#show += 1;
    this.painted = false;
    this.#seconds = 0;
    this.#since = null;
    delete document.documentElement.dataset.painted;
  }

  #paint = () => {
    const { item, picture, judgment } = this.entry;
    this.#reset();
    mark(this.#part("mark"), judgment?.verdict);
    this.#part("edge").textContent = item.position + 1;
    if (picture.state === "ready") {
      this.#placeholder(["", ""]);
      this.#part("placeholder").hidden = true;
      this.#part("picture").replaceChildren(picture.element);
    } else this.#placeholder(placeholder(this.entry));
    if (picture.state === "loading") return;
    const show = this.#show;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (show === this.#show) this.#isPainted(item.position);
      }),
    );
  };

  #isPainted(position) {
    const at = performance.now();
    this.painted = true;
    if (!document.hidden) this.#since = at;
    document.documentElement.dataset.painted = position;
    document.dispatchEvent(new CustomEvent("painted", { detail: { position, at } }));
    this.#onpainted(this.entry);
  }

  #pause() {
    this.#seconds = this.seconds;
    this.#since = null;
  }

  #placeholder([title, text], link = null) {
    this.#part("picture").replaceChildren();
    this.#part("placeholder").hidden = false;
    this.#part("frame").toggleAttribute("hidden", !this.entry);
    this.#part("title").textContent = title;
    this.#part("text").textContent = text;
    this.#part("link").hidden = !link;
    this.#part("link").href = link?.href ?? "";
    this.#part("link").textContent = link?.text ?? "";
  }

  #part(name) {
    return this.#root.querySelector(`[data-part=${name}]`);
  }
}
