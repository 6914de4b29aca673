/* What the other scripts share: finding and making elements, data on demand, numbers as the pages
   write them, and a few words between scripts. Everything hangs on window.layerlight. */
(() => {
"use strict";
const root = document.documentElement, FILE = location.protocol === "file:";
root.classList.add("scripted");

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = (target, what, act) => target.addEventListener(what, act);
const tell = (what, detail) => document.dispatchEvent(new CustomEvent("layerlight-" + what, { detail }));
const hear = (what, act) => on(document, "layerlight-" + what, event => act(event.detail));

/* Keys: never while one writes or with a modifier. */
const WRITING = "select, textarea, input:not([type=radio], [type=range])";
const onKey = (target, act) => on(target, "keydown", event => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.target.matches(WRITING)) act(event);
});
/* Where an arrow key leads from a row and column; undefined for any other key. */
function walked(event, at, far = 1) {
  const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  return by?.map((n, i) => at[i] + far * n);
}

function make(kind, ...children) {
  const [tag, ...classes] = kind.split("."), element = document.createElement(tag);
  element.classList.add(...classes);
  element.append(...children);
  return element;
}
const field = name => $(`[data-field=${name}]`);
const text = (name, words) => $$(`[data-field=${name}]`).forEach(field => { field.textContent = words; });
function say(name, words) {
  text(name, words);
  field(name).hidden = !words;
}
const unread = (name, what) => say(name, what + " could not be read: its data is missing or damaged.");
const current = (elements, chosen, as = "true") =>
  elements.forEach(element => { element.ariaCurrent = chosen(element) ? as : null; });
/* A rail wider than the screen shows the current layer. */
function centre(layer) {
  const rail = layer?.closest(".rail");
  if (rail) rail.scrollLeft = layer.offsetLeft - (rail.clientWidth - layer.offsetWidth) / 2;
}
centre($(".rail [aria-current]"));
/* Every form closes its dialog; validators do not know the value yet. */
$$("form").forEach(f => { f.method = "dialog"; });
/* What works with scripts only comes hidden. */
$$(".tool, .steps, .more-button, .keys-button, .overlay-tools, .hint").forEach(tool => { tool.hidden = false; });

/* A page from a file may not fetch, but it may load a script that hands over its data under a
   name. Each is loaded once; what is missing or damaged is told to those who asked. */
const asked = {};
let loading = 0;
const loaded = ({ key, url }) => new Promise((done, failed) => {
  const script = make("script");
  loading += 1;
  script.onload = script.onerror = () => {
    const data = window.layerlightData?.[key];
    loading -= 1;
    script.remove();
    if (data === undefined) failed(); else done(data);
  };
  script.src = url;
  document.head.append(script);
});
const load = async script => asked[script.key] ??= loaded(script);
/* A data script cut short is a syntax error: said in the page by whoever asked, not in the console. */
on(window, "error", event => {
  if (loading && (!event.error || event.error instanceof SyntaxError)) event.preventDefault();
});
/* Resolves once an element comes near the window, or so much of it that the share given is seen. */
const near = (element, threshold = 0) => new Promise(done => {
  new IntersectionObserver((found, watch) => {
    if (found.some(one => one.isIntersecting)) done(watch.disconnect());
  }, { rootMargin: threshold ? "0px" : "400px", threshold }).observe(element);
});
/* Fills an element with data when it is near, for the last that was asked for and none before.
   Until then it tells of another (but for the first, with which the page was written): hidden. */
function latest(element, script, fill, failed, close = near(element)) {
  let now;
  return async wanted => {
    if (script && now) element.dataset.old = "";
    now = wanted;
    await close;
    if (!script || !wanted) return;
    try {
      const data = await load(script);
      if (wanted !== now) return;
      fill(data, wanted);
      delete element.dataset.old;
    } catch { if (wanted === now) failed(); }
  };
}

