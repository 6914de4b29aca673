/* Why the strongest value is what it is: the sum, and the thread down to the pixels. */
(() => {
"use strict";
const ll = layerlight, { $, $$, text, carry, cell, number, percent, setup, part } = ll;
const section = $("#sum"), source = setup.chain[1];

const push = channels => channels === 1 ? "pushes" : "push";
const signed = value => (value > 0 ? "+" : "") + number(value);

/* A row of the sum is shown if it pushes at all. */
function row(line, label, push, share, longest) {
  const [head, bar, value, portion] = line.children;
  line.hidden = !push;
  ($("a", head) ?? head).textContent = label;
  bar.firstElementChild.style.width = (100 * Math.abs(push) / longest).toFixed(1) + "%";
  value.textContent = signed(push);
  portion.textContent = share ? percent(push / share) : "";
}

function sum(accounts, { channel, facts }) {
  const i = accounts.channel.indexOf(channel), a = {};
  $$(".sum, .kernel-figure").forEach(element => { element.hidden = i < 0; });
  $("[data-unaccounted]").hidden = i >= 0;
  if (i < 0) return;
  for (const name in accounts) a[name] = accounts[name][i];
  const longest = Math.max(...a.value, a.more_sum, -a.down_sum);
  $$("[data-term]").forEach((line, n) => {
    const size = Math.max(0, a.value[n] ?? 0), who = a.who[n];
    row(line, source ? "#" + who : setup.colours[who], size, a.upward, longest);
    if (!source || !size) return;
    const at = cell(a.place[n], source.map[1]);
    carry($("a", line), `${source.href}#${who}@${at}`);
    ll.around(line, source, who, at);
  });
  row($("[data-more]"), `${a.more} more ${push(a.more)} up`, a.more_sum, a.upward, longest);
  row($("[data-down]"), `${a.down} ${push(a.down)} down`, a.down_sum, 0, longest);
  const [rest, bias] = $("[data-rest]").children;
  rest.textContent = a.nothing ? `${a.nothing} add${a.nothing === 1 ? "s" : ""} nothing; the bias adds` : "The bias adds";
  bias.textContent = signed(a.bias);
  $("[data-total]").children[1].textContent = number(facts.top);
}

function thread(knots, { channel, facts }) {
  const own = knots[part.layer], [row, column] = facts.peak, place = row * part.map[1] + column;
  let at = own.channel.findIndex((c, i) => c === channel && own.place[i] === place), gives = "";
  setup.chain.forEach(layer => {
    const knot = knots[layer.layer], item = $(`[data-thread='${layer.layer}']`);
    if (item) item.hidden = at < 0;
    if (at < 0) return;
    if (item) {
      step(item, layer, knot.channel[at], cell(knot.place[at], layer.map[1]), gives);
      gives = "gives " + percent(knot.share[at] / 1000);
    }
    at = knot.following[at];
  });
}
function step(item, layer, channel, at, gives) {
  carry($("a", item), `${layer === part ? "" : layer.href}#${channel}@${at}`);
  $("b", item).textContent = "#" + channel;
  $("[data-gives]", item).textContent = gives || (layer === part ? "the mark" : "");
  ll.aim($(".crop", item), layer, at);
  ll.around(item, layer, channel, at);
}

const failed = () => ll.unread("trouble", "Where the value comes from");
const strand = $(".thread"), close = ll.near(section), asks = [ll.latest(section, setup.evidence, sum, failed, close)];
if (strand) asks.push(ll.latest(strand, setup.threads, thread, failed, close));
ll.hear("channel", detail => {
  const { channel, facts } = detail;
  text("peak", number(facts.top));
  if (setup.largest) text("largest", number(setup.largest[channel]));
  $$("[data-kernel]").forEach(kernel => ll.tile(kernel, part, channel));
  asks.forEach(ask => ask(facts.silent ? null : detail));
});
})();
