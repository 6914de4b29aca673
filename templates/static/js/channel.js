/* The open channel of a layer page: its map, its window on the image, its numbers.
   The page comes with the strongest channel open; the address says which is: #187. */
(function () {
  "use strict";
  var panel = document.querySelector(".channel");
  if (!panel) return;
  var dialog = panel.querySelector("dialog");
  var narrow = window.matchMedia("(max-width: 1099px)");
  var links = Array.from(document.querySelectorAll(".grid .cells a"));
  var fields = {};
  var steps = panel.querySelectorAll("[data-step]");
  var mapBox = panel.querySelector("[data-mark]");
  var windowBox = panel.querySelector("[data-window]:not(section)");
  var find = document.getElementById("find");
  var NARROW = "\u202f";
  var opened = Number(panel.querySelector("[data-field=number]").textContent);

  panel.querySelectorAll("[data-field]").forEach(function (f) { fields[f.dataset.field] = f; });
  function numbers(text) { return text.split(" ").map(Number); }
  var win = numbers(panel.dataset.window), map = numbers(panel.dataset.map), input = numbers(panel.dataset.input);
  var scale = Number(panel.dataset.scale);

  function number(value) {
    var size = Math.abs(value);
    if (size >= 99.5 || Number.isInteger(value)) return value.toLocaleString("en", { maximumFractionDigits: 0 });
    return size >= 9.95 ? value.toFixed(1) : size >= 0.995 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
  }
  function percent(share) {
    if (share > 0 && share < 0.005) return "under 1" + NARROW + "%";
    if (share >= 0.995 && share < 1) return "over 99" + NARROW + "%";
    return Math.round(share * 100) + NARROW + "%";
  }
  function ordinal(n) {
    var tens = n % 100;
    return n + (tens > 10 && tens < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th");
  }
  function place(box, l, t, w, h) {
    if (!box) return;
    [["--l", l], ["--t", t], ["--w", w], ["--h", h]].forEach(function (p) { box.style.setProperty(p[0], p[1]); });
  }

  /* One value and the pixels it sees, cut at the border. */
  function evidence(row, column, value) {
    var silent = row < 0;
    panel.classList.toggle("silent", silent);
    [mapBox, windowBox].forEach(function (box) { if (box) box.hidden = silent; });
    panel.querySelector(".proof figure").hidden = silent;
    fields.value.textContent = silent ? "0" : number(value);
    fields.position.textContent = silent ? "nowhere" : "row " + row + ", column " + column;
    var size = win[0] + NARROW + "×" + NARROW + win[1] + " px";
    if (silent) { fields.window.textContent = size; return; }
    var top = row * win[2] + win[4], left = column * win[3] + win[5];
    var y0 = Math.max(0, top), y1 = Math.min(input[0], top + win[0]) - 1;
    var x0 = Math.max(0, left), x1 = Math.min(input[1], left + win[1]) - 1;
    var cut = y1 - y0 + 1 < win[0] || x1 - x0 + 1 < win[1];
    fields.window.textContent = size + ", x " + x0 + " to " + x1 + ", y " + y0 + " to " + y1 + (cut ? ", cut at the border" : "");
    place(mapBox, 100 * column / map[1], 100 * row / map[0], 100 / map[1], 100 / map[0]);
    place(windowBox, 100 * x0 / input[1], 100 * y0 / input[0], 100 * (x1 - x0 + 1) / input[1], 100 * (y1 - y0 + 1) / input[0]);
    var crop = panel.querySelector(".crop");
    crop.style.setProperty("--cy", top);
    crop.style.setProperty("--cx", left);
  }

  function show(channel) {
    var link = links[channel];
    var facts = numbers(link.dataset.facts); /* high mean zero row column rank */
    opened = channel;
    links.forEach(function (other) {
      other.classList.toggle("open", other === link);
      if (other === link) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
    });
    fields.number.textContent = channel;
    fields.rank.textContent = facts[3] < 0 ? "silent on this image" :
      "the " + (facts[5] === 1 ? "" : ordinal(facts[5]) + " ") + "strongest of " + links.length + " on this image";
    fields.mean.textContent = number(facts[1]);
    fields.zero.textContent = percent(facts[2]) + " of the map";
    var columns = Number(panel.dataset.columns);
    panel.querySelectorAll(".one").forEach(function (one) {
      one.style.setProperty("--x", channel % columns);
      one.style.setProperty("--y", Math.floor(channel / columns));
      if (one.classList.contains("lit")) one.style.setProperty("--gain", scale > 0 ? facts[0] / scale : 1);
    });
    evidence(facts[3], facts[4], facts[0]);
    steps.forEach(function (step) {
      var target = channel + Number(step.dataset.step);
      step.hidden = target < 0 || target >= links.length;
      step.setAttribute("href", "#" + target);
      step.querySelector("span").textContent = target;
    });
    if (find) find.value = channel;
    say("");
  }

  function say(text) {
    fields.message.hidden = !text;
    fields.message.textContent = text;
  }

  function fromAddress(event) {
    var text = location.hash.slice(1);
    if (!/^\d+$/.test(text)) return;
    if (Number(text) >= links.length) {
      say("There is no channel " + text + " here. This layer has channels 0 to " + (links.length - 1) + ".");
      return;
    }
    show(Number(text));
    if (narrow.matches && !dialog.matches(":modal")) { dialog.removeAttribute("open"); covering = true; dialog.showModal(); }
    if (event && !document.activeElement.closest(".steps")) links[opened].focus({ preventScroll: !narrow.matches });
  }

  /* On a phone the dialog covers the page and gives the focus back when it goes. */
  function arrange() {
    if (dialog.matches(":modal") && !narrow.matches) { covering = false; dialog.close(); }
    if (!narrow.matches && !dialog.open) dialog.setAttribute("open", "");
    if (narrow.matches && dialog.open && !dialog.matches(":modal")) dialog.removeAttribute("open");
  }
  panel.querySelector(".close").addEventListener("click", function () { dialog.close(); });
  var covering = false;
  dialog.addEventListener("close", function () {
    if (!covering) return;
    covering = false;
    history.replaceState(null, "", location.pathname.split("/").pop() + location.search);
    links[opened].focus();
  });

  /* On paper the open channel stands in the page, not over it. */
  window.addEventListener("beforeprint", function () {
    if (!dialog.matches(":modal")) return;
    covering = false;
    dialog.close();
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".cells a, [data-step]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    var target = link.getAttribute("href");
    if (target.charAt(0) !== "#") return;
    event.preventDefault();
    /* replaced, not pushed: Back leaves the layer instead of walking through its channels */
    history.replaceState(null, "", location.pathname.split("/").pop() + location.search + target);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
  window.addEventListener("hashchange", fromAddress);

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest(".grid .cells, dialog:modal")) return;
    var here = links.indexOf(event.target.closest("a"));
    if (here < 0) here = opened;
    var across = links.filter(function (l) { return l.offsetTop === links[0].offsetTop; }).length;
    var to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - across, ArrowDown: here + across, Home: 0, End: links.length - 1 }[event.key];
    if (dialog.matches(":modal") && (event.key === "ArrowUp" || event.key === "ArrowDown")) return;
    if (to === undefined || to < 0 || to >= links.length) return;
    event.preventDefault();
    if (dialog.matches(":modal")) { links[to].click(); } else { links[to].focus(); }
  });

  if (find) {
    find.closest(".find").hidden = false;
    find.addEventListener("change", function () {
      var text = find.value.trim().replace(/^#/, "");
      if (/^\d+$/.test(text)) { location.hash = text; } else { say("A channel is a number from 0 to " + (links.length - 1) + "."); }
    });
  }
  panel.querySelector(".steps").hidden = false;
  narrow.addEventListener("change", arrange);
  arrange();
  show(opened);
  fromAddress();
})();
