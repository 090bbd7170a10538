// Delivers the outbox: in order, one request at a time, again and again until the server has it.

import { Refused } from "./api.js";

const MOST_AT_ONCE = 50;
const LONGEST_PAUSE = 30;

/**
 * "idle" says that nothing waits any more; "refused" tells what the server did not take, and
 * "elsewhere" how many events are of a round in another database.
 */
export class Sender extends EventTarget {
  #api;
  #outbox;
  #url;
  #showing;
  #running = false;
  #wake = () => {};

  /** `showing()` is the round and the position before the eyes, sent along. */
  constructor(api, outbox, url, showing) {
    super();
    this.#api = api;
    this.#outbox = outbox;
    this.#url = url;
    this.#showing = showing;
    api.addEventListener("retry", () => this.#wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#wake();
    });
  }

  /** Deliver what waits; resolves when nothing does. */
  async send() {
    if (this.#running) return;
    this.#running = true;
    let pause = 1;
    while (this.#outbox.waiting.length > 0) {
      if (await this.#deliver()) {
        pause = 1;
      } else {
        await this.#rest(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      }
    }
    this.#running = false;
    this.dispatchEvent(new Event("idle"));
  }

  /** Send one batch; say whether the server took any of it. */
  async #deliver() {
    const batch = this.#outbox.waiting.slice(0, MOST_AT_ONCE);
    await Promise.all(batch.map((record) => record.stored));
    try {
      const events = batch.map((record) => record.event);
      const answer = await this.#api.post(this.#url, { events, ...this.#showing() });
      const { stored, refused, elsewhere } = answer;
      if (elsewhere.length > 0) {
        this.#outbox.setAside(new Set(elsewhere));
        this.dispatchEvent(new CustomEvent("elsewhere", { detail: elsewhere.length }));
      }
      await this.#outbox.remove(new Set([...stored, ...refused.map(({ uuid }) => uuid)]));
      for (const { uuid, why } of refused) {
        const { event, position } = batch.find((record) => record.event.uuid === uuid);
        this.dispatchEvent(new CustomEvent("refused", { detail: { event, position, why } }));
      }
      return stored.length + refused.length + elsewhere.length > 0;
    } catch (error) {
      if (error instanceof Refused) this.#api.trouble(error.message);
      return false;
    }
  }

  #rest(seconds) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, 1000 * seconds);
    });
  }
}
