/* The page across images: any channel of the layer, asked for by number or in the address. */
(() => {
"use strict";
const ll = layerlight, { $, $$, on } = ll, place = $("[data-company]");
ll.go = fragment => { location.hash = fragment; };

function show() {
  const [, named] = /^#(\d+)$/.exec(location.hash) ?? [];
  if (named && ll.missing(named)) return;
  const channel = Number(named ?? place.dataset.first);
  ll.text("number", channel);
  ll.current($$(".compare thead a"), link => link.getAttribute("href") === "#" + channel);
  ll.tell("channel", { channel });
  if (named && !document.getElementById(named)) place.scrollIntoView();
}
on(window, "hashchange", show);
on(document, "DOMContentLoaded", show);
})();
