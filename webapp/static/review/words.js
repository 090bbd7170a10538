// How labels, scores, keys and counts are written.

/** "great_white_shark" -> "great white shark" */
export const plain = (label) => label.replaceAll("_", " ");

/** 0.8731 -> "87 %" */
export const percent = (score, digits = 0) => `${(100 * score).toFixed(digits)}\u00a0%`;

/** (3, "verdict") -> "3 verdicts" */
export const count = (number, noun) =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const NAMES = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };

/** How a key is shown on a button: "ArrowLeft" -> "←" */
export const keyName = (key) => NAMES[key.toLowerCase()] ?? key.toLowerCase();
