// The views of events and queries: paging, filters, pause, rules; order and form of an answer, completion, cancelling,
// addresses, and what can be taken along.

import assert from "node:assert/strict";
import { check, press, reload, show, visit } from "./look.mjs";

const tab = await visit("#events");
const run = (code) => tab.run(code);
const text = (selector) => run(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
const click = (label, within = "body") => run(`[...document.querySelectorAll(${JSON.stringify(`${within} button`)})]
  .find((one) => one.textContent === ${JSON.stringify(label)} && one.offsetParent).click()`);
const write = async (nrql) => {
  await run(`{ const area = document.querySelector("#nrql"); area.value = ${JSON.stringify(nrql)};
    area.dispatchEvent(new Event("input")); area.focus(); }`);
  await press(tab, "Enter", 2);
};

async function events() {
  await tab.until(`/1 to 100, newest/.test(document.querySelector("#view-events")?.innerText)`);
  for (let page = 1; page < 12; page += 1) {
    await click("Older", "#view-events");
    await tab.until(`document.querySelector("#view-events").innerText.includes("${(page * 100 + 1).toLocaleString("en")} to ")`);
  }
  assert.match(await text("#view-events"), /1,101 to 1,200, newest first/, "past a thousand");
  await click("Newest", "#view-events");
  await tab.until(`/\\n1 to 100, newest/.test(document.querySelector("#view-events").innerText)`);

  assert.match(await text("#view-events .refused"), /400[^]*OTLP JSON/, "a refused request has its reason");
  assert.match(await text("#rules"), /slug tier: 2 events/);
  await run(`[...document.querySelectorAll("#rules button")].find((one) => one.textContent === "slug").click()`);
  await tab.until(`document.querySelectorAll("#event-list .problem").length === 2`);
  assert.equal(await run("location.hash"), "#events/bad?rule=slug");
  assert.match(await text("#view-events .problem"), /Wanted: slug; the plan/, "the wanted rule stands beside a broken value");
  await reload(tab);
  await tab.until(`document.querySelectorAll("#event-list .problem").length === 2`);

  // Paused, new events wait; their count in the header does not.
  await run(`location.hash = "#events"`);
  await tab.until(`/\\n1 to 100, newest/.test(document.querySelector("#view-events")?.innerText)`);
  await click("Pause");
  const before = await text("#event-list tbody tr");
  const total = await text("#status");
  await send("9a".repeat(16));
  await tab.until(`document.querySelector("#status").innerText !== ${JSON.stringify(total)}`);
  await run(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
  assert.equal(await text("#event-list tbody tr"), before, "nothing moves while paused");
  await click("Pause");
  await tab.until(`document.querySelector("#event-list tbody tr td:nth-child(4)").innerText === "paused"`);

  // The focus stays on the row it is on, though another event arrives.
  await run(`document.querySelectorAll("#event-list tbody button")[3].focus()`);
  const focused = await run("document.activeElement.dataset.key");
  await send("8a".repeat(16));
  await tab.until(`document.querySelectorAll("#event-list tbody button")[4].dataset.key === "${focused}"`);
  await tab.until(`document.activeElement.dataset.key === "${focused}"`);
}

async function send(eventId) {
  const attribute = (key, value) => ({ key, value: { stringValue: value } });
  const attributes = [
    attribute("newrelic.event.type", "InstantFunnel"), attribute("funnelStep", "landing"), attribute("serviceName", "paused"),
    attribute("cohort", "real"), attribute("eventId", eventId), attribute("journeyId", "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee"),
  ];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }] }] }] });
  const headers = { "content-type": "application/json" };
  assert.equal((await fetch(`${process.env.OTLP}/v1/logs`, { method: "POST", headers, body })).status, 200);
}

