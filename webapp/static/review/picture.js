// A picture fetched and decoded before its turn comes.

const PATIENCE = 20_000;
const RETRY = 5_000;

/**
 * `state` is "loading", "late" (still loading, long after its turn came), "ready" (`element` is
 * decoded), "dead", or "unreachable" (the server does not answer; tried again and again). "change"
 * events tell of a new state.
 */
export class Picture extends EventTarget {
  state = "loading";
  element = null;
  #item;
  #api;
  #patience = 0;

  constructor(item, api) {
    super();
    this.#item = item;
    this.#api = api;
    this.#load();
  }

  /** Its turn has come: from now on somebody waits for it. */
  await() {
    const late = () => this.state === "loading" && this.#turn("late");
    this.#patience ||= setTimeout(late, PATIENCE);
  }

  async #load() {
    const image = new Image();
    image.alt = this.#item.alt;
    image.draggable = false;
    image.referrerPolicy = "no-referrer";
    // painted in the same frame as its predictions
    image.decoding = "sync";
    image.src = this.#item.picture;
    try {
      await image.decode();
    } catch {
      // decode() also gives up on pictures that are only too large to be kept decoded
      if (!image.complete || image.naturalWidth === 0) return this.#failed();
    }
    this.element = image;
    this.#turn("ready");
  }

  async #failed() {
    const { remote, picture } = this.#item;
    const reachable = remote ? navigator.onLine : await this.#api.answers(picture);
    if (reachable) return this.#turn("dead");
    this.#turn("unreachable");
    setTimeout(() => this.#load(), RETRY);
  }

  #turn(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Have the picture of an entry loaded; return the entry. */
export function prepare(entry, api) {
  entry.picture ??= new Picture(entry.item, api);
  return entry;
}
