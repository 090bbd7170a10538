// One's own verdicts: what undo takes back and the arrows walk through.

import { prepare } from "./picture.js";

const PAGE = 30;
const NEAR = 3;
const KEPT = 12;

export class Trail {
  /**
   * The oldest first, as far back as was loaded. A changed verdict keeps its place; `given` counts
   * in what order they were given.
   * @type {import("./queue.js").Entry[]}
   */
  entries = [];
  /** Whether the server may have older ones. */
  more = true;
  #api;
  #config;
  #before = null;
  #given = 0;
  #givenBefore = 0;

  constructor(api, config) {
    this.#api = api;
    this.#config = config;
  }

  /** Load a page of older verdicts, but what `taken(position)` says; return how many came. */
  async load(taken) {
    const query = { round: this.#config.round.uuid, limit: PAGE };
    if (this.#before !== null) query.before = this.#before;
    const { judgments, more } = await this.#api.get(this.#config.urls.history, query);
    this.more = more;
    this.#before = judgments.at(-1)?.id ?? this.#before;
    const here = new Set(this.entries.map(({ item }) => item.position));
    const older = judgments
      .filter(({ item }) => !here.has(item.position) && !taken(item.position))
      .map(({ item, uuid, verdict, rank, note }) => ({
        item,
        picture: null,
        judgment: { uuid, verdict, rank, given: --this.#givenBefore },
        note,
      }));
    this.entries.unshift(...older.reverse());
    return older.length;
  }

  /** Give an entry a judgment, its first or a new one. */
  mark(entry, judgment) {
    entry.judgment = { ...judgment, given: ++this.#given };
    if (!this.entries.includes(entry)) this.entries.push(entry);
  }

  /** Take out the verdict that was given last; return its entry, if there is one. */
  takeLast() {
    const later = (a, b) => (a.judgment.given > b.judgment.given ? a : b);
    const last = this.entries.length > 0 ? this.entries.reduce(later) : undefined;
    this.entries = this.entries.filter((entry) => entry !== last);
    return last;
  }

  /** Have the pictures around the place `at` decoded, and let go of those far away. */
  prepare(at) {
    this.entries.forEach((entry, index) => {
      const distance = Math.abs(index - at);
      if (distance <= NEAR) prepare(entry, this.#api);
      else if (distance > KEPT) entry.picture = null;
    });
  }
}
