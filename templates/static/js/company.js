/* The same channel on every image, on one scale, and where in the gallery it is strongest. */
(() => {
"use strict";
const ll = layerlight, { $, make, number, text, setup, part } = ll;
const images = window.layerlightImages, place = $("[data-company]");
if (!Array.isArray(images)) return;
const { root, model, layer } = setup;
place.hidden = false;

const linked = ({ id }, fragment, ...parts) =>
  make("li", ll.carry(make("a", ...parts), `${root}images/${id}/${model}/${layer}.html#${fragment}`));
const name = image => make("bdi", image.title);

function company(data, channel, [index, row, column, value]) {
  const image = images[index], size = Math.abs(value), at = [row, column];
  const map = make("span.mini-map"), photo = make("span.photo", Object.assign(make("img"), { src: root + image.photo, alt: "" }));
  if (row < 0) map.classList.add("hatched");
  else {
    const mark = make("span.box"), frame = make("span.box");
    const sheet = `${root}sheets/${model}/${image.id}/${layer}.png`;
    ll.placeValue(mark, part.map, at);
    ll.placeSeen(frame, part, at);
    map.append(ll.one(part, channel, sheet, data.high > 0 ? size / data.high : 1), mark);
    photo.append(frame);
  }
  const bar = make("span");
  bar.style.width = (data.top > 0 ? 100 * size / data.top : 0).toFixed(1) + "%";
  return linked(image, channel, make("span.two-maps", map, photo), make("span.bar", bar),
    make("span.words", name(image), make("span.value", row < 0 ? "silent" : number(value))));
}

function strongest(channel, [index, row, column, value]) {
  const image = images[index], pixels = make("span"), crop = make("span.crop", pixels);
  pixels.style.backgroundImage = `url(${root}${image.photo})`;
  ll.styled(ll.aim(crop, part, [row, column]), { wh: part.window[0], ww: part.window[1] });
  return linked(image, `${channel}@${row},${column}`, crop, make("b", number(value)), name(image));
}

ll.hear("channel", ll.latest(place, setup.across, (data, { channel }) => {
  if (data.images !== images.length) throw new Error("of another build");
  const found = data.on[channel], others = found.filter(([index]) => images[index].id !== setup.image);
  const windows = data.windows[channel].map(found => strongest(channel, found));
  const which = found.length === data.images ? "All" : `The ${others.length} where it is strongest,`;
  text("company", others.length ? `${which} on the gallery’s scale. The bar compares with the layer’s strongest value on any image, ${number(data.top)}.` :
    "This gallery has no other image.");
  text("gallery-high", number(data.high));
  $("[data-others]").replaceChildren(...others.map(found => company(data, channel, found)));
  $("[data-windows]").replaceChildren(...windows.length ? windows : [make("li.soft", "It is silent on every image.")]);
  place.dataset.shown = channel;
}, () => ll.unread("company", "What the other images show")));
})();
