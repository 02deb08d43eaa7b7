// Drives the lab's page as a person would, and fails on the first thing that is not as it should be.
// Environment: CHROMIUM, PAGE, OTLP, FUNNEL (the expected journeys of each step, as JSON), SCREENSHOTS (a folder, optional).

import assert from "node:assert/strict";
import { check, press, reload, show, visit } from "./look.mjs";

const { PAGE, OTLP, FUNNEL } = process.env;
const expected = JSON.parse(FUNNEL);
const tab = await visit();

async function look(name, width, height, scheme) {
  await show(tab, width, height, { scheme });
  await check(tab, name);
}

const numbers = () => tab.run(`[...document.querySelectorAll(".funnel .number")].map((n) => Number(n.textContent.replace(/\\D/g, "")))`);
const go = (hash) => tab.run(`location.hash = ${JSON.stringify(hash)}`);

try {
  await tab.until(`document.querySelectorAll(".funnel .number").length === ${expected.length}`);
  assert.deepEqual(await numbers(), expected, "the funnel equals the database");
  const cards = await tab.run(`[...document.querySelectorAll("#view-funnel [data-kpi]")].map((card) => card.innerText)`);
  assert.equal(cards.length, 2, "two key figures");
  for (const card of cards) assert.match(card, /not yet known[^]*provisional/i, "of a minute's journeys nothing is final");
  await look("funnel-wide", 1600, 1000, "light");
  await look("funnel-light", 1280, 1250, "light");
  await look("funnel-dark", 1280, 1250, "dark");
  await look("funnel-phone", 390, 844, "light");

  // Where do people drop off? One click, and one more for a journey. All of it is in the address.
  await tab.run(`document.querySelector("#view-funnel [data-level='1']").click()`);
  await tab.until(`document.querySelector("#view-funnel .stopped a")`);
  const lost = await tab.run(`document.querySelector("#view-funnel .stopped h3").textContent`);
  assert.match(lost, new RegExp(`^${expected[0] - expected[1]} journeys took landing and not provision`));
  assert.match(await tab.run("location.hash"), /level=1/);
  await tab.run("history.back()");
  await tab.until(`!document.querySelector("#view-funnel .stopped")`);
  // Is it agents or people? One choice.
  const pick = (name, value) => tab.run(`{ const choice = document.querySelector("[data-choice=${name}]");
    choice.value = "${value}"; choice.dispatchEvent(new Event("change")); }`);
  await pick("by", "entryActor");
  await tab.until(`document.querySelectorAll("#breakdown tbody tr").length === 2`);
  const began = await tab.run(`[...document.querySelectorAll("#breakdown tbody tr")].map((row) => Number(row.cells[1].textContent))`);
  assert.equal(began[0] + began[1], expected[0], "the segments are the whole");
  await tab.run(`document.querySelector("#breakdown button").click()`);
  await tab.until(`document.querySelector("#view-funnel .stopped h3")?.textContent.includes("entryActor")`);
  // Did the last cohort do better? One choice, and a click on the table of cohorts; the address keeps it.
  await pick("every", "hour");
  await tab.until(`/every=hour/.test(location.hash)`);
  await pick("since", "1d");
  await tab.until(`document.querySelector("#view-funnel [data-kpi] tbody tr")`);
  await reload(tab);
  await tab.until(`document.querySelector("[data-choice=every]")?.value === "hour" && document.querySelector("#breakdown tbody tr")`);
  await pick("zone", "Asia/Tokyo");
  await tab.until(`document.querySelector("#status").textContent.includes("times are Asia/Tokyo")`);
  await look("breakdown-phone", 390, 844, "dark");
  await go("funnel");
  await tab.until(`document.querySelector("#status").textContent.includes("times are UTC")`);
  await pick("cohort", "synthetic");
  await tab.until(`/There are \\d+ of cohort real/.test(document.querySelector("#view-funnel .note")?.textContent)`);
  await go("funnel");
  // Another contract has a funnel and key figures of its own.
  await pick("contract", "ShopFunnel");
  await tab.until(`document.querySelector(".funnel [data-step=visit]")`);
  assert.deepEqual(await numbers(), [2, 1, 0, 0], "the funnel of the other contract");
  assert.equal(await tab.run(`document.querySelectorAll("#view-funnel [data-kpi=activated]").length`), 1);
  assert.match(await tab.run("location.hash"), /contract=ShopFunnel/);
  await look("contract-phone", 390, 844, "light");
  await go("funnel");
  await tab.until(`document.querySelector(".funnel [data-step=landing]")`);

  await go("events/bad");
  await tab.until(`document.querySelector("#view-events .problem")`);
  const problems = await tab.run(`document.querySelector("#view-events").innerText`);
  assert.match(problems, /tier breaks the rule slug/, "a bad event shows its rule");
  assert.match(problems, /<aaa aaa=a aaaaaaa=aaaaa\(9\)>/, "and a masked sample");
  await go("events/other");
  await tab.until(`document.querySelector("#view-events .verdict.other")`);
  await tab.run(`document.querySelector("#event-list button.link").click()`);
  assert.match(await tab.run(`document.querySelector("#view-events").innerText`), /<script>window\.hit=1<\/script>/, "a hostile value is text");
  assert.equal(await tab.run("window.hit"), undefined, "and is not run");
  await look("events", 1280, 900, "light");
  await look("events-phone", 390, 844, "dark");

  await go("journey");
  await tab.until(`document.querySelector("#view-journey a[href^='#journey/']")`);
  await tab.run(`document.querySelector("#view-journey a[href^='#journey/']").click()`);
  await tab.until(`document.querySelectorAll("#view-journey .timeline li").length === ${expected.length}`);
  await look("journey", 1280, 1000, "dark");

  await go("query");
  await tab.until(`document.querySelector("#nrql")?.offsetParent`);
  const type = async (nrql) => {
    await tab.run(`{ const text = document.querySelector("#nrql"); text.value = ${JSON.stringify(nrql)};
      text.dispatchEvent(new Event("input")); text.focus(); }`);
    await press(tab, "Enter", 2);
  };
  await type("SELECT count(*) FORM InstantFunnel");
  await tab.until(`document.querySelector(".editor mark")`);
  assert.equal(await tab.run(`document.querySelector(".editor mark").textContent`), "FORM", "the fault is underlined");
  assert.equal(await tab.run(`document.querySelector("#nrql").getAttribute("aria-invalid")`), "true");
  await look("query-fault", 1280, 900, "light");
  await type("SELECT count(*) FROM InstantFunnel FACET funnelStep SINCE 1 day ago");
  await tab.until(`document.querySelectorAll("#view-query tbody tr").length === ${expected.length}`);
  for (const [form, shown] of [["Chart", "svg"], ["JSON", "pre.out"], ["CSV", "pre.out"], ["Table", "tbody"]]) {
    await tab.run(`[...document.querySelectorAll("#view-query .choice button")].find((b) => b.textContent === "${form}").click()`);
    await tab.until(`document.querySelector("#view-query ${shown}")`);
  }
  const examples = await tab.run(`document.querySelectorAll("#view-query .grid2 .panel:first-child button").length`);
  for (let at = 0; at < examples; at += 1) {
    await tab.run(`document.querySelectorAll("#view-query .grid2 .panel:first-child button")[${at}].click()`);
    await tab.until(`/rows? in/.test(document.querySelector("#nrql-message").textContent)`);
  }
  await look("query", 1280, 900, "dark");
  await look("query-phone", 390, 844, "light");

  await go("funnel");
  await tab.until(`document.querySelector(".funnel")?.offsetParent`);
  const pair = (key, value) => ({ key, value: { stringValue: value } });
  const attributes = [
    pair("newrelic.event.type", "InstantFunnel"), pair("funnelStep", "landing"), pair("serviceName", "browser"),
    pair("cohort", "real"), pair("eventId", "f".repeat(32)), pair("journeyId", "ffffffff-ffff-4fff-8fff-ffffffffffff"),
  ];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes }] }] }] });
  const sent = performance.now();
  const answer = await fetch(`${OTLP}/v1/logs`, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal(answer.status, 200);
  const first = (expected[0] + 1).toLocaleString("en");
  await tab.until(`document.querySelector(".funnel .number").textContent === ${JSON.stringify(first)}`);
  console.log(`an event was on the page after ${Math.round(performance.now() - sent)} ms`);

  await fetch(`${PAGE}api/reset`, { method: "POST" });
  await tab.until(`document.querySelector("#empty-title")?.offsetParent`);
  await look("empty", 1280, 720, "light");
  await look("empty-phone", 390, 844, "dark");

  const command = await tab.run(`[...document.querySelectorAll("#view-empty pre")].at(-1).textContent`);
  const pasted = /^curl (\S+) .* -d '(.*)'$/.exec(command);
  const headers = { "content-type": "application/json" };
  assert.equal((await fetch(pasted[1], { method: "POST", headers, body: pasted[2] })).status, 200);
  await tab.until(`document.querySelector(".funnel .number")?.textContent === "1"`);
  await tab.until(`document.body.textContent.includes("1 event ·") && document.body.textContent.includes("times are UTC")`);

  assert.deepEqual(tab.faults, [], "no error in the console");
  assert.deepEqual(tab.strangers, [], "no request off the host");
} finally {
  await tab.close();
}
