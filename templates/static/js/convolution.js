/* A convolution by hand: the kernel over nine places of the photograph, a value for each. */
(() => {
"use strict";
const { $, $$, on, text, place, cell, walked } = layerlight;
const figure = $("[data-convolution]");
if (!figure) return;
const { around, weights, bias, row, column, side } = JSON.parse(figure.dataset.convolution);
const hand = $(".by-hand", figure), box = $(".swatches .box", figure), cells = $$(".filled td", figure);
const play = $("[data-play]", figure), planes = $$(".plane", figure), wide = side + 2, last = cells.length - 1;
let at = (last + 1) >> 1, timer;
hand.hidden = false;

const written = (value, places) => (Math.abs(value) < 0.5 * 10 ** -places ? 0 : value).toFixed(places).replace("-", "\u2212");
/* Products of each colour at one of the nine places, and their sum with the bias. */
function sums([y, x]) {
  const inputs = around.map(colour => weights[0].map((_, i) => {
    const [dy, dx] = cell(i, side);
    return colour[(y + dy) * wide + x + dx];
  }));
  const parts = inputs.map((own, c) => own.reduce((sum, value, i) => sum + value * weights[c][i], 0));
  return { inputs, parts, total: parts.reduce((sum, part) => sum + part, bias) };
}
const value = n => Math.max(0, sums(cell(n, 3)).total);

function show(n) {
  at = Math.max(0, Math.min(last, n));
  const [y, x] = cell(at, 3), { inputs, parts, total } = sums([y, x]);
  place(box, 100 * x / wide, 100 * y / wide, 100 * side / wide, 100 * side / wide);
  planes.forEach((plane, c) => {
    $$("td", plane).forEach((td, i) => { td.firstElementChild.textContent = written(inputs[c][i], 1); });
    $("p", plane).textContent = "adds " + written(parts[c], 1);
  });
  cells.forEach((td, n) => {
    td.textContent = n > at ? "" : written(value(n), 1);
    layerlight.current([td], () => n === at);
  });
  const added = [...parts.slice(1), bias].map(part => `${part < 0 ? "\u2212" : "+"} ${written(Math.abs(part), 1)}`);
  text("by-hand", `Row ${row + y - 1}, column ${column + x - 1}: ${written(parts[0], 1)} ${added.join(" ")} = ${written(total, 1)}${total < 0 ? "; below zero, so the ReLU gives 0" : ""}.`);
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  play.textContent = "Play";
}
function start() {
  if (at === last) show(0);
  play.textContent = "Pause";
  timer = setInterval(() => {
    show(at + 1);
    if (at === last) stop();
  }, 1200);
}
on(play, "click", () => { if (timer) stop(); else start(); });
$$("[data-by]", figure).forEach(button => on(button, "click", () => {
  stop();
  show(at + Number(button.dataset.by));
}));
layerlight.onKey(hand, event => {
  const to = walked(event, cell(at, 3));
  if (!to) return;
  event.preventDefault();
  stop();
  if (to.every(n => n >= 0 && n < 3)) show(to[0] * 3 + to[1]);
});
show(at);
})();
