// Every view by keyboard alone, under axe-core in light and dark, at 320 to 1600 px, in print and in forced colours.

import assert from "node:assert/strict";
import { check, press, show, visit } from "./look.mjs";

const VIEWS = {
  funnel: ["#funnel?by=entryActor", `document.querySelector("#breakdown")?.offsetParent`],
  events: ["#events", `document.querySelector("#view-events table")?.offsetParent`],
  journey: ["#journey", `document.querySelector("#view-journey li a")?.offsetParent`],
  query: ["#query", `/rows? in/.test(document.querySelector("#nrql-message")?.textContent)`],
};
const STOPS = `a[href], button:not(:disabled), input, select, textarea, summary, [tabindex="0"]`;
const tab = await visit();

// Tab reaches everything that can be used, each visibly, and goes on past it.
async function walk(name) {
  const wanted = await tab.run(`{ document.activeElement?.blur?.();
    window.stops = [...document.querySelectorAll(${JSON.stringify(STOPS)})].filter((one) => one.checkVisibility());
    window.reached = new Set(); getSelection().removeAllRanges(); stops.length; }`);
  assert.ok(wanted > 5, `${name}: ${wanted} stops`);
  for (let pressed = 0; pressed < 2 * wanted + 10; pressed += 1) {
    await press(tab, "Tab");
    const seen = await tab.run(`{ const one = document.activeElement; reached.add(one.id || one.dataset.key || one.outerHTML.slice(0, 200));
      const { outlineStyle, outlineWidth } = getComputedStyle(one); window.walked ??= new Set(); walked.add(one);
      [one === document.body || (outlineStyle !== "none" && outlineWidth !== "0px"), one.outerHTML.slice(0, 200)]; }`);
    assert.ok(seen[0], `${name}: the focus is not seen on ${seen[1]}`);
    if (await tab.run("stops.every((one) => !one.isConnected || walked.has(one))")) return;
  }
  assert.fail(`${name}: not reached: ${await tab.run("stops.filter((one) => !walked.has(one)).map((one) => one.outerHTML.slice(0, 200)).join('; ')")}`);
}

// The page without a mouse: to the events of one rule, and to the journeys that dropped off.
async function use() {
  const reach = async (selector) => {
    for (let pressed = 0; pressed < 400; pressed += 1) {
      if (await tab.run(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
      await press(tab, "Tab");
    }
    assert.fail(`not reached: ${selector}`);
  };
  await tab.run(`location.hash = "#funnel"`);
  await tab.until(`document.querySelector(".funnel [data-level='1']")?.offsetParent && !document.querySelector("#breakdown")`);
  await reach(".funnel [data-level='1']");
  await press(tab, "Enter");
  await tab.until(`document.querySelector(".stopped a")`);
  await reach(".stopped a");
  await press(tab, "Enter");
  await tab.until(`document.querySelector("#view-journey .timeline li")`);
  await reach("nav [data-view=events]");
  await press(tab, "Enter");
  await tab.until(`document.querySelector("#rules button")?.offsetParent`);
  await reach("#rules button");
  await press(tab, "Enter");
  await tab.until(`/rule=/.test(location.hash)`);
}

try {
  await show(tab, 1280, 900);
  for (const [name, [hash, ready]] of Object.entries(VIEWS)) {
    await tab.run(`location.hash = ${JSON.stringify(hash)}`);
    await tab.until(ready);
    await show(tab, 1280, 900);
    await walk(name);
    for (const [width, scheme] of [[1600, "light"], [1280, "dark"], [390, "light"], [320, "dark"]]) {
      await show(tab, width, 900, { scheme });
      await check(tab, `walk-${name}-${width}`);
    }
    await show(tab, 1280, 900, { forced: "active" });
    assert.equal(await tab.run(`matchMedia("(forced-colors: active)").matches`), true);
    // The contrast of the system's colours is the reader's choice.
    await check(tab, `walk-${name}-forced`, { "color-contrast": { enabled: false } });
    await show(tab, 720, 900, { media: "print" });
    const printed = await tab.run(`[...document.querySelectorAll("button, nav, select, textarea")].filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80))`);
    assert.deepEqual(printed, [], `${name}: paper has no controls`);
    assert.ok(await tab.run(`document.querySelector("main").innerText.length > 100`), `${name}: and the content`);
    const { data } = await tab.call("Page.printToPDF", {});
    assert.ok(Buffer.from(data, "base64").subarray(0, 5).toString() === "%PDF-", `${name}: prints`);
    await show(tab, 1280, 900);
  }
  // A bar that is drawn in the system's colours can be told from its ground.
  await tab.run(`location.hash = "#funnel"`);
  await tab.until(`document.querySelector(".funnel .fill")?.checkVisibility()`);
  await show(tab, 1280, 900, { forced: "active" });
  const [bar, ground] = await tab.run(`[".funnel .fill", ".funnel .track"].map((one) => getComputedStyle(document.querySelector(one)).fill)`);
  assert.notEqual(bar, ground, "forced colours");
  await show(tab, 1280, 900);
  await use();
  assert.deepEqual(tab.faults, [], "no error in the console");
} finally {
  await tab.close();
}
