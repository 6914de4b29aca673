/* The guided tour: a bar that explains the view and leads to the next. Only where ?tour= asks for it. */
(() => {
"use strict";
const { root, $, on, make, load, carry, choice, forget } = layerlight;
const number = Number(choice("tour")), home = document.currentScript.getAttribute("src").replace("static/js/tour.js", "");
if (!number) return;
root.classList.add("touring");

/* The maps, if from their first row on the tile that is open can be seen above the bar. */
function firstRows(bar) {
  const maps = $(".reading"), tile = $(".cells [aria-current]", maps);
  if ($("dialog:modal") || !tile) return null;
  const room = innerHeight - parseFloat(getComputedStyle($(".side")).top) - bar.offsetHeight;
  return tile.getBoundingClientRect().bottom - maps.getBoundingClientRect().top < room ? maps : null;
}

load({ url: home + "static/tour-steps.js", key: "static/tour-steps" }).then(stops => {
  if (!Array.isArray(stops)) throw new Error("no list of stops");
  const [title, words, , , part] = stops[number - 1], last = number === stops.length;
  const way = (to, label) => {
    const [, , path, fragment] = stops[to - 1], link = make("a.control", label);
    link.dataset.tour = to;
    return carry(link, home + path + (fragment && "#" + fragment));
  };
  const end = make("button.control", last ? "End of the tour" : "End");
  const ways = make("p.tour-ways", number > 1 ? way(number - 1, "Back") : "", last ? "" : way(number + 1, "Next"), end);
  const bar = make("aside.tour-bar", make("div", make("b", `${number} of ${stops.length}: ${title}`), make("p", words)), ways);
  bar.ariaLabel = "Guided tour";
  end.type = "button";
  on(end, "click", () => {
    bar.remove();
    root.classList.remove("touring");
    forget("tour");
  });
  /* a modal dialog would cover a bar beside it */
  ($("dialog:modal") ?? document.body).append(bar);
  /* after the browser's own jump to the address; a channel's tile stays where that brought it, but
     for one of the first rows: it would leave half of the page's head under the rail */
  const jump = () => requestAnimationFrame(() => (part === "channel" ? firstRows(bar) : document.getElementById(part))?.scrollIntoView());
  document.readyState === "complete" ? jump() : on(window, "load", jump);
}).catch(() => forget("tour"));
})();
