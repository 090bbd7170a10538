// Whether anything has been judged since: asked every few seconds while the page is looked at.

import { json } from "./fetching.js";

const EVERY = 4_000;

/** Call `changed` with the new tag whenever it is no longer what `tag()` says. */
export function follow(url, query, tag, changed) {
  let asking = false;
  async function ask() {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const now = (await json(url, query())).tag;
      if (now !== tag()) await changed(now);
    } catch {
      // without a connection the page stays as it is until the next time
    }
    asking = false;
  }
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}
