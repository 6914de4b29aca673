/* A layer's page as pages elsewhere frame it: ?view=channel or ?view=layer. Not deferred, unlike
   the others, for the page must not be seen whole first. What is left out, framed.css says. */
(() => {
"use strict";
const root = document.documentElement, [view] = new URLSearchParams(location.search).getAll("view");
if (view !== "channel" && view !== "layer") return;
root.dataset.view = view;
const hear = (what, act) => document.addEventListener("layerlight-" + what, act);

document.addEventListener("DOMContentLoaded", () => {
  const ll = layerlight, { $ } = ll, open = $(".open-whole"), back = $(".to-layer"), whole = open.getAttribute("href");
  const named = () => /^#\d+(@\d+,\d+)?$/.test(location.hash);
  /* The link to the gallery follows what is open. */
  function follow() {
    const fragment = named() ? location.hash : view === "channel" ? "#" + ll.opened : "";
    open.setAttribute("href", whole + fragment);
    ll.carry(open);
  }
  /* Of a layer either the grid is seen, or the channel that was chosen there. */
  function turn(event) {
    root.toggleAttribute("data-opened", view === "layer" && named());
    if (event && "opened" in root.dataset) {
      scrollTo(0, 0);
      back.focus();
    }
  }
  back.addEventListener("click", event => {
    event.preventDefault();
    ll.address("");
    turn();
    follow();
    ll.links[ll.opened].focus();
  });
  addEventListener("hashchange", turn);
  hear("channel", follow);
  hear("fragment", follow);
  turn();
});
})();
