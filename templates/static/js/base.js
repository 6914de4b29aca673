/* What the other scripts share: data on demand, numbers as the pages write them, and a few
   words between scripts. Everything hangs on window.layerlight. */
(function () {
  "use strict";
  var NARROW = "\u202f";
  var waiting = {};
  var loading = 0;

  /* A page from a file may not fetch, but it may load a script that hands over its data under a
     name. Each is loaded once; what is missing or damaged is told to those who asked. */
  function load(script, done, failed) {
    function settle() {
      var data = (window.layerlightData || {})[script.key];
      try {
        if (data === undefined) failed(); else done(data);
      } catch (error) { failed(error); }
    }
    if (!script) { failed(); return; }
    if (waiting[script.key] === "settled") { settle(); return; }
    if (waiting[script.key]) { waiting[script.key].push(settle); return; }
    waiting[script.key] = [settle];
    var element = document.createElement("script");
    loading += 1;
    element.onload = element.onerror = function () {
      var asked = waiting[script.key];
      waiting[script.key] = "settled";
      loading -= 1;
      element.remove();
      asked.forEach(function (tell) { tell(); });
    };
    element.src = script.url;
    document.head.append(element);
  }

  /* A data script cut short is a syntax error: said in the page by whoever asked, not in the console. */
  window.addEventListener("error", function (event) {
    if (loading && event instanceof ErrorEvent && !event.error) event.preventDefault();
    if (loading && event.error instanceof SyntaxError) event.preventDefault();
  });

  function number(value) {
    var size = Math.abs(value), text;
    if (size >= 99.5 || Number.isInteger(value)) text = value.toLocaleString("en", { maximumFractionDigits: 0 });
    else text = size >= 9.95 ? value.toFixed(1) : size >= 0.995 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
    return text.replace("-", "\u2212");
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

  /* What position (row, column) of a map sees of the input; window: height, width, stride, start. */
  function seen(window, input, row, column) {
    var top = row * window[2] + window[4], left = column * window[3] + window[5];
    var y0 = Math.max(0, top), y1 = Math.min(input[0], top + window[0]) - 1;
    var x0 = Math.max(0, left), x1 = Math.min(input[1], left + window[1]) - 1;
    return { top: top, left: left, y0: y0, y1: y1, x0: x0, x1: x1, cut: y1 - y0 + 1 < window[0] || x1 - x0 + 1 < window[1] };
  }

  function styled(element, values) {
    Object.keys(values).forEach(function (name) { element.style.setProperty(name, values[name]); });
    return element;
  }
  /* A box on a picture, in percent of it. */
  function place(box, left, top, width, height) {
    if (box) styled(box, { "--l": left, "--t": top, "--w": width, "--h": height });
  }
  function placeSeen(box, s, input) {
    place(box, 100 * s.x0 / input[1], 100 * s.y0 / input[0], 100 * (s.x1 - s.x0 + 1) / input[1], 100 * (s.y1 - s.y0 + 1) / input[0]);
  }
  function placeValue(box, map, row, column) {
    place(box, 100 * column / map[1], 100 * row / map[0], 100 / map[1], 100 / map[0]);
  }

  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* One map, or a part of it around a value, cut out of a sheet. */
  function one(part, channel, sheet, gain) {
    var map = styled(make("div", "one lit"), {
      "--cols": part.columns, "--rows": part.rows, "--ph": part.map[0], "--pw": part.map[1], "--gap": 1,
      "--x": channel % part.columns, "--y": Math.floor(channel / part.columns), "--gain": gain
    });
    map.style.backgroundImage = "url(" + sheet + ")";
    map.append(make("i"));
    return map;
  }
  function around(spot, part, channel, row, column) {
    var map = one(part, channel, part.sheet, 1), box = make("span", "box");
    styled(spot, { "--sr": row, "--sc": column, "--sh": part.map[0], "--sw": part.map[1] });
    spot.replaceChildren(map, box);
  }
  function crop(window, input, s, photo, className) {
    var outer = styled(make("span", "crop" + (className ? " " + className : "")), {
      "--wh": window[0], "--ww": window[1], "--ih": input[0], "--iw": input[1], "--cy": s.top, "--cx": s.left
    });
    var inner = make("span");
    inner.style.backgroundImage = "url(" + photo + ")";
    outer.append(inner);
    return outer;
  }

  /* Calls back once, when an element comes near the window. */
  function whenNear(element, act) {
    if (!("IntersectionObserver" in window)) { act(); return; }
    var observer = new IntersectionObserver(function (entries) {
      if (!entries.some(function (e) { return e.isIntersecting; })) return;
      observer.disconnect();
      act();
    }, { rootMargin: "400px" });
    observer.observe(element);
  }

  function tell(what, detail) { document.dispatchEvent(new CustomEvent("layerlight-" + what, { detail: detail })); }
  function hear(what, act) { document.addEventListener("layerlight-" + what, function (event) { act(event.detail); }); }
  function typing(event) {
    return event.ctrlKey || event.metaKey || event.altKey ||
      /^(SELECT|TEXTAREA)$/.test(event.target.tagName) ||
      event.target.tagName === "INPUT" && event.target.type !== "radio" && event.target.type !== "range";
  }

  window.layerlight = {
    load: load, number: number, percent: percent, ordinal: ordinal, seen: seen, styled: styled, make: make,
    placeSeen: placeSeen, placeValue: placeValue, one: one, around: around, crop: crop, whenNear: whenNear,
    tell: tell, hear: hear, typing: typing, NARROW: NARROW
  };
})();
