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

  /** Take up the verdicts of this round that an earlier page left waiting in the outbox. */
  restore(waiting) {
    for (const { event, position, item } of waiting) {
      const { kind, uuid, verdict, rank, note, blind, renews } = event;
      const known = this.entries.find((entry) => entry.item.position === position);
      if (kind === "retract") {
        this.entries = this.entries.filter(({ judgment }) => judgment.uuid !== event.judgment);
      } else if (!renews || known) {
        const entry = known ?? { item, picture: null, judgment: null, note: null };
        entry.note = note;
        if (renews) this.renew(entry, uuid);
        else this.mark(entry, { uuid, verdict, rank, blind });
      }
    }
  }

  /** Load a page of older verdicts, but those at positions `held()`; return how many came. */
  async load(held, waiting) {
    // on its way is either a verdict in the trail, its end, or a note on one that is older
    const changes = waiting.filter(({ event }) => !event.renews);
    const unsettled = new Set(changes.map(({ position }) => position));
    const renewals = new Map(waiting.map(({ event }) => [event.renews, event]));
    const query = { round: this.#config.round.uuid, limit: PAGE };
    if (this.#before !== null) query.before = this.#before;
    const { judgments, more } = await this.#api.get(this.#config.urls.history, query);
    this.more = more;
    this.#before = judgments.at(-1)?.id ?? this.#before;
    const here = new Set(this.entries.map(({ item }) => item.position));
    const older = judgments
      .filter(({ item: { position } }) => !here.has(position) && !unsettled.has(position))
      .filter(({ item }) => !held().includes(item.position))
      .map(({ item, uuid, verdict, rank, blind, note }) => {
        const judgment = { uuid, verdict, rank, blind, given: --this.#givenBefore };
        const entry = { item, picture: null, judgment, note };
        let renewal;
        while ((renewal = renewals.get(judgment.uuid))) {
          judgment.uuid = renewal.uuid;
          entry.note = renewal.note;
        }
        return entry;
      });
    this.entries.unshift(...older.reverse());
    return older.length;
  }

  /** Give an entry a judgment, its first or a new one. */
  mark(entry, judgment) {
    entry.judgment = { ...judgment, given: ++this.#given };
    if (!this.entries.includes(entry)) this.entries.push(entry);
  }

  /** Tell an entry that its verdict, otherwise unchanged, has another uuid now. */
  renew(entry, uuid) {
    entry.judgment = { ...entry.judgment, uuid };
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
