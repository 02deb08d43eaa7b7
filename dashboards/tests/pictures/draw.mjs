// Draws the New Relic dashboards from the answers of a running lab, one PNG each in docs/dashboards:
//
//   funnel lab --demo
//   CHROMIUM=chromium node --experimental-websocket dashboards/tests/pictures/draw.mjs
//
// Environment: LAB (http://127.0.0.1:4320), SINCE (what the time picker says, "4 weeks ago"), CHROMIUM.
// A query that fails, an unknown kind of chart and a panel that is too small for its answer end it with an error.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "../../../crates/funnel-lab/tests/browser/chrome.mjs";
import { escaped, panel } from "./panels.mjs";

const { LAB = "http://127.0.0.1:4320", SINCE = "4 weeks ago", CHROMIUM = "chromium" } = process.env;
const [WIDTH, ROW] = [1280, 54];
const top = new URL("../../../", import.meta.url);

async function answer(query) {
  // New Relic's time picker takes the place of the query's own range.
  const nrql = query.replace(/ SINCE .*$/, ` SINCE ${SINCE}`);
  const headers = { "content-type": "application/json" };
  const reply = await fetch(new URL("/api/query", LAB), { method: "POST", headers, body: JSON.stringify({ nrql }) });
  if (!reply.ok) throw new Error(`${nrql}: ${await reply.text()}`);
  return { ...(await reply.json()), query: nrql };
}

async function widget({ title, visualization, layout, rawConfiguration }) {
  const [query] = rawConfiguration.nrqlQueries;
  const inside = panel(visualization.id, await answer(query.query));
  const place = `grid-column:${layout.column}/span ${layout.width};grid-row:${layout.row}/span ${layout.height}`;
  return `<section style="${place}"><h3>${escaped(title)}</h3>${inside}</section>`;
}

async function page({ name, widgets }) {
  // The texts that explain a page are in docs/analysts.md already.
  const charts = widgets.filter(({ visualization }) => visualization.id !== "viz.markdown");
  const drawn = [];
  for (const chart of charts) drawn.push(await widget(chart));
  return `<h2>${escaped(name)}</h2><div class="grid">${drawn.join("")}</div>`;
}

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");
const folder = new URL("docs/dashboards/", top);
mkdirSync(folder, { recursive: true });
const tab = await open(CHROMIUM);
try {
  for (const name of ["product", "operator"]) {
    const dashboard = JSON.parse(readFileSync(new URL(`dashboards/newrelic/${name}.json`, top), "utf8"));
    const pages = [];
    for (const one of dashboard.pages) pages.push(await page(one));
    const html = `<style>.grid{grid-auto-rows:${ROW}px}${style}</style>
      <h1>${escaped(dashboard.name)} <small>since ${escaped(SINCE)}, from the lab</small></h1>${pages.join("")}`;
    await tab.call("Emulation.setDeviceMetricsOverride", { width: WIDTH, height: 800, deviceScaleFactor: 1, mobile: false });
    await tab.run(`document.body.innerHTML = ${JSON.stringify(html)}`);
    const cut = await tab.run(`[...document.querySelectorAll("section")]
      .filter((one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.querySelector("h3").innerText)`);
    if (cut.length > 0) throw new Error(`${name}: does not fit its panel: ${cut.join(", ")}`);
    const height = await tab.run("Math.ceil(document.body.getBoundingClientRect().height)");
    const clip = { x: 0, y: 0, width: WIDTH, height, scale: 1 };
    const { data } = await tab.call("Page.captureScreenshot", { captureBeyondViewport: true, clip });
    writeFileSync(new URL(`${name}.png`, folder), Buffer.from(data, "base64"));
    console.log(`docs/dashboards/${name}.png`);
  }
} finally {
  await tab.close();
}
