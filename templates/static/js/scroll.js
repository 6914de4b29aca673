/* The image page: the rail, the key and the window on the photograph follow the layer in view. */
(function () {
  "use strict";
  var chapters = Array.from(document.querySelectorAll(".chapter"));
  var rail = document.querySelector(".rail");
  if (!chapters.length || !rail || !("IntersectionObserver" in window)) return;
  var now = null;

  function put(key, text) {
    document.querySelectorAll("[data-key=" + key + "]").forEach(function (place) { place.textContent = text; });
  }

  function boxes(values) {
    document.querySelectorAll(".sight .box, .mini .box").forEach(function (box) {
      box.hidden = !values;
      if (!values) return;
      ["--l", "--t", "--w", "--h"].forEach(function (name, i) { box.style.setProperty(name, values[i]); });
    });
  }

  function show(chapter) {
    if (chapter === now) return;
    now = chapter;
    put("layer", chapter.id);
    put("low", chapter.dataset.low);
    put("high", chapter.dataset.high);
    put("strongest", chapter.dataset.strongest);
    boxes(chapter.dataset.box ? chapter.dataset.box.split(" ") : null);
    rail.querySelectorAll(".cell").forEach(function (cell) {
      if (cell.dataset.layer === chapter.id) {
        cell.setAttribute("aria-current", "location");
        rail.scrollLeft = cell.offsetLeft - (rail.clientWidth - cell.offsetWidth) / 2;
      } else {
        cell.removeAttribute("aria-current");
      }
    });
  }

  /* The layer in view is the last whose top has passed a line a third down the window. */
  function find() {
    var line = window.innerHeight / 3;
    var passed = chapters.filter(function (c) { return c.getBoundingClientRect().top <= line; });
    var last = passed.length ? passed[passed.length - 1] : chapters[0];
    /* what one jumped to counts, also where the page is too short to bring it to the top */
    var asked = location.hash && document.getElementById(location.hash.slice(1));
    var atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    show(atEnd && asked && chapters.indexOf(asked) > chapters.indexOf(last) ? asked : last);
  }

  var waiting = false;
  window.addEventListener("scroll", function () {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () { waiting = false; find(); });
  }, { passive: true });
  window.addEventListener("resize", find);
  find();
})();
