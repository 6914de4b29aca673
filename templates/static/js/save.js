/* Save picture: the open channel as a PNG for a slide, with its scale, its place and its credit. */
(() => {
"use strict";
const ll = layerlight, { $, $$, on, make, number, input, setup, part } = ll;
const SIDE = 640, EDGE = 48, TOP = 148, WIDTH = 2 * SIDE + 3 * EDGE, RIGHT = SIDE + 2 * EDGE;
const FONT = "px " + getComputedStyle(document.body).fontFamily;

/* The sample of zero, and the palette in force for values of one sign or both. */
const [ZERO, PALETTE] = setup.signed ? [128, "--both"] : [0, "--palette"];

/* The 256 colours of the palette in force as [red, green, blue], from the page's own filter. */
function colours() {
  const [id] = getComputedStyle(ll.root).getPropertyValue(PALETTE).match(/#\w+/);
  const tables = $$(id + " [tableValues]").map(f => f.getAttribute("tableValues").split(" ").map(Number));
  return Array.from({ length: 256 }, (_, i) => tables.map(table => {
    const at = i / 255 * (table.length - 1), low = Math.floor(at), high = table[low + 1] ?? table[low];
    return Math.round(255 * (table[low] + (high - table[low]) * (at - low)));
  }));
}
function coloured(samples, palette, gain) {
  const [height, width] = part.map, pen = ll.drawing(width, height), pixels = pen.createImageData(width, height);
  const shade = sample => palette[Math.max(0, Math.min(255, Math.round(ZERO + (sample - ZERO) * gain)))];
  samples.forEach((sample, i) => pixels.data.set([...shade(sample), 255], 4 * i));
  pen.putImageData(pixels, 0, 0);
  return pen.canvas;
}

function draw(samples, photo) {
  const { high, silent } = ll.facts[ll.opened], palette = colours(), own = ll.choice("scale") === "channel";
  const tall = Math.round(SIDE * input[0] / input[1]), foot = TOP + tall, pen = ll.drawing(WIDTH, foot + 216);
  function text(words, x, y, size = 24, { colour = "#1a1a19", weight = 400, room = Infinity } = {}) {
    pen.font = weight + " " + size + FONT;
    pen.fillStyle = colour;
    while (words.length > 4 && pen.measureText(words).width > room) words = words.slice(0, -2) + "…";
    pen.fillText(words, x, y);
  }
  function box(x, y, width, height) {
    [[7, "#fff"], [3.5, "#ff2d97"]].forEach(([line, colour]) => {
      pen.lineWidth = line;
      pen.strokeStyle = colour;
      pen.strokeRect(x, y, width, height);
    });
  }
  const room = WIDTH - 2 * EDGE, small = { colour: "#5b5b57", room };
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, WIDTH, foot + 216);
  text(`${setup.network} ${setup.layer}, channel ${ll.opened}`, EDGE, 72, 44, { weight: 700, room });
  text("on " + setup.title, EDGE, 116, 26, small);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(coloured(samples, palette, !own && setup.high > 0 ? high / setup.high : 1), EDGE, TOP, SIDE, tall);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(photo, RIGHT, TOP, SIDE, tall);
  if (silent) text("silent on this image", EDGE, foot + 40);
  else {
    const [row, column] = ll.at, s = ll.seen(part, ll.at), width = SIDE / part.map[1], height = tall / part.map[0];
    const kx = SIDE / input[1], ky = tall / input[0];
    box(EDGE + column * width, TOP + row * height, width, height);
    box(RIGHT + s.x * kx, TOP + s.y * ky, s.wide * kx, s.tall * ky);
    text(`row ${row}, column ${column}: ${ll.field("value").textContent}`, EDGE, foot + 40);
    text(`what this value sees: ${part.window[0]} × ${part.window[1]} px`, RIGHT, foot + 40);
  }
  const end = own ? number(high) : number(setup.high), from = ZERO ? 140 : 28, wide = SIDE - 172 - from;
  for (let i = 0; i < wide; i += 1) {
    pen.fillStyle = `rgb(${palette[Math.round(255 * i / (wide - 1))]})`;
    pen.fillRect(EDGE + from + i, foot + 66, 1, 20);
  }
  text(ZERO ? "\u2212" + end : "0", EDGE, foot + 85);
  text(own ? end : end + " or more", EDGE + SIDE - 160, foot + 85);
  text(`activation; ${own ? "its own scale" : "one scale for the whole layer"}`, RIGHT, foot + 85, 24, small);
  text(setup.credit && "Image: " + setup.credit, EDGE, foot + 148, 20, small);
  text(`Network: ${setup.weights}. Made with Layerlight.`, EDGE, foot + 176, 20, small);
  return pen.canvas;
}

on($(".save"), "click", async () => {
  try {
    draw(await ll.samples(ll.opened), await ll.readable(setup.photo, setup.photoValues)).toBlob(blob => {
      const link = make("a");
      link.href = URL.createObjectURL(blob);
      link.download = [setup.image, setup.layer, ll.opened].join("-") + ".png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  } catch {
    ll.say("trouble", `This needs the values files. In a terminal: layerlight figure ${setup.image} ${setup.layer} ${ll.opened}`);
  }
});
})();
