/* In the head and not deferred, for what must be known before anything is drawn: that there are
   scripts, or every style is worked out twice; and that parts of a long page load their maps as
   they come near the window, and the rest once the page is there. It needs no other script. */
(() => {
"use strict";
const { classList } = document.documentElement;
classList.add("scripted", "patient");
const come = part => part.classList.add("near");
function watch() {
  const parts = [...document.querySelectorAll(".late")];
  const watcher = new IntersectionObserver(found => {
    found.forEach(one => { if (one.isIntersecting) come(one.target); });
  }, { rootMargin: "400px" });
  parts.forEach(part => watcher.observe(part));
  addEventListener("load", () => parts.forEach((part, i) => setTimeout(come, 200 + 50 * i, part)));
}
document.addEventListener("readystatechange", () => { if (document.readyState === "interactive") watch(); });
document.addEventListener("DOMContentLoaded", () => { if (!window.layerlight) classList.remove("scripted"); });
})();