function number(value) {
  const size = Math.abs(value);
  const written = size >= 99.5 || Number.isInteger(value) ? value.toLocaleString("en", { maximumFractionDigits: 0 }) :
    size >= 0.995 ? value.toFixed(size >= 9.95 ? 1 : 2) : String(Number(value.toPrecision(2)));
  return written.replace("-", "\u2212");
}
function percent(share) {
  const whole = share > 0 && share < 0.005 ? "under 1" : share >= 0.995 && share < 1 ? "over 99" : Math.round(share * 100);
  return whole + "\u202f%";
}

/* The page's own geometry: the input's height and width; part is the layer whose maps it shows. */
const input = ["--ih", "--iw"].map(name => Number(root.style.getPropertyValue(name)));
const setup = JSON.parse($("[data-setup]")?.dataset.setup ?? "{}"), part = setup.chain?.[0];

/* Row and column of the nth cell of a grid. */
const cell = (n, columns) => [Math.floor(n / columns), n % columns];
const inside = (at, grid) => at.map((n, i) => Math.max(0, Math.min(grid[i] - 1, n)));
/* Where a pointer is over an element, in rows and columns of a grid on it, with fractions. */
function pointed(event, element, [rows, columns]) {
  const box = element.getBoundingClientRect();
  return [(event.clientY - box.top) / box.height * rows, (event.clientX - box.left) / box.width * columns];
}
/* What a value of a map sees of the input; window: height, width, stride, start. */
function seen({ window: [height, width, strideY, strideX, startY, startX] }, [row, column]) {
  const top = row * strideY + startY, left = column * strideX + startX;
  const y = Math.max(0, top), x = Math.max(0, left);
  const tall = Math.min(input[0], top + height) - y, wide = Math.min(input[1], left + width) - x;
  return { top, left, y, x, tall, wide, cut: tall < height || wide < width };
}

/* Custom properties: { x: 2 } is --x: 2. */
function styled(element, values) {
  for (const name in values) element.style.setProperty("--" + name, values[name]);
  return element;
}
/* A box on a picture, in percent of it. */
const place = (box, l, t, w, h) => styled(box, { l, t, w, h });
const placeValue = (box, [rows, columns], [row, column]) =>
  place(box, 100 * column / columns, 100 * row / rows, 100 / columns, 100 / rows);
function placeSeen(box, of, at) {
  const { y, x, tall, wide } = seen(of, at);
  place(box, 100 * x / input[1], 100 * y / input[0], 100 * wide / input[1], 100 * tall / input[0]);
}
function aim(crop, of, at) {
  const { top, left } = seen(of, at);
  return styled(crop, { cy: top, cx: left });
}

/* One map, or a part of it around a value, cut out of a sheet. */
function tile(element, { columns }, channel) {
  const [y, x] = cell(channel, columns);
  return styled(element, { x, y });
}
function one(of, channel, sheet, gain) {
  const map = tile(make("div.one.lit" + (of.signed ? ".signed" : ""), make("i")), of, channel), [ph, pw] = of.map;
  map.style.backgroundImage = `url(${sheet})`;
  return styled(map, { cols: of.columns, rows: of.rows, ph, pw, gap: 1, gain });
}
/* Only once it is seen: it may be of a sheet that the page has not loaded yet. */
async function around(place, of, channel, [sr, sc]) {
  const spot = $("[data-spot]", place), [sh, sw] = of.map, mine = spot.mine = {};
  spot.replaceChildren();
  await (spot.near ??= near(spot, 0.5));
  if (spot.mine === mine) styled(spot, { sr, sc, sh, sw }).replaceChildren(one(of, channel, of.sheet, 1), make("span.box"));
}

async function picture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}
const drawing = (width, height) => Object.assign(make("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });

window.layerlight = {
  root, FILE, $, $$, on, tell, hear, onKey, walked, make, field, text, say, unread, current, centre, load, near, latest,
  number, percent, input, setup, part, cell, inside, pointed, seen, styled, place, placeValue, placeSeen, aim, tile, one,
  around, picture, drawing
};
})();
