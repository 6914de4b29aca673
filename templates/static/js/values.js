/* The values of a map, read from the grey sheet itself, when they are first asked for. On a server
   the sheet can be read through a canvas. From a file it cannot: there a script hands over
   the same PNG as base64. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var setup = ll.setup, part = ll.part;
  if (!setup) return;
  var FILE = location.protocol === "file:";
  var image = null;      /* promise of the whole sheet, as an image that may be read */
  var rows = null;       /* promise of the whole sheet, decoded by ourselves */
  var kept = {};         /* channel -> promise of its samples */

  function script() {
    return new Promise(function (resolve, reject) { ll.load(setup.values, resolve, reject); });
  }
  function opened(url) {
    var picture = new Image();
    picture.src = url;
    return picture.decode().then(function () { return picture; });
  }
  function sheet() {
    if (!image) {
      image = FILE ? script().then(function (data) { return opened("data:image/png;base64," + data); }) : opened(part.sheet);
    }
    return image;
  }

  function corner(channel) {
    return { x: channel % part.columns * (part.map[1] + 1), y: Math.floor(channel / part.columns) * (part.map[0] + 1) };
  }

  function drawn(channel) {
    return sheet().then(function (picture) {
      var at = corner(channel), height = part.map[0], width = part.map[1];
      var canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = height;
      var context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(picture, -at.x, -at.y);
      var data = context.getImageData(0, 0, width, height).data, samples = new Uint8Array(width * height);
      for (var i = 0; i < samples.length; i += 1) samples[i] = data[4 * i];
      return samples;
    });
  }

  /* Our PNGs are grey, of 8 bits and unfiltered: inflated, each row is a zero and its samples. A
     browser that disturbs what a canvas gives back, against fingerprinting, leaves this alone. */
  function inflated() {
    if (rows) return rows;
    rows = script().then(function (data) {
      var bytes = Uint8Array.from(atob(data), function (c) { return c.charCodeAt(0); });
      var view = new DataView(bytes.buffer), parts = [], at = 8;
      while (at < bytes.length) {
        var length = view.getUint32(at);
        if (String.fromCharCode.apply(null, bytes.subarray(at + 4, at + 8)) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
        at += 12 + length;
      }
      var stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
      return new Response(stream).arrayBuffer();
    }).then(function (buffer) { return new Uint8Array(buffer); });
    return rows;
  }
  function decoded(channel) {
    return inflated().then(function (all) {
      var at = corner(channel), height = part.map[0], width = part.map[1];
      var line = part.columns * (width + 1), samples = new Uint8Array(width * height);
      for (var y = 0; y < height; y += 1) {
        var from = (at.y + y) * line;
        if (all[from] !== 0) throw new Error("a filtered row");
        samples.set(all.subarray(from + 1 + at.x, from + 1 + at.x + width), y * width);
      }
      return samples;
    });
  }

  /* The strongest value is known from the page: in the samples it must be the last step. */
  function sound(channel, samples) {
    var facts = ll.facts(channel);
    if (facts.row < 0) return samples;
    var top = samples[facts.row * part.map[1] + facts.column];
    if (top !== 255 && !(setup.signed && top === 1)) throw new Error("disturbed");
    return samples;
  }

  /* Promise of a channel's samples, 0 to 255, row by row. */
  ll.samples = function (channel) {
    if (!kept[channel]) {
      kept[channel] = drawn(channel).then(function (s) { return sound(channel, s); })
        .catch(function () { return decoded(channel).then(function (s) { return sound(channel, s); }); });
      kept[channel].catch(function () {
        ll.trouble(!setup.values && FILE ?
          "This gallery was built without the values that a page from a file can read. The maps are complete; numbers under the pointer are missing." :
          "The values of this layer could not be read. The maps are complete; numbers under the pointer are missing.");
      });
    }
    return kept[channel];
  };
  ll.trouble = function (text) {
    ll.fields.trouble.hidden = !text;
    ll.fields.trouble.textContent = text;
  };

  /* What a sample stands for, and how far the value may lie from it. */
  ll.valueOf = function (channel, sample) {
    var facts = ll.facts(channel), span = facts.high - facts.low;
    return { value: facts.low + span * sample / 255, half: span / 510 };
  };
})();
