// "137 of 500, 24 a minute, 15 min left": asked now and then, counted here in between.

const EVERY = 30_000;

export class Progress {
  #api;
  #config;
  #outbox;
  #line;
  #known = null;
  #changes = 0;
  #due = false;
  #asking = false;

  constructor(api, config, outbox, line) {
    this.#api = api;
    this.#config = config;
    this.#outbox = outbox;
    this.#line = line;
  }

  start(active) {
    this.ask();
    setInterval(() => active() && !document.hidden && this.ask(), EVERY);
  }

  /** Ask how far the round is; where verdicts wait, once they are delivered. */
  async ask() {
    this.#due = true;
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#due && !(this.#known && this.#waiting)) await this.#take();
    } catch {
      // the line stays as it is until the next time
    }
    this.#asking = false;
  }

  /** Everything is delivered: the server can tell now what it could not before. */
  delivered() {
    if (this.#due) this.ask();
  }

  get #waiting() {
    return this.#outbox.waiting.length > 0;
  }

  async #take() {
    const { urls, round } = this.#config;
    const changes = this.#changes;
    const waiting = this.#waiting;
    const known = await this.#api.get(urls.progress, { round: round.uuid });
    // a verdict given or delivered meanwhile may be in this answer or not
    this.#due = waiting || changes !== this.#changes;
    if (this.#due && this.#known) return;
    this.#known = known;
    this.#show();
  }

  /** What is said when nothing is left to judge: how far the round is, and what comes of it. */
  get text() {
    if (!this.#known) return "";
    const comes = this.#config.urls.results
      ? "The page of results says what they come to."
      : "The verdicts come out with python bin/export_results.py.";
    return `${done(this.#known)}. ${comes}`;
  }

  /** Count a verdict (1) or one taken back (-1) before the server tells of it. */
  count(change) {
    this.#changes += 1;
    if (!this.#known) return;
    this.#known.done += change;
    this.#show();
  }

  #show() {
    const { per_minute: pace, minutes_left: left } = this.#known;
    const parts = [done(this.#known)];
    const open = this.#known.done < this.#known.of;
    if (open && pace > 0) parts.push(`${Number(pace.toFixed(pace < 10 ? 1 : 0))} a minute`);
    if (open && left !== null) parts.push(`${duration(left)} left`);
    this.#line.textContent = parts.join(", ");
  }
}

/** "1,137 of 5,000" */
const done = (known) => `${known.done.toLocaleString("en")} of ${known.of.toLocaleString("en")}`;

/** 0.4 -> "1 min", 200 -> "3 h" */
const duration = (minutes) =>
  minutes < 90 ? `${Math.max(1, Math.round(minutes))} min` : `${Math.round(minutes / 60)} h`;
