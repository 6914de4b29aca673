/* Which channel is open, and at which place. The page comes with the strongest channel open; the
   address says which other is: #187, or #187@25,16 for one of its values. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var panel = document.querySelector(".channel");
  if (!panel) return;
  var setup = ll.setup = JSON.parse(panel.dataset.setup);
  var own = ll.part = setup.chain[0];
  var dialog = panel.querySelector("dialog");
  var narrow = window.matchMedia("(max-width: 1099px)");
  var links = ll.links = Array.from(document.querySelectorAll(".grid .cells a"));
  var steps = panel.querySelectorAll("[data-step]");
  var find = document.getElementById("find");
  var fields = ll.fields = {};
  document.querySelectorAll("[data-field]").forEach(function (f) { fields[f.dataset.field] = f; });
  var opened = Number(fields.number.textContent);
  var covering = false;

  /* A channel's numbers: high, mean, share of zeros, row, column, rank, deviation, lowest. */
  ll.facts = function (channel) {
    var n = links[channel].dataset.facts.split(" ").map(Number);
    return { high: n[0], mean: n[1], zeros: n[2], row: n[3], column: n[4], rank: n[5], deviation: n[6], lowest: n[7], low: setup.signed ? -n[0] * 128 / 127 : 0 };
  };
  ll.opened = function () { return opened; };

  function fill(name, text) {
    panel.querySelectorAll("[data-field=" + name + "]").forEach(function (f) { f.textContent = text; });
  }

  function show(channel, row, column) {
    var link = links[channel], facts = ll.facts(channel), silent = facts.row < 0;
    opened = channel;
    links.forEach(function (other) {
      other.classList.toggle("open", other === link);
      if (other === link) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
    });
    panel.classList.toggle("silent", silent);
    fill("number", channel);
    fill("rank", silent ? "silent on this image" :
      "the " + (facts.rank === 1 ? "" : ll.ordinal(facts.rank) + " ") + "strongest of " + links.length + " on this image");
    fill("range", ll.number(facts.lowest) + " to " + ll.number(facts.high));
    fill("mean", ll.number(facts.mean));
    fill("zero", ll.percent(facts.zeros) + " of the map");
    panel.querySelectorAll(".pair .one").forEach(function (one) {
      ll.styled(one, { "--x": channel % own.columns, "--y": Math.floor(channel / own.columns) });
      if (one.classList.contains("lit")) one.style.setProperty("--gain", setup.high > 0 ? facts.high / setup.high : 1);
    });
    steps.forEach(function (step) {
      var target = channel + Number(step.dataset.step);
      step.hidden = target < 0 || target >= links.length;
      step.setAttribute("href", "#" + target);
      step.querySelector("span").textContent = target;
    });
    if (find) find.value = channel;
    say("");
    ll.tell("channel", { channel: channel, row: row, column: column, facts: facts });
  }

  function say(text) {
    fields.message.hidden = !text;
    fields.message.textContent = text;
  }
  ll.say = say;

  function fromAddress(event) {
    var found = /^#(\d+)(?:@(\d+),(\d+))?$/.exec(location.hash);
    if (!found) return;
    var channel = Number(found[1]), row, column;
    if (channel >= links.length) {
      say("There is no channel " + found[1] + " here. " + setup.layer + " has channels 0 to " + (links.length - 1) + ".");
      return;
    }
    if (found[2] !== undefined) { row = Number(found[2]); column = Number(found[3]); }
    var outside = row >= own.map[0] || column >= own.map[1];
    show(channel, outside ? undefined : row, outside ? undefined : column);
    if (outside) say("A map of " + setup.layer + " has rows 0 to " + (own.map[0] - 1) + " and columns 0 to " + (own.map[1] - 1) + ": this is the strongest value instead.");
    if (narrow.matches && !dialog.matches(":modal")) { dialog.removeAttribute("open"); covering = true; dialog.showModal(); }
    if (event && !panel.contains(document.activeElement)) links[opened].focus({ preventScroll: !narrow.matches });
  }
  ll.go = function (fragment) {
    ll.address(fragment);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  };

  /* Below 1100 px the dialog covers the page and gives the focus back when it goes. */
  function arrange() {
    if (dialog.matches(":modal") && !narrow.matches) { covering = false; dialog.close(); }
    if (!narrow.matches && !dialog.open) dialog.setAttribute("open", "");
    if (narrow.matches && dialog.open && !dialog.matches(":modal")) dialog.removeAttribute("open");
  }
  panel.querySelector(".close").addEventListener("click", function () { dialog.close(); });
  dialog.addEventListener("close", function () {
    if (!covering) return;
    covering = false;
    ll.address("");
    links[opened].focus();
  });
  /* On paper the open channel stands in the page, not over it. */
  window.addEventListener("beforeprint", function () {
    if (!dialog.matches(":modal")) return;
    covering = false;
    dialog.close();
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest(".grid .cells a, [data-step], [data-field=back]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    /* replaced, not pushed: Back leaves the layer instead of walking through its channels */
    ll.go(link.getAttribute("href"));
  });
  window.addEventListener("hashchange", fromAddress);

  function step(by) {
    var shown = ll.visible(), at = shown.indexOf(links[opened]) + by;
    if (at >= 0 && at < shown.length) ll.go("#" + links.indexOf(shown[at]));
  }
  /* The tiles that are shown, in the order in which they are seen. */
  ll.visible = function () { return Array.from(document.querySelectorAll(".grid .cells li:not([hidden]) > a")); };

  document.addEventListener("keydown", function (event) {
    if (ll.typing(event)) return;
    if (event.key === "[" || event.key === "]") { step(event.key === "[" ? -1 : 1); return; }
    if (event.key === "i") {
      var next = document.querySelector(".photos [aria-current]");
      next = next && next.parentNode.nextElementSibling || document.querySelector(".photos li");
      if (next) next.querySelector("a").click();
      return;
    }
    var modal = dialog.matches(":modal");
    if (event.target.closest("[data-place], input, summary, .thread") || !event.target.closest(".grid .cells, dialog:modal")) return;
    var shown = ll.visible(), here = shown.indexOf(event.target.closest(".cells a"));
    if (here < 0) here = shown.indexOf(links[opened]);
    var across = shown.filter(function (l) { return l.offsetTop === shown[0].offsetTop; }).length;
    var to = { ArrowLeft: here - 1, ArrowRight: here + 1, ArrowUp: here - across, ArrowDown: here + across, Home: 0, End: shown.length - 1 }[event.key];
    if (modal && (event.key === "ArrowUp" || event.key === "ArrowDown")) return;
    if (to === undefined || to < 0 || to >= shown.length) return;
    event.preventDefault();
    if (modal) ll.go("#" + links.indexOf(shown[to])); else shown[to].focus();
  });

  /* A finger drawn sideways over the dialog: the next channel. */
  var start = null;
  dialog.addEventListener("pointerdown", function (event) {
    start = event.pointerType === "touch" && event.isPrimary && !event.target.closest("input, .thread") ? { x: event.clientX, y: event.clientY } : null;
  });
  dialog.addEventListener("pointerup", function (event) {
    if (!start) return;
    var dx = event.clientX - start.x, dy = event.clientY - start.y;
    start = null;
    if (Math.abs(dx) > 50 && Math.abs(dy) < Math.abs(dx) / 2) { ll.swiped = event.timeStamp; step(dx < 0 ? 1 : -1); }
  });
  dialog.addEventListener("pointercancel", function () { start = null; });

  if (find) {
    find.closest(".find").hidden = false;
    find.addEventListener("change", function () {
      var text = find.value.trim().replace(/^#/, "");
      if (/^\d+$/.test(text)) ll.go("#" + text);
      else say("A channel is a number from 0 to " + (links.length - 1) + ".");
    });
  }
  panel.querySelector(".steps").hidden = false;
  narrow.addEventListener("change", arrange);

  /* The other scripts of the page listen by now. */
  document.addEventListener("DOMContentLoaded", function () {
    arrange();
    show(opened);
    fromAddress();
  });

  /* A sheet that is missing or damaged leaves black boxes: better to say so. */
  window.addEventListener("load", function () {
    var sheet = new Image();
    sheet.src = document.documentElement.classList.contains("large-tiles") || !setup.small ? own.sheet : setup.small;
    sheet.decode().then(function () {
      /* half a PNG is decoded too, its rest clear; from a file a page may not look */
      if (location.protocol === "file:") return;
      var canvas = document.createElement("canvas"), context = canvas.getContext("2d");
      context.drawImage(sheet, sheet.naturalWidth - 1, sheet.naturalHeight - 1, 1, 1, 0, 0, 1, 1);
      if (!context.getImageData(0, 0, 1, 1).data[3]) throw new Error("cut short");
    }).catch(function () { say("The maps of this layer could not be read: " + decodeURI(sheet.src.split("/").pop()) + " is missing or damaged. The numbers are complete."); });
  });
})();
