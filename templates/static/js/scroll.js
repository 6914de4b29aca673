/* The image page: the rail, the key and the window on the photograph follow the layer in view. */
(() => {
"use strict";
const { root, $$, on, place, current, centre } = layerlight;
const chapters = $$(".chapter");
let now;

function show(chapter) {
  if (chapter === now) return;
  now = chapter;
  const { id, dataset } = chapter, { box } = dataset;
  $$("[data-key]").forEach(field => { field.textContent = { layer: id, ...dataset }[field.dataset.key]; });
  $$(".sight .ramp, .mini .ramp").forEach(ramp => ramp.classList.toggle("signed", "signed" in dataset));
  $$(".sight .box:not(.point), .mini .box").forEach(element => {
    element.hidden = !box;
    if (box) place(element, ...box.split(" "));
  });
  const cells = $$(".rail .cell"), here = cell => cell.dataset.layer === id;
  current(cells, here, "location");
  centre(cells.find(here));
}

/* The layer in view is the last whose top has passed a line a third down the window. */
function find() {
  const last = chapters.findLast(chapter => chapter.getBoundingClientRect().top <= innerHeight / 3) ?? chapters[0];
  /* what one jumped to counts, also where the page is too short to bring it to the top */
  const asked = document.getElementById(location.hash.slice(1));
  const atEnd = innerHeight + scrollY >= root.scrollHeight - 2;
  show(atEnd && chapters.indexOf(asked) > chapters.indexOf(last) ? asked : last);
}

on(window, "scroll", find);
on(window, "resize", find);
find();
})();
