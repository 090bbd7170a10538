// A picture that does not load gives way to its placeholder, which says why.

function giveWay(img) {
  const gone = img.parentElement.querySelector(".gone");
  if (!gone) return;
  img.hidden = true;
  gone.hidden = false;
}

// error events do not bubble; capturing catches those of pictures that load later
document.addEventListener(
  "error",
  (event) => {
    if (event.target instanceof HTMLImageElement) giveWay(event.target);
  },
  true,
);

for (const img of document.querySelectorAll(".shot img")) {
  if (img.complete && img.naturalWidth === 0) giveWay(img);
}
