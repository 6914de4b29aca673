/* The same page of the other images, as a strip of small photographs.
   The list is the gallery's, so that pages of one image need not know the others. */
(() => {
"use strict";
const { $, on, hear, make, carry } = layerlight;
const images = window.layerlightImages;
const nav = $(".photos"), { here, pattern, small, root } = nav.dataset;
const at = images?.findIndex?.(({ id }) => id === here) ?? -1;
if (at < 0 || images.length < 2) return;

/* Seven: three on either side, as far as there are. */
const first = Math.max(0, Math.min(at - 3, images.length - 7));
const links = images.slice(first, first + 7).map(({ id, title }) => {
  const picture = Object.assign(make("img"), { src: root + small.replace("{id}", id), alt: title, width: 56, height: 56 });
  const link = Object.assign(make("a", picture), { title });
  if (id === here) link.ariaCurrent = "page";
  return carry(link, pattern.replace("{id}", id));
});
$("ul", nav).replaceChildren(...links.map(link => make("li", link)));
nav.classList.add("filled");

/* The other images open at the same channel or layer. */
function follow() {
  links.forEach(link => { link.href = link.getAttribute("href").split("#")[0] + location.hash; });
}
on(window, "hashchange", follow);
hear("fragment", follow);
follow();
})();
