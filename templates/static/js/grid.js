/* The grid's tools: the size of a tile, the order, and which channels are shown. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var setup = ll.setup, part = ll.part, links = ll.links;
  var grid = document.querySelector(".grid");
  if (!setup || !grid) return;
  var maps = grid.querySelector(".maps"), cells = grid.querySelector(".cells");
  var boxes = Array.from(maps.children), items = links.map(function (l) { return l.parentNode; });
  var facts = links.map(function (l, c) { return ll.facts(c); });
  var small = { sheet: maps.style.backgroundImage, height: grid.style.getPropertyValue("--ph"), width: grid.style.getPropertyValue("--pw") };
  var means = null;      /* of each channel over the gallery; false if they cannot be had */
  var usual = String(grid.classList.contains("large") ? 112 : 56);

  ["size", "sort", "show"].forEach(function (id) { document.getElementById(id).closest(".tool").hidden = false; });

  /* A tile larger than the reduced copy shows the sheet itself. */
  function resize() {
    var size = ll.choice("size") || usual;
    var whole = Number(size) > Number(usual);
    grid.dataset.size = size;
    document.documentElement.classList.toggle("large-tiles", whole);
    if (!setup.small) return;
    maps.style.backgroundImage = whole ? "url(" + part.sheet + ")" : small.sheet;
    ll.styled(grid, { "--ph": whole ? part.map[0] : small.height, "--pw": whole ? part.map[1] : small.width });
  }

  /* Treves & Rolls (1991): 1 where a map is equally lit everywhere, near 0 where one spot holds all. */
  function spread(f) {
    var squares = f.mean * f.mean + f.deviation * f.deviation;
    return squares > 0 ? f.mean * f.mean / squares : -1;
  }
  var ORDERS = {
    number: [function () { return 0; }, ""],
    strength: [function (f) { return f.high; }, "By the strongest value."],
    sparsity: [function (f) { return f.zeros; }, "By the share of zeros."],
    spread: [spread, "By how evenly a map is lit: its mean squared over the mean of its squares (Treves & Rolls 1991). Single spots come last."],
    difference: [function (f, c) { return means ? Math.abs(f.mean - means[c]) : 0; }, "By how far the mean of a map lies from the channel’s mean over all images of the gallery, in activation units."]
  };

  function arrange() {
    var by = ll.choice("sort") || "number", order = ORDERS[by];
    if (by === "difference" && means === null) {
      means = false;
      ll.load(setup.across, function (data) { means = data.mean; arrange(); }, function () {
        ll.say("The gallery’s own numbers could not be read, so the channels stay in their order.");
      });
    }
    var keys = facts.map(order[0]);
    var sorted = facts.map(function (f, c) { return c; }).sort(function (a, b) { return keys[b] - keys[a] || a - b; });
    maps.append.apply(maps, sorted.map(function (c) { return boxes[c]; }));
    var focused = document.activeElement;
    cells.append.apply(cells, sorted.map(function (c) { return items[c]; }));
    if (cells.contains(focused)) focused.focus({ preventScroll: true });
    filter(order[1]);
  }

  var SHOWN = {
    all: function () { return true; },
    lit: function (f) { return f.row >= 0; },
    silent: function (f) { return f.row < 0; },
    always: function (f) { return f.zeros <= 0.05; }
  };
  function filter(note) {
    var show = SHOWN[ll.choice("show") || "all"], shown = 0;
    facts.forEach(function (f, c) {
      var keep = show(f);
      shown += keep;
      boxes[c].hidden = items[c].hidden = !keep;
    });
    var parts = note ? [note] : [];
    if (!shown) parts.push("No channel of this layer is like that on this image.");
    else if (shown < facts.length) parts.push("Shown: " + shown + " of " + facts.length + " channels.");
    ll.fields.sorted.textContent = parts.join(" ");
    ll.fields.sorted.hidden = !parts.length;
  }

  ll.hear("choice", function (name) {
    if (name === "size") resize();
    if (name === "sort" || name === "show") arrange();
  });
  resize();
  arrange();
})();
