/* In the head and not deferred, for what must be known before anything is drawn: that there are
   scripts, or every style is worked out twice; and that parts of a long page show their maps as
   they come near the window, but after its words. The maps of the others are loaded once the page
   is there, for scrolling and for paper, but drawn by nobody. It needs no other script. */
(() => {
"use strict";
const { classList } = document.documentElement, kept = [];
const loaded = new Promise(done => addEventListener("load", done));
const painted = new Promise(done => {
  if (PerformanceObserver.supportedEntryTypes.includes("paint")) {
    new PerformanceObserver(done).observe({ type: "paint", buffered: true });
  } else requestAnimationFrame(() => setTimeout(done));
});
/* Only now: in a browser that lacks one of these nothing is to wait. */
classList.add("scripted", "patient");
async function come(part) {
  await painted;
  part.classList.add("near");
}
async function fetchMaps(part) {
  const written = [part, ...part.querySelectorAll("[style*=url]")].map(one => one.style.backgroundImage);
  for (const url of new Set(written.map(value => /^url\("(.+)"\)$/.exec(value)?.[1]))) if (url) {
    const image = new Image();
    kept.push(image);
    image.src = url;
    await new Promise(done => { image.onload = image.onerror = done; });
  }
  part.classList.add("here");
}
async function watch() {
  const parts = [...document.querySelectorAll(".late")];
  const watcher = new IntersectionObserver(found => {
    found.forEach(one => { if (one.isIntersecting) come(one.target); });
  }, { rootMargin: "400px" });
  parts.forEach(part => watcher.observe(part));
  await Promise.all([loaded, painted]);
  for (const part of parts) await fetchMaps(part);
}
document.addEventListener("readystatechange", () => { if (document.readyState === "interactive") watch(); });
document.addEventListener("DOMContentLoaded", () => { if (!window.layerlight) classList.remove("scripted"); });
})();
