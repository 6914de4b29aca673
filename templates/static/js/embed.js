/* The line by which a page elsewhere shows the open channel or the whole layer, to be copied. */
(() => {
"use strict";
const ll = layerlight, { $, $$, on, text, setup, part } = ll;
const dialog = $(".embed"), link = $("a", dialog), line = $("textarea", dialog);
const { base } = dialog.dataset, address = link.getAttribute("href");
const kind = () => $("[name=embedded]:checked", dialog).value;

/* At this width a map has room for 301 pixels, of which it takes whole multiples of its values
   (framed.css), and what stands around it for 196: nothing scrolls. Of a layer some rows are seen. */
const WIDTH = 640, [rows, columns] = part.map, side = columns > 301 ? 301 : 301 - 301 % columns;
const height = channel => channel ? 196 + Math.ceil(side * rows / columns) : 480;
const escaped = words => words.replace(/[&"<>]/g, sign => `&#${sign.charCodeAt(0)};`);

function write() {
  const channel = kind() === "channel", fragment = /^#\d+(@\d+,\d+)?$/.test(location.hash) ? location.hash.slice(1) : ll.opened;
  const view = [setup.model, setup.image, setup.layer].map(encodeURIComponent).join("/") + (channel ? "/" + fragment : "");
  link.setAttribute("href", `${address}#${view}`);
  ll.carry(link);
  const href = link.getAttribute("href"), url = new URL(base ? href.replace(/^(\.\.\/)+/, "") : href, base || location.href);
  url.searchParams.delete("tour");
  const title = `${channel ? "Channel " + ll.opened : `All ${setup.channels} channels`} of ${setup.layer} (${setup.network}) on ${setup.title}`;
  line.value = `<iframe src="${escaped(url.href)}" title="${escaped(title)}" width="${WIDTH}" height="${height(channel)}" loading="lazy" style="border:0;max-width:100%"></iframe>`;
  text("copied", "");
}

["channel", "choice", "fragment"].forEach(what => ll.hear(what, () => {
  if (dialog.open) write();
}));

/* Nobody else can open an address of this machine. */
const unpublished = !base && (ll.FILE || /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname));
$(".unpublished", dialog).hidden = !unpublished;
if (unpublished && ll.FILE) $(".line", dialog).hidden = true;

$$("[data-embeds]").forEach(button => {
  button.hidden = false;
  on(button, "click", () => {
    $(`[name=embedded][value=${button.dataset.embeds}]`).checked = true;
    write();
    dialog.showModal();
  });
});
$$("[name=embedded]").forEach(choice => on(choice, "input", write));
on($(".copy", dialog), "click", async () => {
  line.select();
  try {
    await navigator.clipboard.writeText(line.value);
    text("copied", "Copied.");
  } catch {
    text("copied", "Selected: copy it with Ctrl+C, or \u2318C.");
  }
});
})();
