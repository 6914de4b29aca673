/* Which channel is open, and at which place. The page comes with the strongest channel open; the
   address says which other is: #187, or #187@25,16 for one of its values. */
(() => {
"use strict";
const ll = layerlight, { $, $$, on, onKey, setup, part, text, say, number } = ll;
const panel = $(".channel"), dialog = $(".channel dialog");
/* framed by another page (framed.js) it stays in its place, however narrow that is */
const { view } = ll.root.dataset, narrow = matchMedia(view ? "not all" : "(max-width: 1099px)");
const modal = () => dialog.matches(":modal");
const links = ll.links = $$(".grid .cells a");
const [rows, columns] = part.map;
let covering = false;
ll.opened = Number(ll.field("number").textContent);

/* Each channel's numbers; top is its strongest value, high how strong that is, whatever its sign, and
   peak its row and column. */
ll.facts = links.map(link => {
  const [high, mean, zeros, row, column, rank, deviation, lowest] = link.dataset.facts.split(" ").map(Number);
  return { high, top: lowest === -high ? lowest : high, mean, zeros, peak: [row, column], silent: row < 0, rank, deviation, lowest };
});

const ordinal = ll.ordinal = n => n + (["th", "st", "nd", "rd"][/1.$/.test(n) ? 0 : n % 10] ?? "th");
/* at: row and column of a value; without, the strongest. */
function show(channel, at) {
  const facts = ll.facts[channel], { silent, rank, high } = facts;
  ll.opened = channel;
  links.forEach((link, c) => {
    link.classList.toggle("open", c === channel);
    /* one stop for Tab in the whole grid; arrows go on from there */
    link.tabIndex = c === channel ? 0 : -1;
  });
  ll.current(links, link => link === links[channel]);
  panel.classList.toggle("silent", silent);
  text("number", channel);
  text("rank", silent ? "silent on this image" :
    `the ${rank > 1 ? ordinal(rank) + " " : ""}strongest of ${links.length} on this image`);
  text("range", number(facts.lowest) + (setup.signed ? "" : " to " + number(high)));
  text("mean", number(facts.mean));
  text("zero", ll.percent(facts.zeros) + " of the map");
  const gain = setup.high > 0 ? high / setup.high : 1;
  $$(".pair .one").forEach(one => ll.styled(ll.tile(one, part, channel), { gain }));
  steps();
  ll.tell("channel", { channel, at: at ?? facts.peak, facts });
}

/* To the channels before and after, in the order in which the tiles are seen. */
function steps() {
  $$("[data-step]").forEach(step => {
    const id = beside(Number(step.dataset.step))?.id;
    step.hidden = !id;
    step.href = "#" + id;
    $("span", step).textContent = id;
  });
}
ll.hear("arranged", steps);

function fromAddress(event) {
  const [, named, row, column] = /^#(\d+)(?:@(\d+),(\d+))?$/.exec(location.hash) ?? [];
  if (!named || ll.missing(named)) return;
  const outside = row >= rows || column >= columns;
  show(Number(named), row && !outside ? [Number(row), Number(column)] : undefined);
  if (outside) say("message", `${setup.layer} has rows 0 to ${rows - 1} and columns 0 to ${columns - 1}: this is the strongest value instead.`);
  if (narrow.matches && !modal()) {
    dialog.open = false;
    covering = true;
    dialog.showModal();
  }
  if (event && !panel.contains(document.activeElement)) links[ll.opened].focus({ preventScroll: !narrow.matches });
}
/* Replaced, not pushed: Back leaves the layer instead of walking through its channels. */
const go = ll.go = fragment => {
  ll.address(fragment);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
};
on(window, "hashchange", fromAddress);
on(document, "click", event => {
  const link = event.target.closest(".grid .cells a, [data-step], [data-field=back]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});

/* Below 1100 px the dialog covers the page and gives the focus back when it goes. */
function uncover() {
  if (!modal()) return;
  covering = false;
  dialog.close();
}
function arrange() {
  if (!narrow.matches) uncover();
  dialog.open = !narrow.matches || modal();
}
on(narrow, "change", arrange);
on(dialog, "close", () => {
  if (!covering) return;
  covering = false;
  ll.address("");
  links[ll.opened].focus();
});
/* On paper the open channel stands in the page, not over it. */
on(window, "beforeprint", uncover);

/* The tiles that are shown, in the order in which they are seen. */
const visible = () => view === "channel" ? [] : $$(".grid .cells li:not([hidden]) > a");
function beside(by) {
  const shown = visible();
  return shown[shown.indexOf(links[ll.opened]) + by];
}
function step(by) {
  const next = beside(by);
  if (next) go("#" + next.id);
}

onKey(document, event => {
  const { key, target } = event;
  if (key === "[") step(-1);
  if (key === "]") step(1);
  if (key === "m") $("[data-place]").focus();
  if (key === "i" && !view) ($(".photos [aria-current]")?.parentNode.nextElementSibling ?? $(".photos li"))?.firstElementChild.click();
  if (target.closest("[data-place], input, summary, .thread") || !target.closest(".grid .cells, dialog:modal")) return;
  if (modal() && /^Arrow(Up|Down)$/.test(key)) return;
  const shown = visible(), focused = shown.indexOf(target.closest(".cells a"));
  const here = focused < 0 ? shown.indexOf(links[ll.opened]) : focused;
  const across = shown.filter(link => link.offsetTop === shown[0].offsetTop).length;
  const to = shown[{ ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - across, ArrowDown: here + across, Home: 0, End: shown.length - 1 }[key]];
  if (!to) return;
  event.preventDefault();
  if (modal()) go("#" + links.indexOf(to)); else to.focus();
});

/* A wheel turned over a panel that is not whole in view yet turns the page. */
$(".side").addEventListener("wheel", event => {
  const below = event.currentTarget.getBoundingClientRect().bottom - innerHeight;
  if (event.deltaY < 0 || below < 1 || modal()) return;
  event.preventDefault();
  scrollBy(0, Math.min(below, event.deltaY));
}, { passive: false });

/* A finger drawn sideways over the dialog: the next channel. */
let start = null;
on(dialog, "pointerdown", event => {
  start = event.pointerType === "touch" && event.isPrimary && !event.target.closest("input, .thread") ? event : null;
});
on(dialog, "pointercancel", () => { start = null; });
on(dialog, "pointerup", event => {
  if (!start) return;
  const x = event.clientX - start.clientX, y = event.clientY - start.clientY;
  start = null;
  if (Math.abs(x) <= 50 || Math.abs(y) >= Math.abs(x) / 2) return;
  ll.swiped = event.timeStamp;
  step(x < 0 ? 1 : -1);
});

/* The other scripts of the page listen by now. */
on(document, "DOMContentLoaded", () => {
  arrange();
  show(ll.opened);
  fromAddress();
});
})();
