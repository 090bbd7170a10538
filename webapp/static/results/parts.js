// The parts of the page that are heavy: each is fetched when it comes near, and again when it changed.

import { page } from "./fetching.js";

const NEAR = "400px";

export class Part {
  #section;
  #query;
  #own = {};
  #turn = 0;
  #wanted = false;

  /** `query` gives the parameters of the page as they are now. */
  constructor(section, query) {
    this.#section = section;
    this.#query = query;
    new IntersectionObserver(([seen], observer) => {
      if (!seen.isIntersecting) return;
      observer.disconnect();
      this.#wanted = true;
      this.renew();
    }, { rootMargin: NEAR }).observe(section);
    section.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-part-link]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const { searchParams } = new URL(link.href);
      for (const name of ["sort", "all"]) {
        if (searchParams.has(name)) this.#own[name] = searchParams.get(name);
      }
      this.#load(link.textContent);
    });
  }

  get name() {
    return this.#section.dataset.src.split("/").at(-1);
  }

  /** Fetch it again, unless nobody has come near yet, or somebody's focus would be lost. */
  renew() {
    if (!this.#wanted) return;
    if (!this.#section.contains(document.activeElement)) this.#load();
    else this.#section.addEventListener("focusout", () => setTimeout(() => this.renew()), { once: true });
  }

  async #load(focused = null) {
    const turn = (this.#turn += 1);
    const query = this.#query();
    for (const [name, value] of Object.entries(this.#own)) query.set(name, value);
    const found = await page(this.#section.dataset.src, query).catch(() => null);
    const part = found?.querySelector("main section.part");
    if (!part || turn !== this.#turn) return;
    this.#section.replaceChildren(...part.childNodes);
    const links = [...this.#section.querySelectorAll("a[data-part-link]")];
    if (focused !== null) links.find((link) => link.textContent === focused)?.focus();
  }
}
