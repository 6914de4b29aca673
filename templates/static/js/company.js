/* The same channel on every image, on one scale, and where in the gallery it is strongest. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var images = window.layerlightImages;
  var place = document.querySelector("[data-company]");
  if (!place || !Array.isArray(images)) return;
  var setup = ll.setup || JSON.parse(place.dataset.setup);
  var part = ll.part || setup.chain[0];
  var others = place.querySelector("[data-others]"), windows = place.querySelector("[data-windows]");
  var here = images.findIndex(function (i) { return i.id === setup.image; });
  var now = null, near = false;

  function href(image, fragment) {
    return setup.root + "images/" + image.id + "/" + setup.model + "/" + setup.layer + ".html#" + fragment;
  }
  function sheet(image) { return setup.root + "sheets/" + setup.model + "/" + image.id + "/" + setup.layer + ".png"; }
  function photo(image) { return setup.root + image.photo; }
  function linked(image, fragment) {
    var link = ll.make("a");
    link.setAttribute("href", href(image, fragment));
    ll.carry(link);
    return link;
  }

  function company(data, channel, found) {
    var image = images[found[0]], item = ll.make("li"), link = linked(image, channel), pair = ll.make("span", "two-maps");
    var silent = found[1] < 0, map = ll.make("span", "mini-map"), picture = ll.make("span", "photo");
    if (silent) map.classList.add("hatched");
    else map.append(ll.one(part, channel, sheet(image), data.high > 0 ? Math.abs(found[3]) / data.high : 1));
    var img = ll.make("img");
    img.src = photo(image);
    img.alt = "";
    picture.append(img);
    if (!silent) {
      var mark = ll.make("span", "box"), box = ll.make("span", "box");
      ll.placeValue(mark, part.map, found[1], found[2]);
      ll.placeSeen(box, ll.seen(part.window, setup.input, found[1], found[2]), setup.input);
      map.append(mark);
      picture.append(box);
    }
    pair.append(map, picture);
    var bar = ll.make("span", "bar"), length = ll.make("span");
    length.style.width = (data.top > 0 ? 100 * Math.abs(found[3]) / data.top : 0).toFixed(1) + "%";
    bar.append(length);
    var words = ll.make("span", "words"), title = ll.make("bdi", "", image.title);
    words.append(title, ll.make("span", "value", silent ? "silent" : ll.number(found[3])));
    link.append(pair, bar, words);
    item.append(link);
    return item;
  }

  function strongest(channel, found) {
    var image = images[found[0]], item = ll.make("li");
    var link = linked(image, channel + "@" + found[1] + "," + found[2]);
    link.append(ll.crop(part.window, setup.input, ll.seen(part.window, setup.input, found[1], found[2]), photo(image)));
    link.append(ll.make("b", "", ll.number(found[3])), ll.make("bdi", "", image.title));
    item.append(link);
    return item;
  }

  function show(data, channel) {
    if (data.images !== images.length) throw new Error("of another build");
    var on = data.on[channel].filter(function (f) { return f[0] !== here; });
    var best = data.windows[channel];
    var all = data.images === data.on[channel].length;
    var field = place.querySelector("[data-field=company]");
    field.textContent = (all ? "All" : "The " + on.length + " where it is strongest,") + " on the gallery’s scale. The bar compares with the layer’s strongest value on any image, " + ll.number(data.top) + ".";
    place.querySelector("[data-field=gallery-high]").textContent = ll.number(data.high);
    others.replaceChildren.apply(others, on.map(function (f) { return company(data, channel, f); }));
    windows.replaceChildren.apply(windows, best.map(function (f) { return strongest(channel, f); }));
    if (!on.length) field.textContent = "There is no other image in this gallery.";
    if (!best.length) windows.append(ll.make("li", "soft", "It is silent on every image."));
  }

  function fill() {
    if (now === null || !near) return;
    var asked = now;
    ll.load(setup.across, function (data) { if (asked === now) { show(data, asked); place.dataset.shown = asked; } }, function () {
      place.querySelector("[data-field=company]").textContent = "What the other images show could not be read: its data is missing or damaged.";
    });
  }
  ll.hear("channel", function (detail) { now = detail.channel; place.hidden = false; fill(); });
  place.hidden = false;
  ll.whenNear(place, function () { near = true; fill(); });
})();
