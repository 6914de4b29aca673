/* Finds images among all those of a large gallery: by words of their title, folder and file name,
   in any order. The list of them is loaded when the box is first used; what was asked for stays in
   the address. */
(() => {
"use strict";
const ll = layerlight, { $, on, make, number } = ll, STEP = 60;
const box = $("#titles"), list = $("[data-found]"), more = $("[data-more]");
const { key, url, root, page, photo } = box.parentElement.dataset;
let found = [];

/* Without regard to accents and case: in capitals, where alone "ß" is "SS". */
const folded = words => words.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase();
const read = async () => (await ll.load({ key, url })).map(([id, title, source]) =>
  ({ id, title, source, words: folded(title + " " + source) }));
let images;
const all = () => images ??= read();

function linked({ id, title, source }) {
  const at = pattern => root + pattern.replace("{id}", id);
  const picture = Object.assign(make("img"), { loading: "lazy", src: at(photo), alt: "", width: 56, height: 56 });
  const words = make("span", make("b", make("bdi", title)), " ", make("bdi.small", source));
  return make("li", ll.carry(make("a", picture, words), at(page)));
}
function grow() {
  const next = found.slice(list.childElementCount).slice(0, STEP).map(linked);
  list.append(...next);
  const left = found.length - list.childElementCount;
  more.hidden = !left;
  more.textContent = `Show ${Math.min(STEP, left)} more`;
  return next[0];
}
function keep(asked) {
  const query = new URLSearchParams(location.search);
  if (asked) query.set("find", asked); else query.delete("find");
  const all = String(query);
  /* A browser may refuse on a file: the page works, only the address stays. */
  try { history.replaceState(null, "", location.pathname + (all && "?" + all) + location.hash); } catch {}
}
function show(words) {
  ll.text("found", words);
  list.replaceChildren();
  grow();
  list.hidden = !found.length;
  box.closest("section").classList.toggle("finding", Boolean(words));
}

async function search() {
  const asked = box.value.trim(), words = folded(asked).split(/\s+/);
  keep(asked);
  found = [];
  if (!asked) return show("");
  try {
    const every = await all();
    if (asked !== box.value.trim()) return;
    found = every.filter(image => words.every(word => image.words.includes(word)));
    show(`${found.length ? number(found.length) : "None"} of ${number(every.length)} images found for “${asked}”.`);
  } catch { ll.unread("found", "The list of images"); }
}

on(box, "focus", () => all().catch(() => {}));
on(box, "input", search);
on(box, "keydown", event => {
  if (event.key !== "Escape" || !box.value) return;
  event.preventDefault();
  box.value = "";
  search();
});
on(more, "click", () => $("a", grow()).focus());

box.value = new URLSearchParams(location.search).get("find") ?? "";
if (box.value) {
  search();
  box.closest("section").scrollIntoView();
}
})();
