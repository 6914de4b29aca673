/* Carries the reader's choices from page to page in the URL.
   Without scripts the scale and the palette work on their own page, through CSS alone. */
(() => {
"use strict";
const ll = layerlight, { root, $, $$, on, onKey, tell } = ll;
const KNOWN = {
  __proto__: null, at: /^\d{1,3},\d{1,3}$/,
  scale: /^(layer|channel)$/, palette: /^[a-z]+$/, size: /^(56|112|224)$/,
  sort: /^(number|strength|sparsity|spread|difference|picture)$/, show: /^(all|lit|silent|always)$/,
  tiles: /^(maps|pictures)$/, overlay: /^(light|colour|none)$/, opacity: /^(\d\d|100)$/,
  tour: /^[1-9]$/, view: /^(channel|layer)$/
};
/* here stays on this page: links do not take it along */
const chosen = {}, here = {};

const known = (name, value) => KNOWN[name]?.test(value) && (name !== "palette" || $(`filter[id=${value}]`));
const control = name => $$(`select#${name}, input#${name}[type=range], input[name=${name}]`);
const keep = (name, value) => { (name === "at" || name === "view" ? here : chosen)[name] = value; };

function show(name) {
  const value = chosen[name];
  if (value === undefined) return;
  root.dataset[name] = value;
  control(name).forEach(input => {
    if (input.type === "radio") input.checked = input.value === value; else input.value = value;
    /* an order that only other layers offer: there the address still asks for it */
    if (!input.value) input.selectedIndex = 0;
  });
  if (name === "opacity") root.style.setProperty("--opacity", value / 100);
}

const query = more => Object.entries({ ...chosen, ...more }).sort().map(pair => pair.join("=")).join("&");

/* Links to other pages of the gallery take the choices along; what a link asks for itself stays. */
ll.carry = (link, href = link.getAttribute("href")) => {
  const [, path, fragment = ""] = /^(?![a-z][a-z0-9+.-]*:)([^?#]+)[^#]*(#[^#]*)?/i.exec(href) ?? [];
  const { tour } = link.dataset, asked = query(tour && { tour });
  link.setAttribute("href", path ? path + (asked && "?" + asked) + fragment : href);
  return link;
};
const carryAll = () => $$("a[href]").forEach(link => ll.carry(link));

ll.address = (fragment = location.hash) => {
  const asked = query(here);
  /* A browser may refuse on a file: the page works, only the address stays. */
  try {
    history.replaceState(null, "", (asked ? "?" + asked : location.pathname.split("/").pop()) + fragment);
  } catch {}
};

ll.choose = (name, value) => {
  if (!known(name, value)) return;
  keep(name, value);
  show(name);
  ll.address();
  carryAll();
  tell("choice", name);
};
ll.forget = name => {
  delete chosen[name];
  ll.address();
  carryAll();
};
/* Where there is a menu it says what is in force, also without a choice in the address. */
ll.choice = name => here[name] ?? $("select#" + name)?.value ?? root.dataset[name];

new URLSearchParams(location.search).forEach((value, name) => { if (known(name, value)) keep(name, value); });
carryAll();
for (const name in KNOWN) {
  show(name);
  control(name).forEach(input => on(input, "input", () => ll.choose(name, input.value)));
}

onKey(document, event => {
  const name = { s: "scale", p: "palette", o: "overlay", t: "tiles" }[event.key], controls = control(name);
  if (!controls.length) return;
  event.preventDefault();
  const options = [...controls[0].options ?? controls], now = options.findIndex(o => o.selected || o.checked);
  ll.choose(name, options[(now + 1) % options.length].value);
});
})();
