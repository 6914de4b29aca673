/* A place on the open map: the value there, and the pixels that it was computed from. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var setup = ll.setup, part = ll.part;
  if (!setup) return;
  var panel = document.querySelector(".channel");
  var map = panel.querySelector("[data-place]");
  var photo = panel.querySelector("[data-photo]");
  var crop = panel.querySelector("[data-crop]");
  var fields = ll.fields;
  var pinned = null;     /* where the mark stays: { row, column } */
  var channel = 0, facts = null, asked = 0;

  function peak() { return { row: facts.row, column: facts.column }; }
  function same(a, b) { return a.row === b.row && a.column === b.column; }

  function write(value, text, precision) {
    fields.value.value = value;
    fields.value.textContent = text;
    fields.precision.textContent = precision;
  }

  /* The strongest value is known exactly; any other to half a step of the sheet. */
  function read(at, spoken) {
    var turn = asked += 1, here = channel;
    fields.what.textContent = same(at, peak()) ? "Strongest value" : "Value at the mark";
    if (same(at, peak())) { write(facts.high, ll.number(facts.high), ""); speak(at, ll.number(facts.high), spoken); return; }
    fields.precision.textContent = "";
    ll.samples(here).then(function (samples) {
      if (turn !== asked || here !== channel) return;
      var found = ll.valueOf(here, samples[at.row * part.map[1] + at.column]), half = ll.number(found.half);
      var zero = !setup.signed && found.value === 0;
      write(found.value, ll.number(found.value), zero ? "or too little to show, under " + half : "± " + half);
      speak(at, ll.number(found.value), spoken);
    }, function () {
      if (turn === asked) write("", "–", "not readable");
    });
  }
  function speak(at, value, aloud) {
    if (aloud) fields.spoken.textContent = "Row " + at.row + ", column " + at.column + ": " + value;
  }

  function show(at, spoken) {
    var s = ll.seen(part.window, setup.input, at.row, at.column);
    ll.placeValue(panel.querySelector("[data-mark]"), part.map, at.row, at.column);
    ll.placeSeen(panel.querySelector("[data-photo] [data-window]"), s, setup.input);
    ll.styled(crop, { "--cy": s.top, "--cx": s.left });
    fields.position.textContent = "row " + at.row + ", column " + at.column;
    fields.window.textContent = part.window[0] + ll.NARROW + "×" + ll.NARROW + part.window[1] + " px, x " + s.x0 + " to " + s.x1 + ", y " + s.y0 + " to " + s.y1 + (s.cut ? ", cut at the border" : "");
    fields.back.hidden = same(at, peak());
    fields.back.setAttribute("href", "#" + channel);
    read(at, spoken);
    ll.at = at;
  }

  function pin(at, spoken) {
    pinned = at;
    show(at, spoken);
    ll.address("#" + channel + (same(at, peak()) ? "" : "@" + at.row + "," + at.column));
    window.dispatchEvent(new CustomEvent("layerlight-fragment"));
  }

  ll.hear("channel", function (detail) {
    channel = detail.channel;
    facts = detail.facts;
    var silent = facts.row < 0;
    [panel.querySelector("[data-mark]"), panel.querySelector("[data-photo] [data-window]"), crop.parentNode].forEach(function (e) { e.hidden = silent; });
    map.setAttribute("aria-label", "Map of channel " + channel + (silent ? ", silent" : ". Arrow keys move the mark"));
    if (silent) map.removeAttribute("tabindex"); else map.tabIndex = 0;
    ll.trouble("");
    if (silent) {
      asked += 1;
      fields.what.textContent = "Strongest value";
      write(0, "0", "");
      fields.position.textContent = "nowhere";
      fields.window.textContent = part.window[0] + ll.NARROW + "×" + ll.NARROW + part.window[1] + " px";
      fields.back.hidden = true;
      return;
    }
    pinned = detail.row === undefined ? peak() : { row: detail.row, column: detail.column };
    show(pinned, false);
  });

  function inside(value, count) { return Math.max(0, Math.min(count - 1, value)); }
  function onMap(event) {
    var box = map.getBoundingClientRect();
    return {
      row: inside(Math.floor((event.clientY - box.top) / box.height * part.map[0]), part.map[0]),
      column: inside(Math.floor((event.clientX - box.left) / box.width * part.map[1]), part.map[1])
    };
  }
  /* Over the photograph: the value whose window has its middle nearest. */
  function onPhoto(event) {
    var box = photo.getBoundingClientRect(), w = part.window;
    function nearest(pixel, extent, stride, start, count) {
      return stride ? inside(Math.round((pixel - start - (extent - 1) / 2) / stride), count) : 0;
    }
    return {
      row: nearest((event.clientY - box.top) / box.height * setup.input[0] - 0.5, w[0], w[2], w[4], part.map[0]),
      column: nearest((event.clientX - box.left) / box.width * setup.input[1] - 0.5, w[1], w[3], w[5], part.map[1])
    };
  }
  [[map, onMap], [photo, onPhoto]].forEach(function (pair) {
    var area = pair[0], position = pair[1];
    area.addEventListener("pointermove", function (event) {
      if (event.pointerType !== "touch" && facts && facts.row >= 0) show(position(event), false);
    });
    area.addEventListener("pointerleave", function (event) {
      if (event.pointerType !== "touch" && facts && facts.row >= 0) show(pinned, false);
    });
    area.addEventListener("click", function (event) {
      if (!facts || facts.row < 0 || event.timeStamp - (ll.swiped || -1e4) < 300) return;
      pin(position(event), true);
    });
  });

  map.setAttribute("role", "application");
  map.setAttribute("aria-roledescription", "feature map");
  map.addEventListener("keydown", function (event) {
    if (ll.typing(event) || !facts || facts.row < 0) return;
    var by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    var far = event.shiftKey ? 8 : 1, to = null;
    if (by) to = { row: inside(pinned.row + far * by[0], part.map[0]), column: inside(pinned.column + far * by[1], part.map[1]) };
    if (event.key === "Home") to = { row: pinned.row, column: 0 };
    if (event.key === "End") to = { row: pinned.row, column: part.map[1] - 1 };
    if (event.key === "Escape" && !same(pinned, peak())) { to = peak(); }
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    pin(to, true);
  });

  /* The overlay on the photograph. */
  panel.querySelector(".overlay-tools").hidden = false;
})();
