/* Carries the reader's choices from page to page in the URL.
   Without scripts the scale and the palette work on their own page, through CSS alone. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var root = document.documentElement;
  var KNOWN = {
    scale: /^(layer|channel)$/, palette: /^[a-z]+$/, size: /^(56|112|224)$/,
    sort: /^(number|strength|sparsity|spread|difference)$/, show: /^(all|lit|silent|always)$/,
    overlay: /^(light|colour|none)$/, opacity: /^(\d\d|100)$/, tour: /^[1-9]$/
  };
  var HERE_ONLY = /^at$/;
  var chosen = {};
  var here = {};
  root.classList.add("scripted");

  function known(name, value) {
    if (name === "at") return /^\d{1,3},\d{1,3}$/.test(value);
    return Object.prototype.hasOwnProperty.call(KNOWN, name) && KNOWN[name].test(value) &&
      (name !== "palette" || document.querySelector("filter[id=" + value + "]") !== null);
  }
  function control(name) { return document.querySelectorAll("select#" + name + ", input#" + name + "[type=range], input[name=" + name + "]"); }

  function show(name) {
    if (name in chosen) root.dataset[name] = chosen[name];
    control(name).forEach(function (input) {
      if (!(name in chosen)) return;
      if (input.type === "radio") input.checked = input.value === chosen[name];
      else input.value = chosen[name];
    });
    if (name === "opacity" && chosen.opacity) root.style.setProperty("--opacity", chosen.opacity / 100);
  }

  function query(more) {
    var all = Object.assign({}, chosen, more);
    return Object.keys(all).sort().map(function (k) { return k + "=" + all[k]; }).join("&");
  }

  /* Links to other pages of the gallery take the choices along; what a link asks for itself stays. */
  function carry(link) {
    var href = link.getAttribute("href");
    if (!href || href.charAt(0) === "#" || /^[a-z][a-z0-9+.-]*:/i.test(href)) return;
    var parts = href.split("#");
    var path = parts[0].split("?")[0];
    var own = link.dataset.tour ? { tour: link.dataset.tour } : {};
    var q = query(own);
    link.setAttribute("href", path + (q ? "?" + q : "") + (parts.length > 1 ? "#" + parts[1] : ""));
  }

  function address(fragment) {
    var q = query(here);
    try {
      history.replaceState(null, "", (q ? "?" + q : location.pathname.split("/").pop()) + (fragment === undefined ? location.hash : fragment));
    } catch (error) { /* a browser may refuse on a file: the page works, only the address stays */ }
  }

  function carryAll() { document.querySelectorAll("a[href]").forEach(carry); }

  function choose(name, value) {
    if (!known(name, value)) return;
    (HERE_ONLY.test(name) ? here : chosen)[name] = value;
    show(name);
    address();
    carryAll();
    ll.tell("choice", name);
  }
  function forget(name) { delete chosen[name]; delete here[name]; address(); carryAll(); }

  new URLSearchParams(location.search).forEach(function (value, name) {
    if (known(name, value)) (HERE_ONLY.test(name) ? here : chosen)[name] = value;
  });
  Object.keys(chosen).forEach(show);
  if (Object.keys(chosen).length || document.querySelector("a[data-tour]")) carryAll();
  Object.keys(KNOWN).forEach(function (name) {
    control(name).forEach(function (input) {
      input.addEventListener(input.type === "range" ? "input" : "change", function () {
        if (input.type !== "radio" || input.checked) choose(name, input.value);
      });
    });
  });

  /* Where a control has no choice in the address yet, it says what is in force. */
  function choice(name) {
    if (name in here) return here[name];
    if (name in chosen) return chosen[name];
    var first = control(name)[0];
    return first && first.tagName === "SELECT" ? first.value : root.dataset[name] || "";
  }
  function next(name) {
    var options = Array.from(control(name)), now;
    if (!options.length) return;
    if (options[0].tagName === "SELECT") options = Array.from(options[0].options);
    now = options.findIndex(function (o) { return o.selected || o.checked; });
    choose(name, options[(now + 1) % options.length].value);
  }

  /* Keys: never while one writes or with a modifier. */
  document.addEventListener("keydown", function (event) {
    if (ll.typing(event)) return;
    var name = { s: "scale", p: "palette", o: "overlay" }[event.key];
    if (name && control(name).length) { event.preventDefault(); next(name); }
  });

  ll.choose = choose;
  ll.choice = choice;
  ll.forget = forget;
  ll.carry = carry;
  ll.address = address;

  /* A rail wider than the screen shows the current layer. */
  var current = document.querySelector(".rail [aria-current]");
  if (current) {
    var rail = current.closest(".rail");
    rail.scrollLeft = current.offsetLeft - (rail.clientWidth - current.offsetWidth) / 2;
  }

  /* The list of keys, and on a phone the tools behind a button. */
  var keys = document.querySelector("dialog.keys");
  if (keys) {
    var back = null;
    var showKeys = function () { back = document.activeElement; keys.showModal(); };
    document.querySelectorAll(".keys-button").forEach(function (b) { b.hidden = false; b.addEventListener("click", showKeys); });
    keys.addEventListener("close", function () { if (back && back.isConnected) back.focus(); });
    document.addEventListener("keydown", function (event) { if (event.key === "?" && !ll.typing(event) && !keys.open) showKeys(); });
  }
  var more = document.querySelector(".more-button");
  if (more) {
    more.hidden = false;
    more.addEventListener("click", function () {
      more.setAttribute("aria-expanded", String(document.getElementById("more-tools").classList.toggle("open")));
    });
  }
})();
