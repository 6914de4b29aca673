/* What a channel looks for: the picture that was made to excite it, beside what it sees here, and,
   if one asks, in the tiles. Only pages of layers that have such pictures load this. */
(() => {
"use strict";
const ll = layerlight, { root, $, $$, on, hear, text, number, styled, tile, links, setup } = ll;
const { atlas, channels } = setup, [ah, aw] = atlas.tile, images = window.layerlightImages;
const proof = $(".with-made"), figure = $("[data-made]"), picture = $(".made"), about = $(".made-words a");
/* half of it in sight, not merely near: the sheet is large, and the panel stands beside the grid */
const seen = ll.near(figure, 0.5);
let asked, wanted;
figure.hidden = false;

/* An order for the grid: how much of the mean on its picture a channel reaches here. */
ll.orders = { picture: (f, c, { pictures }) => pictures[c] ? f.mean / pictures[c][0] : -Infinity };

/* The sheet and the numbers, or neither: a picture without its numbers may be an accident. */
const pictures = () => asked ??= Promise.all([ll.load(atlas), ll.picture(atlas.sheet)]).then(([data, sheet]) => {
  if (data.pictures.length !== channels || images && data.images !== images.length) throw new Error("of another build");
  if (sheet.width !== atlas.columns * aw || sheet.height !== atlas.rows * ah) throw new Error("of another size");
  if (!ll.FILE) {
    /* half a sheet is drawn too, its rest clear; from a file a page may not look */
    const pen = ll.drawing(1, 1);
    pen.drawImage(sheet, 1 - sheet.width, 1 - sheet.height);
    if (!pen.getImageData(0, 0, 1, 1).data[3]) throw new Error("cut short");
  }
  /* in full: in a custom property an address would be taken as the stylesheet's */
  styled(root, { atlas: `url(${JSON.stringify(sheet.src)})`, across: atlas.columns, down: atlas.rows, ah, aw });
  root.classList.toggle("few-pixels", aw <= 32);
  return data.pictures;
});

/* An image excites the channel as much as what was made for it. */
const fails = made => !!made && made[0] <= Math.max(made[4], made[5]);

function words([mean, , rank, image, best, tested]) {
  const title = images?.[image]?.title, ratio = mean / best, whole = ratio >= 9.95;
  const most = number(best) + (title ? " on " + title : "");
  if (mean <= best) return `It fails: on this picture the channel’s mean is ${number(mean)}, against ${most}. An image excites it as much as what was made for it, so take what you see here for an accident.`;
  if (mean <= tested) return `It failed when it was made: on this picture the channel’s mean is ${number(mean)}, against ${number(tested)} on an image of then. Take what you see here for an accident.`;
  const times = ratio < 1.05 ? "hardly more than" : (ratio > 1000 ? "over 1,000" : whole ? number(Math.round(ratio)) : ratio.toFixed(1)) + " times";
  const stands = rank ? ` Of ${channels} channels it stands out ${rank > 1 ? ll.ordinal(rank) + " " : ""}most.` : "";
  return `On this picture its mean is ${number(mean)}: ${best > 0 ? `${times} its best on any image here (${most})` : "no image here excites it"}.${stands}`;
}

hear("channel", async ({ channel }) => {
  wanted = channel;
  ll.carry(about, about.getAttribute("href").split("#")[0] + "#" + channel);
  await seen;
  try {
    const made = (await pictures())[channel];
    if (channel !== wanted) return;
    tile(picture, atlas, channel);
    picture.classList.toggle("none", !made);
    picture.classList.toggle("fails", fails(made));
    text("made", made ? words(made) : "No picture was made of it.");
    proof.dataset.shown = channel;
  } catch {
    figure.hidden = true;
    ll.unread("made", "What it looks for");
  }
});

/* The tiles: the same sheet in place of the maps, and its place in it at every label. */
async function tiles() {
  const chosen = () => ll.choice("tiles") === "pictures";
  if (!chosen()) root.classList.remove("pictured");
  else try {
    const all = await pictures(), failing = all.filter(fails).length;
    if (!chosen()) return;
    all.forEach((made, c) => {
      const { classList } = tile(links[c], atlas, c);
      classList.toggle("none", !made);
      classList.toggle("fails", fails(made));
    });
    text("failing", failing ? `${failing} ${failing > 1 ? "are" : "is"} dimmed: an image of this gallery excites the channel as much, so the picture fails.` : "");
    root.classList.add("pictured");
  } catch {
    ll.choose("tiles", "maps");
    ll.say("message", "The pictures could not be read: their sheet or its data is missing or damaged. These are the maps.");
  }
}
hear("choice", name => { if (name === "tiles") tiles(); });
on(document, "DOMContentLoaded", tiles);
})();
