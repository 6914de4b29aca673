/* The tools above the grid: the size of a tile, the order, which channels are shown, and the list
   of keys. */
(() => {
"use strict";
const ll = layerlight, { $, on, say, setup, part, facts } = ll;
const grid = $(".grid"), maps = $(".maps", grid), cells = $(".cells", grid);
const boxes = [...maps.children], items = [...cells.children];
const reduced = ["--ph", "--pw"].map(name => grid.style.getPropertyValue(name));
const usual = grid.classList.contains("large") ? 112 : 56;
let sheet = setup.small || part.sheet;

/* A tile larger than the reduced copy shows the sheet itself. */
function resize() {
  const size = grid.dataset.size = ll.choice("size"), whole = size > usual || !setup.small;
  const [ph, pw] = whole ? part.map : reduced;
  sheet = whole ? part.sheet : setup.small;
  maps.style.backgroundImage = `url(${sheet})`;
  ll.styled(grid, { ph, pw });
}
/* A sheet that is missing or damaged leaves black boxes: better to say so. */
on(window, "load", async () => {
  try {
    const picture = await ll.picture(sheet), pen = ll.drawing(1, 1);
    /* half a PNG is decoded too, its rest clear; from a file a page may not look */
    if (ll.FILE) return;
    pen.drawImage(picture, 1 - picture.width, 1 - picture.height);
    if (!pen.getImageData(0, 0, 1, 1).data[3]) throw new Error("cut short");
  } catch {
    say("message", `The maps could not be read: ${sheet.split("/").pop()} is missing or damaged. The numbers are complete.`);
  }
});

/* Treves & Rolls (1991): 1 where a map is equally lit everywhere, near 0 where one spot holds all. */
function spread({ mean, deviation }) {
  const squares = mean ** 2 + deviation ** 2;
  return squares > 0 ? mean ** 2 / squares : -1;
}
const ORDERS = {
  number: () => 0,
  strength: f => f.high,
  sparsity: f => f.zeros,
  spread,
  difference: (f, c, { mean }) => Math.abs(f.mean - mean[c]),
  ...ll.orders
};
/* the data without which an order cannot be told */
const NEEDS = { difference: setup.across, picture: setup.atlas };
const SHOWN = { all: () => true, lit: f => !f.silent, silent: f => f.silent, always: f => f.zeros <= 0.05 };

async function arrange() {
  const by = ll.choice("sort"), note = $("#sort").selectedOptions[0].title, need = NEEDS[by];
  let keys;
  try {
    /* what needs nothing is done at once */
    const data = need && await ll.load(need);
    keys = facts.map((f, c) => ORDERS[by](f, c, data));
  } catch {
    keys = facts.map(ORDERS.number);
    say("message", "The gallery’s numbers could not be read: the channels stay in their order.");
  }
  if (by !== ll.choice("sort")) return;
  const sorted = [...keys.keys()].sort((a, b) => keys[b] - keys[a] || a - b);
  const focused = document.activeElement;
  maps.append(...sorted.map(c => boxes[c]));
  cells.append(...sorted.map(c => items[c]));
  /* what moves loses the focus */
  if (cells.contains(focused)) focused.focus({ preventScroll: true });

  const kept = facts.map(SHOWN[ll.choice("show")]), shown = kept.filter(Boolean).length;
  kept.forEach((keep, c) => { boxes[c].hidden = items[c].hidden = !keep; });
  const count = !shown ? "No channel is like that on this image." :
    shown < facts.length && `Shown: ${shown} of ${facts.length} channels.`;
  say("sorted", [note, count].filter(Boolean).join(" "));
  ll.tell("arranged");
}

ll.hear("choice", name => {
  if (name === "size") resize();
  if (name === "sort" || name === "show") arrange();
});
/* as the page comes it is arranged already: 512 tiles are not moved for nothing */
if (ll.choice("size") != usual) resize();
if (ll.choice("sort") !== "number" || ll.choice("show") !== "all") arrange();

/* On a phone the tools hide behind a button. */
const more = $(".more-button");
on(more, "click", () => { more.ariaExpanded = $("#more-tools").classList.toggle("open"); });

/* A dialog closes by its form, and gives the focus back by itself. */
const keys = $("dialog.keys"), showKeys = () => keys.showModal();
on($(".keys-button"), "click", showKeys);
ll.onKey(document, event => { if (event.key === "?" && !keys.open && !ll.root.dataset.view) showKeys(); });
})();
