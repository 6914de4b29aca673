/* A place on the open map: the value there, and the pixels that it was computed from. */
(() => {
"use strict";
const ll = layerlight, { $, on, inside, field, text, number, setup, part } = ll;
const map = $("[data-place]"), photo = $("[data-photo]");
const mark = $("[data-mark]"), frame = $("[data-window]"), crop = $("[data-crop]");
const value = field("value"), back = field("back");
const extent = `${part.window[0]}\u202f×\u202f${part.window[1]} px`;
let channel = ll.opened, facts = ll.facts[channel], asked = 0;
/* where the mark stays */
let pinned = facts.peak;

const same = (a, b) => String(a) === String(b);

function write(exact, words = number(exact), precision = "") {
  value.value = exact;
  value.textContent = words;
  text("precision", precision);
}

/* The strongest value is known exactly; any other to half a step of the sheet. */
async function read(at, spoken) {
  const turn = asked += 1, [row, column] = at, strongest = same(at, facts.peak);
  text("what", strongest ? "Strongest value" : "Value at the mark");
  text("precision", "");
  try {
    if (strongest) write(facts.top);
    else {
      const samples = await ll.samples(channel);
      if (turn !== asked) return;
      const found = ll.valueOf(channel, samples[row * part.map[1] + column]), half = number(found.half);
      write(found.value, undefined, (setup.signed || found.value ? "± " : "or too little to show, under ") + half);
    }
    if (spoken) text("spoken", `Row ${row}, column ${column}: ${value.textContent}`);
  } catch {
    if (turn === asked) write("", "–", "not readable");
  }
}

function show(at, spoken) {
  const { y, x, tall, wide, cut } = ll.seen(part, at), [row, column] = ll.at = at, { silent } = facts;
  ll.placeValue(mark, part.map, at);
  ll.placeSeen(frame, part, at);
  ll.aim(crop, part, at);
  text("position", silent ? "nowhere" : `row ${row}, column ${column}`);
  text("window", silent ? extent : `${extent}, x ${x} to ${x + wide - 1}, y ${y} to ${y + tall - 1}${cut ? ", cut at the border" : ""}`);
  back.hidden = same(at, facts.peak);
  back.href = "#" + channel;
  read(at, spoken);
}

function pin(at) {
  pinned = at;
  show(at, true);
  ll.address("#" + channel + (same(at, facts.peak) ? "" : "@" + at));
  ll.tell("fragment");
}

ll.hear("channel", told => {
  ({ channel, facts, at: pinned } = told);
  const { silent } = facts;
  mark.hidden = frame.hidden = crop.parentNode.hidden = silent;
  map.ariaLabel = `Map of channel ${channel}${silent ? ", silent" : ". Arrow keys move the mark"}`;
  if (silent) map.removeAttribute("tabindex"); else map.tabIndex = 0;
  ll.say("trouble", "");
  show(pinned);
});

const onMap = event => ll.pointed(event, map, part.map).map(Math.floor);
/* Over the photograph: the value whose window has its middle nearest. */
const onPhoto = event => ll.pointed(event, photo, ll.input).map((pixel, i) => {
  const [size, stride, start] = [0, 2, 4].map(n => part.window[n + i]);
  return stride ? Math.round((pixel - start - size / 2) / stride) : 0;
});
[[map, onMap], [photo, onPhoto]].forEach(([area, position]) => {
  const at = event => inside(position(event), part.map), hovers = event => event.pointerType !== "touch" && !facts.silent;
  on(area, "pointermove", event => { if (hovers(event)) show(at(event)); });
  on(area, "pointerleave", event => { if (hovers(event)) show(pinned); });
  on(area, "click", event => {
    /* the end of a swipe is no click */
    if (!facts.silent && !(event.timeStamp - ll.swiped < 300)) pin(at(event));
  });
});

map.role = "application";
map.ariaRoleDescription = "feature map";
ll.onKey(map, event => {
  if (facts.silent) return;
  const [row] = pinned;
  const to = ll.walked(event, pinned, event.shiftKey ? 8 : 1) ??
    { Home: [row, 0], End: [row, part.map[1] - 1], Escape: !same(pinned, facts.peak) && facts.peak }[event.key];
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  pin(inside(to, part.map));
});
})();
