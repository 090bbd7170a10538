// Requests to the server, and what they tell of the connection.

const TIME_LIMIT = 15_000;

/** No answer, or none that the server meant: worth another try later. */
export class Unreachable extends Error {}

/** The server understood and said no, in a sentence. */
export class Refused extends Error {}

/**
 * `state` is "online", "offline", "trouble" (the server answers that it cannot), "signed-out" or
 * "stale" (the page is of another session); "change" events tell of a new one. "retry" says that
 * the browser is on the network again.
 */
export class Api extends EventTarget {
  state = "online";
  sentence = "";
  #csrf;

  constructor(csrf) {
    super();
    this.#csrf = csrf;
    addEventListener("offline", () => this.#turn("offline"));
    addEventListener("online", () => this.dispatchEvent(new Event("retry")));
  }

  get = (url, query = {}) => this.#ask("GET", `${url}?${new URLSearchParams(query)}`);
  post = (url, body) => this.#ask("POST", url, body);
  put = (url, body) => this.#ask("PUT", url, body);

  /** Say whether the server itself answered for a picture, be it that there is none. */
  async answers(url) {
    try {
      const { status } = await this.#fetch(url, { method: "HEAD", cache: "no-store" });
      if (status === 401) this.#turn("signed-out");
      else if (status >= 500) this.#turn("trouble");
      else return true;
    } catch {
      this.#turn("offline");
    }
    return false;
  }

  /** Tell of a server that answers, but does not do what it must. */
  trouble(sentence) {
    this.#turn("trouble", sentence);
  }

  #fetch(url, options) {
    return fetch(url, { ...options, signal: AbortSignal.timeout(TIME_LIMIT) });
  }

  async #ask(method, url, body) {
    const headers = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (body && this.#csrf) headers["X-CSRFToken"] = this.#csrf;
    let status, answer;
    try {
      const sent = body && JSON.stringify(body);
      const response = await this.#fetch(url, { method, headers, body: sent });
      status = response.status;
      answer = await response.json();
    } catch {
      this.#turn(status >= 500 ? "trouble" : "offline");
      throw new Unreachable();
    }
    if (status === 401) this.#turn("signed-out", answer.error);
    else if (status >= 500) this.#turn("trouble", answer.error);
    else if (status === 403) this.#turn("stale");
    // whoever is signed in by now may read, but not write from here
    else if (this.state !== "stale" || method !== "GET") this.#turn("online");
    if (status === 401 || status === 403 || status >= 500) throw new Unreachable();
    if (status >= 400) throw new Refused(answer.error ?? `The server answered ${status}.`);
    return answer;
  }

  #turn(state, sentence = "") {
    if (state === this.state && sentence === this.sentence) return;
    this.state = state;
    this.sentence = sentence;
    this.dispatchEvent(new Event("change"));
  }
}
