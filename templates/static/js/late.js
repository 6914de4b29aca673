/* In the head and not deferred, so that it comes before the first picture is asked for: parts of a
   long page load their maps as they come near the window. Without the other scripts all load. */
(() => {
"use strict";
const { classList } = document.documentElement;
classList.add("patient");
document.addEventListener("DOMContentLoaded", () => {
  const ll = window.layerlight;
  if (!ll) classList.remove("patient");
  ll?.$$(".late").forEach(async part => { await ll.near(part); part.classList.add("near"); });
});
})();
