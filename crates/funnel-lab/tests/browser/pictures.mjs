// Takes the pictures of docs/lab.md. Environment: CHROMIUM, PAGE (of `funnel lab --demo`); the folder is the argument.

import { writeFileSync } from "node:fs";
import { show, visit } from "./look.mjs";

const folder = process.argv[2];
const FUNNEL = `document.querySelector("#breakdown")?.offsetParent`;
const EVENTS = `document.querySelector("#event-list .problem")?.offsetParent`;
const JOURNEY = `document.querySelector("#view-journey .timeline li")?.offsetParent`;
const QUERY = `/rows? in/.test(document.querySelector("#nrql-message")?.textContent)`;
const FAULT = `document.querySelector(".editor mark")`;
const asked = (nrql) => `#query?${new URLSearchParams({ q: nrql })}`;
const FACETS = "FROM InstantFunnel\nSELECT uniqueCount(journeyId) AS 'journeys', latest(timestamp)\nFACET funnelStep, entryActor SINCE 7 days ago LIMIT 8";
const PICTURES = [
  ["funnel-1600-light", "#funnel?by=entryActor&every=week", FUNNEL, 1600, 1000, "light"],
  ["funnel-1600-dark", "#funnel?by=entryActor&every=week", FUNNEL, 1600, 1000, "dark"],
  ["funnel-1280-light", "#funnel?by=entryActor&every=week", FUNNEL, 1280, 1400, "light"],
  ["funnel-1280-dark", "#funnel?by=entryActor&every=week", FUNNEL, 1280, 1000, "dark"],
  ["funnel-390-light", "#funnel?by=entryActor&every=week", FUNNEL, 390, 844, "light"],
  ["funnel-390-dark", "#funnel?by=entryActor&every=week", FUNNEL, 390, 844, "dark"],
  ["events-1280-light", "#events/bad", EVENTS, 1280, 900, "light"],
  ["journey-1280-light", "", JOURNEY, 1280, 800, "light"],
  ["query-1280-dark", asked(FACETS), QUERY, 1280, 800, "dark"],
  ["query-fault-1280-light", asked("SELECT count(*) FORM InstantFunnel"), FAULT, 1280, 560, "light"],
];

const tab = await visit();
try {
  for (const [name, hash, ready, width, height, scheme] of PICTURES) {
    await show(tab, width, height, { scheme });
    if (hash) await tab.run(`location.hash = ${JSON.stringify(hash)}`);
    else await follow();
    await tab.until(ready);
    const { data } = await tab.call("Page.captureScreenshot", { captureBeyondViewport: false });
    writeFileSync(`${folder}/${name}.png`, Buffer.from(data, "base64"));
  }
} finally {
  await tab.close();
}

// A journey that went far.
async function follow() {
  await tab.run(`location.hash = "#journey"`);
  await tab.until(`document.querySelector("#view-journey a[href^='#journey/']")?.offsetParent`);
  await tab.run(`document.querySelector("#view-journey a[href^='#journey/']").click()`);
}
