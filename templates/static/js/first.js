/* In the head and not deferred, for what must be known before anything is drawn: that there are
   scripts, or every style is worked out twice; and that parts of a long page load their maps as
   they come near the window. If the other scripts are lost, nothing waits for them. */
(() => {
"use strict";
const { classList } = document.documentElement;
classList.add("scripted", "patient");
document.addEventListener("DOMContentLoaded", () => {
  const ll = window.layerlight;
  if (!ll) classList.remove("scripted", "patient");
  ll?.$$(".late").forEach(async part => { await ll.near(part); part.classList.add("near"); });
});
})();
