// The reviewer: puts the parts together and lets buttons, keys and swipes act on them.

import { Api } from "./api.js";
import { Blind } from "./blind.js";
import { Desk } from "./desk.js";
import { Keys } from "./keys.js";
import { KeyMap } from "./keymap.js";
import { Drafts, Notes } from "./notes.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Progress } from "./progress.js";
import { Queue } from "./queue.js";
import { Sender } from "./sender.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { swipes } from "./touch.js";
import { takeOver } from "./tabs.js";
import { Trail } from "./trail.js";
import { Voice } from "./voice.js";
import { count } from "./words.js";
import { Zoom } from "./zoom.js";

/** Two clicks within this many milliseconds are one: the second judges nothing. */
const DOUBLE_CLICK = 300;

const config = JSON.parse(document.getElementById("review-config").textContent);
const root = document.querySelector(".review");
const part = (name) => root.querySelector(`[data-part=${name}]`);
const dialog = (name) => document.getElementById(name);

const api = new Api(config.csrf);
const outbox = await Outbox.open(config.reviewer.id);
const drafts = new Drafts(config);
const queue = new Queue(api, outbox, config, drafts);
const sender = new Sender(api, outbox, config.urls.verdicts, () => ({
  round: config.round.uuid,
  showing: queue.showing,
}));
const trail = new Trail(api, config);
const keys = new Keys(config.actions);
const { titles } = keys;
const blind = new Blind();
const voice = new Voice(document);
const progress = new Progress(
  api, config, outbox, document.querySelector("[data-part=progress]"),
);
const panel = new Panel(root.querySelector(".judging"), blind, titles);
const stage = new Stage(part("stage"), (entry) => desk.tell(entry));
const strip = new Strip(part("strip"), titles, (entry) => active && desk.pick(entry));
const desk = new Desk({
  config, api, queue, trail, outbox, sender, stage, panel, strip, blind, voice, progress, titles,
  drafts,
});

const notes = new Notes(dialog("note"), (entry, text) => desk.annotate(entry, text));
const zoom = new Zoom(dialog("zoom"), (key) => keys.is("zoom", key));
const keymap = new KeyMap(dialog("keys"), keys, (own) => api.put(config.urls.keys, { keys: own }));

let active = true;
let lastVerdict = -Infinity;

const commands = {
  undo: () => desk.undo(),
  back: () => desk.back(),
  forward: () => desk.forward(),
  note: () => desk.entry && notes.open(desk.entry),
  zoom: () => stage.judgeable && zoom.open(desk.entry.item),
  help: () => keymap.open(),
  blind: () => {
    voice.hint(`${blind.cycle()}.`);
    panel.show(desk.entry ?? null);
  },
};

/** What a button, a key or a swipe does. */
function act({ name, verdict, rank }, at) {
  if (!active) return;
  if (verdict) desk.judge(verdict, rank, at);
  else commands[name]?.();
}

/** Show the labels of this picture although the review is blind. */
function reveal() {
  blind.revealed = true;
  // the button goes away, and the focus with it
  const focused = part("reveal").contains(document.activeElement);
  if (focused) root.querySelector(".verdicts button").focus();
  panel.show(desk.entry ?? null);
  voice.announce(`Shown${blind.first(desk.entry?.item.predictions[0])}`);
}

/** What the button that was clicked on does. */
function given(event) {
  const row = event.target.closest("button[data-rank]");
  if (row) {
    const rank = Number(row.dataset.rank);
    return rank === 1 ? { verdict: "top1", rank: null } : { verdict: "topk", rank };
  }
  return keys.named(event.target.closest("[data-action]")?.dataset.action);
}

document.addEventListener("verdict", ({ detail }) => (lastVerdict = detail.at));
document.addEventListener("click", (event) => {
  const action = given(event);
  const second = event.detail > 1 && event.timeStamp - lastVerdict < DOUBLE_CLICK;
  if (action && !(action.verdict && second)) act(action, event.timeStamp);
  if (event.target.closest("[data-part=reveal]")) reveal();
});
document.addEventListener("keydown", (event) => {
  // a key held down on a button presses it once
  const presses = ["Enter", " "].includes(event.key) && event.target.closest?.("button");
  if (event.repeat && presses) event.preventDefault();
  const onButton = event.target.closest?.("button, a, dialog, textarea");
  if (event.key !== " " || onButton || part("reveal").hidden) return;
  event.preventDefault();
  reveal();
});
keys.listen(act);

const curating = Boolean(keys.named("keep"));
const directions = curating
  ? { right: "keep", left: "reject", down: "undo" }
  : { right: "top1", left: "none", up: "topk", down: "undo" };
swipes(part("stage"), (direction) => keys.named(directions[direction]), act, (title) => {
  part("swipe").textContent = title;
});

const connection = () => voice.connection(api, outbox, config.urls.sign_in);
outbox.addEventListener("change", connection);
api.addEventListener("change", () => {
  connection();
  desk.refresh();
});
sender.addEventListener("idle", () => {
  progress.delivered();
  if (queue.entries.length === 0) queue.ask();
});
sender.addEventListener("refused", ({ detail: { event, position, why } }) => {
  voice.refusal(`Picture ${position + 1}: the verdict was not taken. ${why}`);
  desk.refused(event, position);
});
sender.addEventListener("elsewhere", ({ detail: number }) => {
  const stay = number === 1 ? "stays" : "stay";
  voice.refusal(`${count(number, "verdict")} of another database ${stay} in this browser.`);
});
queue.addEventListener("change", () => desk.refresh());
// a round of a whole run is filled when it is first asked for pictures
queue.addEventListener("change", () => progress.start(() => active), { once: true });

for (const sign of ["pointerdown", "pointermove", "keydown", "visibilitychange"]) {
  document.addEventListener(sign, () => queue.renew(), { passive: true });
}
addEventListener("beforeunload", (event) => {
  if (!outbox.durable && outbox.waiting.length > 0) event.preventDefault();
});

takeOver(config.reviewer.id, () => {
  active = queue.active = false;
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  dialog("elsewhere").showModal();
});
dialog("elsewhere").addEventListener("cancel", (event) => event.preventDefault());
dialog("elsewhere").addEventListener("close", () => location.reload());

connection();
trail.restore(outbox.about(config.round.uuid));
desk.refresh();
// the server is to know what was said before it hands out anything
await sender.send();
desk.older();
