/* Carries the reader's choices, scale and palette, from page to page in the URL.
   Without scripts the same controls work on their own page, through CSS alone. */
(function () {
  "use strict";
  var root = document.documentElement;
  var palette = document.getElementById("palette");
  var chosen = {};
  root.classList.add("scripted");

  function known(name, value) {
    if (name === "scale") return value === "layer" || value === "channel";
    return /^[a-z]+$/.test(value) && document.querySelector("filter[id=" + value + "]") !== null;
  }

  function show() {
    if (chosen.palette) {
      root.dataset.palette = chosen.palette;
      if (palette) palette.value = chosen.palette;
    }
    if (chosen.scale) {
      root.dataset.scale = chosen.scale;
      var radio = document.getElementById("scale-" + chosen.scale);
      if (radio) radio.checked = true;
    }
  }

  /* Links to other pages of the gallery take the choices along. */
  function carry(link) {
    var href = link.getAttribute("href");
    if (!href || href.charAt(0) === "#" || /^[a-z][a-z0-9+.-]*:/i.test(href)) return;
    var parts = href.split("#");
    var path = parts[0].split("?")[0];
    var query = Object.keys(chosen).sort().map(function (k) { return k + "=" + chosen[k]; }).join("&");
    link.setAttribute("href", path + (query ? "?" + query : "") + (parts.length > 1 ? "#" + parts[1] : ""));
  }

  function remember() {
    var query = Object.keys(chosen).sort().map(function (k) { return k + "=" + chosen[k]; }).join("&");
    try {
      history.replaceState(null, "", (query ? "?" + query : location.pathname.split("/").pop()) + location.hash);
    } catch (error) { /* a browser may refuse on a file: the page works, only the address stays */ }
    document.querySelectorAll("a[href]").forEach(carry);
  }

  function choose(name, value) {
    chosen[name] = value;
    show();
    remember();
  }

  new URLSearchParams(location.search).forEach(function (value, name) {
    if ((name === "palette" || name === "scale") && known(name, value)) chosen[name] = value;
  });
  show();
  if (Object.keys(chosen).length) document.querySelectorAll("a[href]").forEach(carry);
  if (palette) palette.addEventListener("change", function () { choose("palette", palette.value); });
  document.querySelectorAll("input[name=scale]").forEach(function (radio) {
    radio.addEventListener("change", function () { if (radio.checked) choose("scale", radio.value); });
  });

  /* Keys: s scale, p palette; never while one writes or with a modifier. */
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "radio") return;
    if (event.key === "s" && document.getElementById("scale-layer")) {
      choose("scale", document.getElementById("scale-layer").checked ? "channel" : "layer");
    } else if (event.key === "p" && palette) {
      choose("palette", palette.options[(palette.selectedIndex + 1) % palette.options.length].value);
    }
  });
  window.layerlightCarry = carry;

  /* A rail wider than the screen shows the current layer. */
  var current = document.querySelector(".rail [aria-current]");
  if (current) {
    var rail = current.closest(".rail");
    rail.scrollLeft = current.offsetLeft - (rail.clientWidth - current.offsetWidth) / 2;
  }
})();
