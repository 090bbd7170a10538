// Verdicts on their way: in IndexedDB until the server has them, so that nothing ends them.

const STORE = "events";

/**
 * @typedef {object} Waiting
 * @property {object} event
 * @property {number} position
 * @property {object} item  What is at this position of the round, to be shown after a reload.
 * @property {number} [seq]
 * @property {Promise<void>} stored
 */

/** One reviewer's events, oldest first. Where IndexedDB fails they live in memory (`durable`). */
export class Outbox extends EventTarget {
  /** @type {Waiting[]} */
  waiting = [];
  durable = true;
  #database = null;
  #reviewer;

  static async open(reviewer) {
    const outbox = new Outbox();
    outbox.#reviewer = reviewer;
    try {
      outbox.#database = await openDatabase();
      const records = await done(outbox.#store("readonly").getAll());
      outbox.waiting = records
        .filter((record) => record.reviewer === reviewer)
        .map((record) => ({ ...record, stored: Promise.resolve() }));
    } catch {
      outbox.durable = false;
    }
    return outbox;
  }

  /** Keep an event about an item, and return its new uuid; durable once `stored` resolves. */
  add(about, item) {
    const uuid = newUuid();
    const record = { event: { ...about, uuid }, position: item.position, item };
    record.stored = this.#write(record);
    this.waiting.push(record);
    this.#changed();
    return uuid;
  }

  /** Forget the events with these uuids. */
  async remove(uuids) {
    const gone = this.waiting.filter(({ event }) => uuids.has(event.uuid));
    this.waiting = this.waiting.filter(({ event }) => !uuids.has(event.uuid));
    this.#changed();
    try {
      const store = this.durable && this.#store("readwrite");
      for (const { seq } of gone) if (store && seq !== undefined) store.delete(seq);
    } catch {
      // sent again after the next start, which is harmless
    }
  }

  /** Leave the events with these uuids for the next start: another database may be served then. */
  setAside(uuids) {
    this.waiting = this.waiting.filter(({ event }) => !uuids.has(event.uuid));
    this.#changed();
  }

  /** What has not reached the server of a round. */
  about(round) {
    return this.waiting.filter(({ event }) => event.round === round);
  }

  /** The positions in a round of which something has not reached the server. */
  positions(round) {
    return new Set(this.about(round).map(({ position }) => position));
  }

  async #write(record) {
    try {
      const store = this.#store("readwrite");
      const { event, position, item } = record;
      const request = store.add({ reviewer: this.#reviewer, event, position, item });
      await committed(store.transaction);
      record.seq = request.result;
    } catch {
      if (this.durable) {
        this.durable = false;
        this.#changed();
      }
    }
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode, { durability: "strict" }).objectStore(STORE);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function openDatabase() {
  const request = indexedDB.open("proofsheet-outbox", 1);
  request.onupgradeneeded = () =>
    request.result.createObjectStore(STORE, { keyPath: "seq", autoIncrement: true });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

/** A random UUID; crypto.randomUUID() is there in secure contexts only. */
function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
