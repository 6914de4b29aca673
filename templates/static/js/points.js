/* A point of the photograph, followed through the network: what is strongest above it in every
   layer. Pick it with a click, a tap or the arrow keys; ?at= keeps it in the address. */
(() => {
"use strict";
const ll = layerlight, { $, $$, on, inside, cell, text } = ll;
const photo = $("[data-points]"), setup = JSON.parse(photo.dataset.points);
const grid = [setup.rows, setup.columns];
let here;

function pick(at) {
  here = inside(at, grid);
  $$("[data-point]").forEach(box => {
    box.hidden = false;
    ll.placeValue(box, grid, here);
  });
  ll.root.classList.add("pointing");
  ll.choose("at", here.join(","));
  ll.load(setup.script).then(fill).catch(() => ll.unread("point", "What is above a point"));
}

function fill({ layers }) {
  text("point", "Each layer shows its strongest channel there.");
  $$(".chapter").forEach(chapter => {
    const slot = $("[data-above]", chapter), layer = setup.layers[chapter.id], data = layers[chapter.id];
    slot.hidden = !data;
    if (!data) return;
    const n = here[0] * setup.columns + here[1], channel = data.channel[n], value = data.value[n];
    const at = cell(data.place[n], layer.map[1]), asked = here;
    ll.carry($("a", slot), `${layer.href}#${channel}@${at}`);
    $("[data-above-text]", slot).textContent = value ? "#" + channel : "nothing";
    $("[data-above-value]", slot).textContent =
      value ? `${ll.number(value)} at row ${at[0]}, column ${at[1]}` : "no channel answers there";
    ll.aim($(".crop", slot), layer, at);
    $$(".cells a", chapter).forEach(a => a.classList.toggle("spotted", a.hash === "#" + channel));
    $("[data-spot]", slot).replaceChildren();
    slot.near ??= ll.near(slot);
    slot.near.then(() => { if (asked === here && value) ll.around(slot, layer, channel, at); });
  });
}

on(photo, "click", event => pick(ll.pointed(event, photo, grid).map(Math.floor)));
ll.onKey(photo, event => {
  const from = here ?? grid.map(count => Math.floor(count / 2));
  const to = /^(Enter| )$/.test(event.key) ? from : ll.walked(event, from);
  if (!to) return;
  event.preventDefault();
  pick(to);
});
photo.tabIndex = 0;
photo.role = "application";
photo.ariaRoleDescription = "point picker";
photo.ariaLabel = "The image. Arrow keys move a point that every layer follows";
const at = ll.choice("at");
if (at) pick(at.split(",").map(Number));
})();
