// Swipes on the picture: right, left and up are the three verdicts, down takes the last one back.

const LEAST = 64;
const STRAIGHT = 1.5;

/**
 * @param {HTMLElement} stage
 * @param {(direction: "right"|"left"|"up"|"down") => {title: string}|undefined} actionOf
 * @param {(action: object, at: number) => void} act
 * @param {(title: string) => void} show  what letting go now would do, "" for nothing
 */
export function swipes(stage, actionOf, act, show) {
  let start = null;
  const swiped = ({ clientX, clientY }) => {
    const [dx, dy] = [clientX - start.clientX, clientY - start.clientY];
    const [x, y] = [Math.abs(dx), Math.abs(dy)];
    if (x >= LEAST && x > STRAIGHT * y) return actionOf(dx > 0 ? "right" : "left");
    if (y >= LEAST && y > STRAIGHT * x) return actionOf(dy > 0 ? "down" : "up");
    return undefined;
  };
  const stop = () => {
    start = null;
    show("");
  };
  const zoomed = () => (window.visualViewport?.scale ?? 1) > 1.01;

  stage.addEventListener("touchstart", (event) => {
    if (event.touches.length === 1 && !zoomed() && !event.target.closest("a, button")) {
      start = event.touches[0];
    } else stop();
  }, { passive: true });
  stage.addEventListener("touchmove", (event) => {
    if (start) show(swiped(event.touches[0])?.title ?? "");
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    const action = start && swiped(event.changedTouches[0]);
    stop();
    if (action) act(action, event.timeStamp);
  });
  stage.addEventListener("touchcancel", stop);
  // zoomed in, one finger moves the page about
  window.visualViewport?.addEventListener("resize", () => {
    stage.style.touchAction = zoomed() ? "auto" : "pinch-zoom";
  });
}
