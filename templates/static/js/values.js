/* The values of a map, read from the grey sheet itself, when they are first asked for. On a server
   the sheet can be read through a canvas. From a file it cannot: there a script hands over
   the same PNG as base64. */
(() => {
"use strict";
const ll = layerlight, { FILE, load, setup, part } = ll;
const [height, width] = part.map;
/* promises: of a channel's samples, of the whole sheet as an image, of the sheet decoded by ourselves */
const kept = {};
let sheet, rows;

/* An image that a canvas lets one read. */
ll.readable = async (url, script) => ll.picture(FILE ? "data:image/png;base64," + await load(script) : url);

/* Row and column of a channel's first sample in the sheet. */
function corner(channel) {
  const [y, x] = ll.cell(channel, part.columns);
  return [y * (height + 1), x * (width + 1)];
}

async function drawn(channel) {
  const picture = await (sheet ??= ll.readable(part.sheet, setup.values)), [y, x] = corner(channel);
  const pen = ll.drawing(width, height);
  pen.drawImage(picture, -x, -y);
  const { data } = pen.getImageData(0, 0, width, height);
  return sound(channel, new Uint8Array(width * height).map((_, i) => data[4 * i]));
}

/* Our PNGs are grey, of 8 bits and unfiltered: inflated, each row is a zero and its samples. A
   browser that disturbs what a canvas gives back, against fingerprinting, leaves this alone. */
async function inflated() {
  const bytes = Uint8Array.from(atob(await load(setup.values)), c => c.charCodeAt(0));
  const view = new DataView(bytes.buffer), parts = [];
  for (let at = 8, length; at < bytes.length; at += 12 + length) {
    length = view.getUint32(at);
    /* IDAT */
    if (view.getUint32(at + 4) === 0x49444154) parts.push(bytes.subarray(at + 8, at + 8 + length));
  }
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
async function decoded(channel) {
  const all = await (rows ??= inflated()), [top, x] = corner(channel);
  const samples = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + y) * part.columns * (width + 1);
    if (all[from] !== 0) throw new Error("a filtered row");
    samples.set(all.subarray(from + 1 + x, from + 1 + x + width), y * width);
  }
  return sound(channel, samples);
}

/* The strongest value is known from the page: in the samples it must be the last step. */
function sound(channel, samples) {
  const { silent, peak: [row, column] } = ll.facts[channel], top = samples[row * width + column];
  if (!silent && top !== 255 && !(setup.signed && top === 1)) throw new Error("disturbed");
  return samples;
}

/* Promise of a channel's samples, 0 to 255, row by row. */
ll.samples = channel => kept[channel] ??= drawn(channel).catch(() => decoded(channel)).catch(error => {
  ll.say("trouble", (!setup.values && FILE ? "This gallery was built without the values files." :
    "The values of this layer could not be read.") + " The maps are complete, without numbers under the pointer.");
  throw error;
});

/* What a sample stands for, and how far the value may lie from it. */
ll.valueOf = (channel, sample) => {
  const { high } = ll.facts[channel], low = setup.signed ? -high * 128 / 127 : 0, span = high - low;
  return { value: low + span * sample / 255, half: span / 510 };
};
})();
