/* The guided tour: a bar that explains the view and leads to the next. Only where ?tour= asks for it. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var number = Number(ll.choice("tour"));
  if (!number) return;
  var root = document.querySelector("script[src$='js/base.js']").getAttribute("src").replace("static/js/base.js", "");
  document.documentElement.classList.add("touring");

  function link(stops, to, text) {
    var stop = stops[to - 1], a = ll.make("a", "control", text);
    if (!stop) return a;
    a.dataset.tour = to;
    a.setAttribute("href", root + stop[2] + (stop[3] ? "#" + stop[3] : ""));
    ll.carry(a);
    return a;
  }
  ll.load({ url: root + "static/tour-steps.js", key: "static/tour-steps" }, function (stops) {
    var stop = Array.isArray(stops) && stops[number - 1];
    if (!stop) { ll.forget("tour"); return; }
    var bar = ll.make("aside", "tour-bar"), words = ll.make("div"), ways = ll.make("p", "tour-ways");
    bar.setAttribute("aria-label", "Guided tour");
    words.append(ll.make("b", "", number + " of " + stops.length + ": " + stop[0]), ll.make("p", "", stop[1]));
    if (number > 1) ways.append(link(stops, number - 1, "Back"));
    if (number < stops.length) ways.append(link(stops, number + 1, "Next"));
    var end = ll.make("button", "control", number < stops.length ? "End" : "End of the tour");
    end.type = "button";
    end.addEventListener("click", function () { bar.remove(); document.documentElement.classList.remove("touring"); ll.forget("tour"); });
    ways.append(end);
    bar.append(words, ways);
    /* a modal dialog would cover a bar beside it */
    (document.querySelector("dialog:modal") || document.body).append(bar);
    var part = stop[4] && document.getElementById(stop[4]);
    if (part && stop[4] !== "channel") part.scrollIntoView({ block: "start" });
  }, function () { ll.forget("tour"); });
})();
