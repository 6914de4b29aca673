/* A point of the photograph, followed through the network: what is strongest above it in every
   layer. Pick it with a click, a tap or the arrow keys; ?at= keeps it in the address. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var sight = document.querySelector(".sight"), photo = sight && sight.querySelector(".photo[data-points]");
  if (!photo) return;
  var setup = JSON.parse(photo.dataset.points), points = null, here = null;
  var mark = photo.querySelector("[data-point]"), status = sight.querySelector("[data-field=point]");
  var chapters = Array.from(document.querySelectorAll(".chapter"));

  function pick(row, column) {
    here = [Math.max(0, Math.min(setup.rows - 1, row)), Math.max(0, Math.min(setup.columns - 1, column))];
    document.querySelectorAll("[data-point]").forEach(function (box) {
      box.hidden = false;
      ["--l", "--t", "--w", "--h"].forEach(function (name, i) {
        box.style.setProperty(name, [100 * here[1] / setup.columns, 100 * here[0] / setup.rows, 100 / setup.columns, 100 / setup.rows][i]);
      });
    });
    document.documentElement.classList.add("pointing");
    ll.choose("at", here.join(","));
    ll.load(setup.script, function (data) { points = data; fill(); }, function () {
      status.textContent = "What is above a point could not be read: its data is missing or damaged.";
    });
  }

  function fill() {
    status.textContent = "Square " + here[0] + ", " + here[1] + ": each layer shows below what is strongest above it.";
    chapters.forEach(function (chapter) {
      var slot = chapter.querySelector("[data-above]"), layer = setup.layers[chapter.id], data = points.layers[chapter.id];
      slot.hidden = !data;
      if (!data) return;
      var cell = here[0] * setup.columns + here[1], channel = data.channel[cell], place = data.place[cell];
      var row = Math.floor(place / layer.map[1]), column = place % layer.map[1], value = data.value[cell];
      var link = slot.querySelector("a");
      link.setAttribute("href", layer.href + "#" + channel + "@" + row + "," + column);
      ll.carry(link);
      slot.querySelector("[data-above-text]").textContent = value > 0 ? "#" + channel : "nothing";
      slot.querySelector("[data-above-value]").textContent = value > 0 ? ll.number(value) + " at row " + row + ", column " + column : "no channel answers there";
      var s = ll.seen(layer.window, setup.input, row, column);
      ll.styled(slot.querySelector(".crop"), { "--cy": s.top, "--cx": s.left });
      chapter.querySelectorAll(".spotted").forEach(function (t) { t.classList.remove("spotted"); });
      chapter.querySelectorAll(".cells a").forEach(function (a) {
        if (a.getAttribute("href").split("#")[1] === String(channel)) a.classList.add("spotted");
      });
      var spot = slot.querySelector("[data-spot]");
      spot.replaceChildren();
      if (!slot.near) slot.near = new Promise(function (resolve) { ll.whenNear(slot, resolve); });
      var asked = here;
      slot.near.then(function () { if (asked === here && value > 0) ll.around(spot, layer, channel, row, column); });
    });
  }

  photo.addEventListener("click", function (event) {
    var box = photo.getBoundingClientRect();
    pick(Math.floor((event.clientY - box.top) / box.height * setup.rows), Math.floor((event.clientX - box.left) / box.width * setup.columns));
  });
  photo.addEventListener("keydown", function (event) {
    var by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter" || event.key === " ") by = [0, 0];
    if (!by || ll.typing(event)) return;
    event.preventDefault();
    var from = here || [Math.floor(setup.rows / 2), Math.floor(setup.columns / 2)];
    pick(from[0] + by[0], from[1] + by[1]);
  });
  photo.tabIndex = 0;
  photo.setAttribute("role", "application");
  photo.setAttribute("aria-roledescription", "point picker");
  photo.setAttribute("aria-label", "The image. Arrow keys move a point; every layer shows what is strongest above it");
  sight.querySelector("[data-hint]").hidden = false;
  var at = ll.choice("at");
  if (at) pick(Number(at.split(",")[0]), Number(at.split(",")[1]));
})();
