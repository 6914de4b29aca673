/* The same page of the other images, as a strip of small photographs.
   The list is the gallery's, so that pages of one image need not know the others. */
(function () {
  "use strict";
  var AROUND = 3;
  var images = window.layerlightImages;
  var nav = document.querySelector(".photos");
  if (!nav || !Array.isArray(images) || images.length < 2) return;
  var here = images.findIndex(function (image) { return image.id === nav.dataset.here; });
  if (here < 0) return;
  var first = Math.max(0, Math.min(here - AROUND, images.length - 2 * AROUND - 1));
  var list = document.createElement("ul");
  images.slice(first, first + 2 * AROUND + 1).forEach(function (image) {
    var item = document.createElement("li");
    var link = document.createElement("a");
    var photo = document.createElement("img");
    link.href = nav.dataset.pattern.replace("{id}", encodeURIComponent(image.id)) + location.hash;
    link.title = image.title;
    photo.src = nav.dataset.root + image.photo;
    photo.alt = image.title;
    photo.width = photo.height = 56;
    if (image.id === nav.dataset.here) link.setAttribute("aria-current", "page");
    link.append(photo);
    item.append(link);
    list.append(item);
    window.layerlight.carry(link);
  });
  nav.querySelector("ul").replaceWith(list);
  nav.classList.add("filled");

  /* The other images open at the same channel or layer. */
  ["hashchange", "layerlight-fragment"].forEach(function (change) { window.addEventListener(change, function () {
    list.querySelectorAll("a").forEach(function (link) {
      link.setAttribute("href", link.getAttribute("href").split("#")[0] + location.hash);
    });
  }); });
})();
