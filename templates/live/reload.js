/* While layerlight serve watches: loads the page again after a rebuild, and says why one failed. */
(() => {
"use strict";
const mine = document.currentScript.dataset.built;
let source = null;
let notice = null;

const look = new CSSStyleSheet();
look.replaceSync(`
.layerlight-rebuild { position: fixed; inset: auto 0 0; z-index: 1000; max-height: 40vh; overflow: auto; padding: 12px 24px; background: #7d0016; color: #fff; font: 16px/24px -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; }
.layerlight-rebuild p { margin: 0; font-weight: bold; }
.layerlight-rebuild pre { margin: 4px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/20px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; }
.layerlight-rebuild:focus-visible { outline: 3px solid #fff; outline-offset: -5px; }
@media print { .layerlight-rebuild { display: none; } }
`);

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function say(error) {
  if (notice && notice.lastChild.textContent === error) return; // it need not be read out again
  if (notice) notice.remove();
  notice = null;
  if (!error) return;
  notice = element("div", "");
  notice.className = "layerlight-rebuild";
  notice.setAttribute("role", "alert");
  notice.tabIndex = 0; // a long message scrolls, by keyboard too
  notice.append(element("p", "The gallery could not be rebuilt. This is the one before."), element("pre", error));
  document.body.append(notice);
}

function listen() {
  // A browser keeps few connections to a server: only pages in sight hold one. The others learn
  // what they missed from the first message, once they are looked at.
  if (document.hidden || source) return;
  source = new EventSource("/-/changes");
  source.onmessage = (event) => {
    const {built, error} = JSON.parse(event.data);
    if (built !== mine) {
      stop();
      location.reload(); // the browser keeps the place in the page
    } else say(error);
  };
}

function stop() {
  if (source) source.close();
  source = null;
}

document.adoptedStyleSheets = [...document.adoptedStyleSheets, look];
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
addEventListener("pagehide", stop);
addEventListener("pageshow", listen);
listen();
})();
