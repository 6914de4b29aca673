/* Why the strongest value is what it is: the sum, and the thread down to the pixels. */
(function () {
  "use strict";
  var ll = window.layerlight;
  var setup = ll.setup, part = ll.part;
  var section = document.getElementById("sum");
  if (!setup || !section) return;
  var source = setup.chain[1];
  var now = null, near = false;

  function fragment(channel, place, width) { return "#" + channel + "@" + Math.floor(place / width) + "," + place % width; }
  function signed(value) { return (value > 0 ? "+" : "") + ll.number(value); }

  function row(selector, label, push, share, longest) {
    var line = section.querySelector(selector);
    line.hidden = !push;
    line.children[0].textContent = label;
    line.querySelector(".push span").style.width = (100 * Math.abs(push) / longest).toFixed(1) + "%";
    line.children[2].textContent = signed(push);
    line.children[3].textContent = share ? ll.percent(push / share) : "";
  }

  function sum(accounts, channel) {
    var i = accounts.channel.indexOf(channel);
    section.querySelectorAll("table, .kernel-figure").forEach(function (e) { e.hidden = i < 0; });
    if (i < 0) return;
    var a = {}, lines = section.querySelectorAll("[data-term]");
    Object.keys(accounts).forEach(function (k) { a[k] = accounts[k][i]; });
    var longest = Math.max.apply(null, a.value.concat(a.more_sum, -a.down_sum));
    lines.forEach(function (line, n) {
      var push = a.value[n] > 0 ? a.value[n] : 0, link = line.querySelector("a");
      line.hidden = !push;
      if (!push) return;
      link.textContent = source ? "#" + a.who[n] : setup.colours[a.who[n]];
      if (source) {
        link.setAttribute("href", source.href + fragment(a.who[n], a.place[n], source.map[1]));
        ll.carry(link);
        ll.around(line.querySelector("[data-spot]"), source, a.who[n], Math.floor(a.place[n] / source.map[1]), a.place[n] % source.map[1]);
      }
      line.querySelector(".push span").style.width = (100 * push / longest).toFixed(1) + "%";
      line.children[2].textContent = signed(push);
      line.children[3].textContent = ll.percent(push / a.upward);
    });
    row("[data-more]", a.more + " more push up", a.more_sum, a.upward, longest);
    row("[data-down]", a.down + " push down", a.down_sum, 0, longest);
    var rest = section.querySelector("[data-rest]");
    rest.children[0].textContent = a.nothing ? a.nothing + " add nothing; the bias adds" : "The bias adds";
    rest.children[1].textContent = signed(a.bias);
    section.querySelector("[data-total]").children[1].textContent = ll.number(a.total);
  }

  function thread(knots, channel, place) {
    var at = -1, own = knots[part.layer], gives = "";
    own.channel.forEach(function (c, i) { if (c === channel && own.place[i] === place) at = i; });
    setup.chain.forEach(function (link) {
      var all = knots[link.layer], item = section.querySelector("[data-thread='" + link.layer + "']");
      var knot = at < 0 ? null : { channel: all.channel[at], place: all.place[at], share: all.share[at] };
      if (item) {
        item.hidden = !knot;
        if (knot) step(item, link, knot, gives);
        gives = knot ? "gives " + ll.percent(knot.share / 1000) : "";
      }
      at = knot ? all.following[at] : -1;
    });
  }
  function step(item, link, knot, gives) {
    var row = Math.floor(knot.place / link.map[1]), column = knot.place % link.map[1];
    var anchor = item.querySelector("a"), s = ll.seen(link.window, setup.input, row, column);
    anchor.setAttribute("href", (link === part ? "" : link.href) + fragment(knot.channel, knot.place, link.map[1]));
    ll.carry(anchor);
    item.querySelector("b").textContent = "#" + knot.channel;
    item.querySelector("[data-gives]").textContent = gives || (link === part ? "the mark" : "");
    ll.styled(item.querySelector(".crop"), { "--cy": s.top, "--cx": s.left });
    ll.around(item.querySelector("[data-spot]"), link, knot.channel, row, column);
  }

  function fill() {
    if (!now || !near || now.facts.row < 0) return;
    var asked = now;
    function failed() { if (asked === now) ll.trouble("Where the value comes from could not be read: its data is missing or damaged."); }
    if (setup.evidence) ll.load(setup.evidence, function (data) { if (asked === now) sum(data, asked.channel); }, failed);
    if (section.querySelector(".thread")) {
      ll.load(setup.threads, function (data) {
        if (asked === now) thread(data, asked.channel, asked.facts.row * part.map[1] + asked.facts.column);
      }, failed);
    }
  }

  ll.hear("channel", function (detail) {
    now = detail;
    section.querySelectorAll("[data-field=peak]").forEach(function (f) { f.textContent = ll.number(detail.facts.high); });
    section.querySelectorAll("[data-kernel]").forEach(function (k) {
      ll.styled(k, { "--x": detail.channel % part.columns, "--y": Math.floor(detail.channel / part.columns) });
      section.querySelector("[data-field=largest]").textContent = ll.number(setup.largest[detail.channel]);
    });
    fill();
  });
  ll.whenNear(section, function () { near = true; fill(); });
})();
