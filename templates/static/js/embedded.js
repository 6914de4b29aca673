/* The address by which pages elsewhere show a view: embed.html#network/image/layer, and for one
   channel /187 or /187@25,16 behind it. The fragment is anybody's: what it names is looked up among
   what the gallery has, and only then becomes part of an address. */
(() => {
"use strict";
const root = document.documentElement;
const networks = JSON.parse(document.currentScript.dataset.networks);
const images = window.layerlightImages?.map(image => image.id);
const CHANNEL = /^(\d{1,6})(@\d{1,6},\d{1,6})?$/;

const quoted = words => `“${words.length > 60 ? words.slice(0, 60) + "…" : words}”`;

/* The view's address, or why there is none. */
function find() {
  let parts;
  try {
    parts = location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    parts = [];
  }
  const [network, image, layer, value] = parts;
  if (parts.length < 3 || parts.length > 4) return { fault: "This address names no view of the gallery: it should end in #network/image/layer, or #network/image/layer/channel." };
  if (!Object.hasOwn(networks, network)) return { fault: `This gallery has no network ${quoted(network)}.` };
  if (!Object.hasOwn(networks[network], layer)) return { fault: `This gallery has no layer ${quoted(layer)} of its network ${network}.` };
  if (!images) return { fault: "The gallery’s list of images could not be read: static/gallery.js is missing or damaged." };
  if (!images.includes(image)) return { fault: `This gallery has no image ${quoted(image)}, or has it no longer.` };
  const channels = networks[network][layer], [, channel] = CHANNEL.exec(value) ?? [];
  if (parts.length === 4 && !(channel < channels)) return { fault: `There is no channel ${quoted(value)} here: ${layer} has channels 0 to ${channels - 1}.` };
  /* What was chosen on the page from which the line was copied; the layer's page knows what it takes. */
  const choices = new URLSearchParams(location.search);
  choices.delete("tour");
  choices.set("view", channel ? "channel" : "layer");
  const path = ["images", image, network, layer].map(encodeURIComponent).join("/");
  return { address: `${path}.html?${choices}${channel ? "#" + value : ""}` };
}

function show() {
  const { address, fault } = find();
  root.hidden = Boolean(address);
  if (address) {
    location.replace(address);
    return;
  }
  const message = document.querySelector("[data-field=message]");
  message.textContent = fault;
  message.hidden = location.hash.length < 2;
}
addEventListener("hashchange", show);
if (find().address) show(); else document.addEventListener("DOMContentLoaded", show);
})();