async function queries() {
  await run(`location.hash = "#query"`);
  await tab.until(`/rows? in/.test(document.querySelector("#nrql-message")?.textContent)`);
  const heads = () => run(`[...document.querySelectorAll("#view-query th")].map((one) => one.textContent)`);
  await write("SELECT uniqueCount(journeyId), count(*), latest(timestamp), average(nothing) FROM InstantFunnel FACET funnelStep LIMIT 2");
  await tab.until(`document.querySelectorAll("#view-query th").length === 5`);
  assert.deepEqual(await heads(), ["funnelStep", "uniqueCount.journeyId", "count", "latest.timestamp", "average.nothing"], "the order of SELECT");
  const row = await run(`[...document.querySelector("#view-query tbody tr").cells].map((one) => one.textContent)`);
  assert.match(row[2], /^5,\d{3}$/, "numbers have separators");
  assert.match(row[3], /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, "times are times");
  assert.match(await text(".notes"), /no event has the attribute nothing[^]*LIMIT 2 left out/, "messages are shown");
  assert.match(await run("location.hash"), /^#query\?q=SELECT/);

  await write("FROM InstantFunnel SELECT funnel(journeyId, WHERE funnelStep = 'landing' AS 'came', WHERE funnelStep = 'claim' AS 'claimed') FACET actor");
  await tab.until(`document.querySelector("#view-query th:nth-child(2)")?.textContent === "came"`);
  assert.deepEqual(await heads(), ["actor", "came", "claimed", "of the previous step"], "a faceted funnel is a table");
  await reload(tab);
  await tab.until(`document.querySelector("#view-query th:nth-child(2)")?.textContent === "came"`);
  assert.match(await run(`document.querySelector("#nrql").value`), /^FROM InstantFunnel SELECT funnel/, "the address has the query");

  // Completion from functions and from the contract, by keyboard.
  await run(`{ const area = document.querySelector("#nrql"); area.value = "SELECT uniqueC"; area.focus(); area.dispatchEvent(new Event("input")); }`);
  await tab.until(`!document.querySelector("#suggestions").hidden`);
  await press(tab, "ArrowDown");
  await press(tab, "Enter");
  assert.equal(await run(`document.querySelector("#nrql").value`), "SELECT uniqueCount(");
  await run(`{ const area = document.querySelector("#nrql"); area.value += "journeyI"; area.dispatchEvent(new Event("input")); }`);
  await tab.until(`document.querySelector("#suggestions")?.innerText.includes("journeyId")`);
  await press(tab, "Escape");
  assert.equal(await run(`document.querySelector("#suggestions").hidden`), true);

  // An answer that does not come can be given up.
  await run(`{ const real = fetch; window.fetch = (path, options) => (path === "/api/query"
    ? new Promise((_, failed) => options.signal.addEventListener("abort", () => failed(options.signal.reason))) : real(path, options)); }`);
  await write("SELECT count(*) FROM InstantFunnel");
  await tab.until(`document.querySelector("#run").textContent === "Cancel"`);
  assert.equal(await run(`document.querySelector("#view-query [aria-busy=true]") !== null`), true);
  await run(`document.querySelector("#run").click()`);
  await tab.until(`document.querySelector("#nrql-message").textContent === "Cancelled."`);
  assert.equal(await text("#run"), "Run");
  await reload(tab);
  await tab.until(`/rows? in/.test(document.querySelector("#nrql-message")?.textContent)`);

  await write("SELECT * FROM InstantFunnel, Log SINCE 1 day ago LIMIT MAX");
  await tab.until(`document.querySelectorAll("#view-query tbody tr").length === 5000`);
  await show(tab, 320, 800);
  await check(tab, "many-rows-320");
}

async function files() {
  await run(`location.hash = "#funnel"`);
  await tab.until(`document.querySelector(".funnel .number")?.offsetParent`);
  await run(`window.written = []; Object.defineProperty(navigator, "clipboard", { value: { writeText: async (words) => { written.push(words); } } })`);
  const copies = await run(`{ const all = [...document.querySelectorAll("#view-funnel [data-key^='copy-']")]; for (const one of all) one.click(); all.length; }`);
  assert.ok(copies >= 4, "the funnel, trends and times");
  for (const drawing of await run("written")) {
    assert.match(drawing, /^<svg [^]*<text [^]*<\/svg>$/, "each is SVG");
    assert.match(drawing, /<(rect|path)[^>]* fill="(rgb|#)/, "with colours of its own");
    assert.doesNotMatch(drawing, / class=/, "and no need of a style sheet");
  }
  assert.match((await run("written[0]")), /landing[^]*provision[^]*claim[^]*paid/);

  // The zone is one for all views.
  await run(`{ const zone = document.querySelector("#zone"); zone.value = "Asia/Tokyo"; zone.dispatchEvent(new Event("change")); }`);
  await tab.until(`location.hash.includes("zone=Asia%2FTokyo") && document.querySelector("#status").textContent.includes("Asia/Tokyo")`);
  await run(`document.querySelector("nav [data-view=events]").click()`);
  await tab.until(`document.querySelector("#view-events table")?.offsetParent`);
  assert.equal(await run(`document.querySelector("#zone").value`), "Asia/Tokyo");
  await run(`document.querySelector("nav [data-view=funnel]").click()`);
  await tab.until(`location.hash.includes("zone=Asia%2FTokyo")`);

  // A selection outlives an update.
  await tab.until(`document.querySelector("#status").dataset.state === "at rest" && document.querySelector(".funnel .number")?.offsetParent
    && (getSelection().selectAllChildren(document.querySelector(".funnel .number")), true)`);
  const selected = await run("String(getSelection())");
  const total = await text("#status");
  await send("7a".repeat(16));
  await tab.until(`document.querySelector("#status").innerText !== ${JSON.stringify(total)}`);
  assert.equal(await run("String(getSelection())"), selected);
  assert.equal(await text("#said"), "", "counts are not read out");
}

try {
  await events();
  await queries();
  await files();
  assert.deepEqual(tab.faults, [], "no error in the console");
  assert.deepEqual(tab.strangers, [], "no request off the host");
} finally {
  await tab.close();
}
