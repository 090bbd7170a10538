// One tab reviews at a time: the newest takes over, and the others say so.

/** Call `onlost` once another tab of this reviewer has taken over. */
export function takeOver(reviewer, onlost) {
  // a page brought back by the browser's Back button starts anew, and so takes over
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel(`proofsheet-review-${reviewer}`);
  channel.postMessage("mine");
  channel.addEventListener("message", () => {
    channel.close();
    onlost();
  });
}
