// The pictures that this reviewer holds: the one to judge, and the next ones fetched ahead.

import { Refused } from "./api.js";
import { prepare } from "./picture.js";

const FEW = 6;
const LAST = 3;
const POLL = 5_000;
const POLL_LABELING = 15_000;

/**
 * @typedef {object} Entry  A picture of the round, ahead or behind.
 * @property {object} item  What the server says of it (see `next` of the server).
 * @property {import("./picture.js").Picture|null} picture
 * @property {{uuid: string, verdict: string, rank: number|null, given: number}|null} judgment
 * @property {string|null} note
 */

/**
 * `state` is the server's: "open", "waiting" (others hold the rest), "done", "closed", or here
 * "asking" before the first answer and "failed" with a `sentence`. "change" tells of anything new.
 */
export class Queue extends EventTarget {
  /** @type {Entry[]} */
  entries = [];
  state = "asking";
  sentence = "";
  active = true;
  #api;
  #outbox;
  #config;
  #drafts;
  #asking = false;
  #again = false;
  #asked = 0;
  #confirmed = null;
  #timer = 0;

  /** `drafts` are the notes on pictures not judged yet. */
  constructor(api, outbox, config, drafts) {
    super();
    this.#api = api;
    this.#outbox = outbox;
    this.#config = config;
    this.#drafts = drafts;
    api.addEventListener("retry", () => this.ask());
    api.addEventListener("change", () => api.state !== "online" && this.#later());
  }

  get held() {
    return this.entries.map(({ item }) => item.position);
  }

  /** The position of the picture to judge, that nobody else is to be given. */
  get showing() {
    return this.held[0] ?? null;
  }

  /**
   * Whether the picture to judge is this reviewer's for certain. Where the server runs short, it
   * gives away what was merely prefetched here, the last first; offline, nobody can tell.
   */
  get sure() {
    const plenty = this.state === "open" && this.entries.length > LAST;
    return plenty || this.#confirmed === this.showing || this.#api.state !== "online";
  }

  /** Ask for more where few are left or the server ran short. */
  refill() {
    if (this.entries.length <= FEW || this.state !== "open") this.ask();
    else this.renew();
  }

  /** Keep what is held from expiring, when somebody is there. */
  renew() {
    const age = performance.now() - this.#asked;
    if (this.state !== "asking" && age > (1000 * this.#config.lease_seconds) / 4) this.ask();
  }

  async ask() {
    if (!this.active) return;
    this.#again = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    this.#asked = performance.now();
    clearTimeout(this.#timer);
    const { round, urls, ahead } = this.#config;
    // what the server has not heard of yet, it would hand out again or take back
    const unsettled = this.#outbox.positions(round.uuid);
    const settled = this.held.filter((position) => !unsettled.has(position));
    const have = [...new Set([...this.held, ...unsettled])];
    const { showing } = this;
    try {
      const { items, dropped, state } = await this.#api.post(urls.next, {
        round: round.uuid,
        want: Math.max(0, ahead + 1 - this.entries.length),
        have,
        showing,
      });
      const now = this.#outbox.positions(round.uuid);
      const lost = dropped.filter((each) => settled.includes(each) && !now.has(each));
      this.entries = this.entries.filter(({ item }) => !lost.includes(item.position));
      for (const item of items) {
        const known = have.includes(item.position) || now.has(item.position);
        if (!known && !this.held.includes(item.position)) this.#add(item);
      }
      this.state = state;
      if (showing === this.showing) this.#confirmed = showing;
      // now that another picture is the next, the server is to keep that one
      else if (!this.sure) this.#again = true;
    } catch (error) {
      if (error instanceof Refused) {
        this.state = "failed";
        this.sentence = error.message;
      } else this.#later();
    }
    this.#asking = false;
    // polling keeps nothing that is held from expiring: whoever is absent blocks nobody
    if (this.state === "waiting" && this.entries.length === 0) this.#later();
    // of a run that is still being labeled there may be more
    if (this.state === "done" && round.implicit && this.entries.length === 0) this.#whileSeen();
    this.dispatchEvent(new Event("change"));
    if (this.#again) this.ask();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), POLL);
  }

  #whileSeen() {
    clearTimeout(this.#timer);
    const ask = () => (document.hidden ? this.#whileSeen() : this.ask());
    this.#timer = setTimeout(ask, POLL_LABELING);
  }

  #add(item) {
    const note = this.#drafts.get(item.position);
    this.entries.push(prepare({ item, picture: null, judgment: null, note }, this.#api));
  }
}
