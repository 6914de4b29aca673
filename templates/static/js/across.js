/* The page across images: any channel of the layer, asked for by number or in the address. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var place = document.querySelector(".across [data-company]");
  if (!place) return;
  var setup = JSON.parse(place.dataset.setup), find = document.getElementById("find"), message = document.querySelector("[data-field=message]");

  function say(text) {
    message.hidden = !text;
    message.textContent = text;
  }
  function show() {
    var found = /^#(\d+)$/.exec(location.hash), channel = found ? Number(found[1]) : Number(place.dataset.first);
    if (channel >= setup.channels) {
      say("There is no channel " + found[1] + " here. " + setup.layer + " has channels 0 to " + (setup.channels - 1) + ".");
      return;
    }
    say("");
    find.value = channel;
    place.querySelectorAll("[data-field=number]").forEach(function (f) { f.textContent = channel; });
    document.querySelectorAll(".compare thead a").forEach(function (a) {
      if (a.getAttribute("href") === "#" + channel) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
    });
    ll.tell("channel", { channel: channel });
    if (found && !document.getElementById(found[1])) place.scrollIntoView({ block: "nearest" });
  }
  find.closest(".find").hidden = false;
  find.addEventListener("change", function () {
    var text = find.value.trim().replace(/^#/, "");
    if (/^\d+$/.test(text)) location.hash = text; else say("A channel is a number from 0 to " + (setup.channels - 1) + ".");
  });
  window.addEventListener("hashchange", show);
  document.addEventListener("DOMContentLoaded", show);
})();
