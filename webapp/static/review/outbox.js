// Verdicts on their way: in IndexedDB until the server has them, so that nothing ends them.

const STORE = "events";

/** @typedef {{event: object, position: number, seq?: number, stored: Promise<void>}} Waiting */

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

  /** Keep an event about the picture at `position`; it is durable once its `stored` resolves. */
  add(event, position) {
    const record = { event, position };
    record.stored = this.#write(record);
    this.waiting.push(record);
    this.#changed();
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

  /** The positions in a round of which something has not reached the server. */
  positions(round) {
    const about = this.waiting.filter(({ event }) => event.round === round);
    return new Set(about.map(({ position }) => position));
  }

  async #write(record) {
    try {
      const store = this.#store("readwrite");
      const { event, position } = record;
      const request = store.add({ reviewer: this.#reviewer, event, position });
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
