// What is said beside the picture: to screen readers, as a hint, and of the connection.

import { count } from "./words.js";

const HINT_TIME = 4_000;

export class Voice {
  #root;
  #timer = 0;

  constructor(root) {
    this.#root = root;
    this.#part("refusals").addEventListener("click", (event) => {
      if (event.target.closest("button")) event.target.closest("li").remove();
    });
  }

  /** Tell screen readers, once they are through with what they say. */
  announce(text) {
    const live = this.#part("live");
    if (live.textContent !== text) live.textContent = text;
  }

  /** Tell everybody, for a moment. */
  hint(text) {
    this.announce(text);
    this.#part("hint").textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), HINT_TIME);
  }

  /** Take a hint away that is about something else by now. */
  clear() {
    this.#part("hint").textContent = "";
  }

  /** Tell of a verdict that the server did not take, until that is acknowledged. */
  refusal(text) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Close";
    line.append(text, " ", button);
    this.#part("refusals").append(line);
    this.announce(text);
  }

  /** Say how the connection is, and how many verdicts wait for it. */
  connection({ state, sentence }, { waiting, durable }, signIn) {
    const number = waiting.length;
    const wait = `${count(number, "verdict")} ${number === 1 ? "waits" : "wait"} here`;
    const sent = number === 1 ? "and is sent" : "and are sent";
    const [what, when] = {
      online: ["", ""],
      offline: ["Offline.", "when the connection is back"],
      trouble: [sentence || "The server cannot answer.", "when it can"],
      "signed-out": ["You are signed out.", "once you are signed in"],
      stale: ["This page is out of date: load it again.", "then"],
    }[state];
    const text = what && number > 0 ? `${what} ${wait} ${sent} ${when}.` : what;
    const forgets = durable ? "" : "This browser stores nothing: what waits is lost with the tab.";
    this.#part("connection").textContent = [text, forgets].filter(Boolean).join(" ");
    const link = this.#part("sign-in");
    link.hidden = !["signed-out", "stale"].includes(state);
    link.href = state === "stale" ? location.href : signIn;
    link.textContent = state === "stale" ? "Load it again" : "Sign in";
    const { dataset } = document.documentElement;
    dataset.connection = state;
    dataset.waiting = number;
  }

  #part(name) {
    return this.#root.querySelector(`[data-part=${name}]`);
  }
}
