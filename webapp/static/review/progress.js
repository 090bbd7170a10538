// "137 of 500, 24 a minute, 15 min left": asked now and then, counted here in between.

const EVERY = 30_000;

export class Progress {
  #api;
  #config;
  #line;
  #known = null;

  constructor(api, config, line) {
    this.#api = api;
    this.#config = config;
    this.#line = line;
  }

  start(active) {
    this.ask();
    setInterval(() => active() && !document.hidden && this.ask(), EVERY);
  }

  async ask() {
    try {
      const { urls, round } = this.#config;
      this.#known = await this.#api.get(urls.progress, { round: round.uuid });
      this.#show();
    } catch {
      // the line stays as it is until the next time
    }
  }

  /** What is said when nothing is left to judge: how far the round is, and what comes of it. */
  get text() {
    if (!this.#known) return "";
    return `${done(this.#known)}. The results come out with python bin/export_results.py.`;
  }

  /** Count a verdict (1) or one taken back (-1) before the server tells of it. */
  count(change) {
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
