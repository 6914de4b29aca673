/* A second look in Firefox, on file://: the grid, the open channel, the values, the dialog.

     node tests/firefox.mjs SITE [FIREFOX]

   Run by hand through `make firefox`, which fetches puppeteer-core into build/ and wants Debian's
   firefox-esr (or FIREFOX=/path). Prints one line a check, and exits 1 if one fails. */
import { createRequire } from "node:module";
import { readFileSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(resolve(process.env.NODE_MODULES ?? "build/firefox/package.json"));
const puppeteer = require("puppeteer-core");
const [site, executablePath = "/usr/bin/firefox-esr"] = process.argv.slice(2);
const root = pathToFileURL(resolve(site)).href;
const pictures = process.env.PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });
let failed = 0;

function check(what, good, got = "") {
  if (!good) failed += 1;
  console.log(`${good ? "ok  " : "FAIL"} ${what}${got === "" ? "" : `: ${got}`}`);
}
const json = path => JSON.parse(readFileSync(resolve(site, path), "utf-8"));

async function look(browser, width, height, address) {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  page.faults = [];
  page.on("pageerror", error => page.faults.push(String(error)));
  page.on("console", message => message.type() === "error" && page.faults.push(message.text()));
  await page.goto(`${root}/${address}`, { waitUntil: "load" });
  await new Promise(done => setTimeout(done, 800));
  return page;
}

async function values(browser, note) {
  const page = await look(browser, 1440, 900, "images/chelsea/vgg16/block3_conv3.html#187");
  const facts = json("sheets/vgg16/chelsea/block3_conv3.json").channels[187];
  const box = await (await page.$("[data-place]")).boundingBox();
  const [row, column] = facts.peaks[1] ?? facts.peaks[0];
  await page.mouse.move(box.x + (column + 0.5) * box.width / 56, box.y + (row + 0.5) * box.height / 56);
  await new Promise(done => setTimeout(done, 1500));
  const given = Number(await page.$eval("data[data-field=value]", field => field.value));
  const half = (facts.high - facts.low) / 510, true_ = (facts.peaks[1] ?? facts.peaks[0])[2];
  check(`${note}value under the pointer`, Math.abs(given - true_) <= half * 1.001, `${given}, network ${true_}, half a step ${half.toFixed(2)}`);
  check(`${note}no error in the console`, page.faults.length === 0, page.faults.join("; "));
  if (pictures) await page.screenshot({ path: resolve(pictures, `firefox-${note.trim() || "wide"}.png`) });
  return page;
}

const options = { browser: "firefox", executablePath, headless: true };
let browser = await puppeteer.launch(options);
try {
  console.log(await browser.version());
  const page = await values(browser, "");
  const tiles = await page.$$eval(".grid .maps > i", all => all.length);
  check("256 tiles", tiles === 256, tiles);
  const filter = await page.$eval(".grid .maps", maps => getComputedStyle(maps).filter);
  check("the grid has its filter", filter.includes("viridis"), filter);
  await page.keyboard.press("o");
  check("colour overlay", await page.$eval(".clear", e => getComputedStyle(e).display === "block"));
  await page.select("#sort", "strength");
  const order = json("sheets/vgg16/chelsea/block3_conv3.json").channels.map((c, i) => [c.high, i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  check("sorted by strength", await page.$eval(".grid .cells a", a => a.id) === String(order[0][1]));
  check("the choice stands in the address", page.url().includes("sort=strength"), page.url().split("/").pop());
  await page.$eval("#sum", e => e.scrollIntoView());
  await page.waitForFunction(() => document.querySelector(".thread [data-gives]") && document.querySelector("[data-term] a").textContent.startsWith("#"));
  check("the sum and the thread", await page.$$eval(".thread li:not([hidden])", all => all.length) === 7);

  const phone = await look(browser, 360, 740, "images/chelsea/vgg16/block3_conv3.html#187");
  check("the dialog covers a phone", await phone.$eval(".channel dialog", d => d.matches(":modal")));
  if (pictures) await phone.screenshot({ path: resolve(pictures, "firefox-phone.png") });
  await phone.keyboard.press("Escape");
  check("and gives the focus back", await phone.evaluate(() => document.activeElement.id) === "187");
  check("no error on the phone", phone.faults.length === 0, phone.faults.join("; "));

  const image = await look(browser, 1440, 900, "images/chelsea/index.html?at=10,9");
  await image.waitForFunction(() => !document.querySelector("#block1_conv1 [data-above]").hidden);
  check("a point followed up", true);
  const tour = await look(browser, 1440, 900, "images/chelsea/vgg16/block3_conv3.html?tour=3");
  check("the tour's bar", await tour.$eval(".tour-bar b", b => b.textContent.startsWith("3 of 6")));
} finally {
  await browser.close();
}

/* With resistance to fingerprinting a canvas gives back noise: the values come by another way. */
browser = await puppeteer.launch({ ...options, extraPrefsFirefox: { "privacy.resistFingerprinting": true } });
try {
  await values(browser, "resisting fingerprints: ");
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
