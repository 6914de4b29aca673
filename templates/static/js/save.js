/* Save picture: the open channel as a PNG for a slide, with its scale, its place and its credit. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var setup = ll.setup, part = ll.part;
  var button = document.querySelector(".save");
  if (!setup || !button) return;
  var SIDE = 640, EDGE = 48, FONT = "px -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif";

  /* The 256 colours of the palette in force, from the page's own filter. */
  function colours() {
    var filter = document.getElementById(ll.choice("palette") || "viridis");
    return ["feFuncR", "feFuncG", "feFuncB"].map(function (name) {
      var table = filter.querySelector(name).getAttribute("tableValues").split(" ").map(Number), last = table.length - 1;
      return Array.from({ length: 256 }, function (_, i) {
        var at = i / 255 * last, low = Math.floor(at), high = Math.min(last, low + 1);
        return Math.round(255 * (table[low] + (table[high] - table[low]) * (at - low)));
      });
    });
  }
  function picture() {
    var image = new Image();
    if (location.protocol !== "file:") { image.src = setup.photo; return image.decode().then(function () { return image; }); }
    return new Promise(function (resolve, reject) { ll.load(setup.photoValues, resolve, reject); }).then(function (data) {
      image.src = "data:image/png;base64," + data;
      return image.decode().then(function () { return image; });
    });
  }
  function mapCanvas(samples, channel, table) {
    var canvas = document.createElement("canvas"), gain = 1;
    if (ll.choice("scale") !== "channel" && setup.high > 0) gain = ll.facts(channel).high / setup.high;
    canvas.height = part.map[0];
    canvas.width = part.map[1];
    var context = canvas.getContext("2d"), data = context.createImageData(part.map[1], part.map[0]);
    samples.forEach(function (v, i) {
      var level = Math.min(255, Math.round(v * gain));
      for (var c = 0; c < 3; c += 1) data.data[4 * i + c] = table[c][level];
      data.data[4 * i + 3] = 255;
    });
    context.putImageData(data, 0, 0);
    return canvas;
  }
  function box(context, x, y, w, h) {
    [[7, "#fff"], [3.5, "#ff2d97"]].forEach(function (line) {
      context.lineWidth = line[0];
      context.strokeStyle = line[1];
      context.strokeRect(x, y, w, h);
    });
  }

  function draw(samples, photo) {
    var channel = ll.opened(), facts = ll.facts(channel), at = ll.at, table = colours();
    var tall = Math.round(SIDE * setup.input[0] / setup.input[1]), width = 2 * SIDE + 3 * EDGE, top = 148;
    var canvas = document.createElement("canvas"), context = canvas.getContext("2d");
    canvas.width = width;
    canvas.height = top + tall + 216;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, canvas.height);
    function text(words, x, y, size, colour, weight, room) {
      context.font = (weight || 400) + " " + size + FONT;
      context.fillStyle = colour || "#1a1a19";
      while (room && words.length > 4 && context.measureText(words).width > room) words = words.slice(0, -2) + "…";
      context.fillText(words, x, y);
    }
    text(setup.network + " " + setup.layer + ", channel " + channel, EDGE, 72, 44, "", 700, width - 2 * EDGE);
    text("on " + setup.title, EDGE, 116, 26, "#5b5b57", 400, width - 2 * EDGE);
    context.imageSmoothingEnabled = false;
    context.drawImage(mapCanvas(samples, channel, table), EDGE, top, SIDE, tall);
    context.imageSmoothingEnabled = true;
    context.drawImage(photo, 2 * EDGE + SIDE, top, SIDE, tall);
    if (facts.row >= 0) {
      var s = ll.seen(part.window, setup.input, at.row, at.column), kx = SIDE / setup.input[1], ky = tall / setup.input[0];
      box(context, EDGE + at.column * SIDE / part.map[1], top + at.row * tall / part.map[0], SIDE / part.map[1], tall / part.map[0]);
      box(context, 2 * EDGE + SIDE + s.x0 * kx, top + s.y0 * ky, (s.x1 - s.x0 + 1) * kx, (s.y1 - s.y0 + 1) * ky);
      text("row " + at.row + ", column " + at.column + ": " + ll.fields.value.textContent, EDGE, top + tall + 40, 24);
      text("what this value sees: " + part.window[0] + " × " + part.window[1] + " px", 2 * EDGE + SIDE, top + tall + 40, 24);
    } else text("silent on this image", EDGE, top + tall + 40, 24);
    for (var i = 0; i < SIDE - 200; i += 1) {
      var level = Math.round(255 * i / (SIDE - 201));
      context.fillStyle = "rgb(" + table[0][level] + "," + table[1][level] + "," + table[2][level] + ")";
      context.fillRect(EDGE + 28 + i, top + tall + 66, 1, 20);
    }
    var own = ll.choice("scale") === "channel";
    text("0", EDGE, top + tall + 85, 24);
    text(ll.number(own ? facts.high : setup.high) + (own ? "" : " or more"), EDGE + SIDE - 160, top + tall + 85, 24);
    text("activation; " + (own ? "the channel’s own scale" : "one scale for the whole layer"), 2 * EDGE + SIDE, top + tall + 85, 24, "#5b5b57");
    text(setup.credit ? "Image: " + setup.credit : "", EDGE, canvas.height - 68, 20, "#5b5b57", 400, width - 2 * EDGE);
    text("Network: " + setup.weights + ". Made with Layerlight.", EDGE, canvas.height - 40, 20, "#5b5b57", 400, width - 2 * EDGE);
    return canvas;
  }

  button.addEventListener("click", function () {
    Promise.all([ll.samples(ll.opened()), picture()]).then(function (found) {
      draw(found[0], found[1]).toBlob(function (blob) {
        var link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = [setup.image, setup.layer, ll.opened()].join("-") + ".png";
        link.click();
        setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
      });
    }).catch(function () {
      ll.trouble("The picture cannot be made here: it needs the values files. On a terminal: layerlight figure " + [setup.image, setup.layer, ll.opened()].join(" "));
    });
  });
})();
