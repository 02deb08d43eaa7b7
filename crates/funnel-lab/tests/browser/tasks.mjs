// Three questions of a product manager, from the first page, each within three clicks. The time that each takes is
// printed and not judged.

import assert from "node:assert/strict";
import { visit } from "./look.mjs";

const tab = await visit();

// Does a task from the first page and counts its clicks; a choice in a list is one.
async function task(question, work) {
  await tab.run(`location.hash = "#funnel"`);
  await tab.until(`document.querySelector(".funnel [data-level='1']") && !document.querySelector("#breakdown")
    && document.querySelector("[data-choice=every]").value === ""`);
  let clicks = 0;
  const start = performance.now();
  await work({
    click: async (selector) => {
      clicks += 1;
      await tab.until(`document.querySelector(${JSON.stringify(selector)})?.offsetParent`);
      await tab.run(`document.querySelector(${JSON.stringify(selector)}).click()`);
    },
    choose: async (name, value) => {
      clicks += 1;
      await tab.run(`{ const list = document.querySelector("[data-choice=${name}]");
        list.value = "${value}"; list.dispatchEvent(new Event("change")); }`);
    },
  });
  console.log(`${question} ${clicks} clicks, ${Math.round(performance.now() - start)} ms`);
  assert.ok(clicks > 0 && clicks <= 3, `${question} ${clicks} clicks`);
}

try {
  await task("Where do people drop?", async ({ click }) => {
    const lost = await tab.run(`[...document.querySelectorAll(".funnel [data-level]")].map((one) => parseInt(one.textContent.replaceAll(",", ""), 10))`);
    const level = lost.indexOf(Math.max(...lost)) + 1;
    assert.equal(level, 2, `most are lost after provision: ${lost}`);
    await click(`.funnel [data-level='${level}']`);
    await tab.until(`/took provision and not claim/.test(document.querySelector(".stopped h3")?.textContent)`);
    await click(".stopped a");
    await tab.until(`document.querySelectorAll("#view-journey .timeline li").length === 2`);
  });
  await task("Is it agents or people?", async ({ choose }) => {
    await choose("by", "entryActor");
    await tab.until(`document.querySelectorAll("#breakdown tbody tr").length === 2`);
    const rates = await tab.run(`Object.fromEntries([...document.querySelectorAll("#breakdown tbody tr")]
      .map((row) => [row.cells[0].textContent, parseFloat(row.cells[4].querySelector("b").textContent)]))`);
    assert.ok(rates.human_dashboard > rates.agent_mcp, JSON.stringify(rates));
  });
  await task("Did last week's cohort do better?", async ({ choose }) => {
    await choose("every", "week");
    await tab.until(`/Latest final week: .*before: /.test(document.querySelector("[data-kpi=claimed_per_provisioned] .latest")?.textContent)`);
    const said = await tab.run(`document.querySelector("[data-kpi=claimed_per_provisioned] .latest").textContent`);
    assert.match(said, /(better|worse|no clear difference: the intervals overlap)$/);
    const rates = [...said.matchAll(/([\d.]+) % \((\d+) of (\d+)\)/g)];
    assert.equal(rates.length, 2, said);
    for (const [, rate, part, whole] of rates) assert.ok(Math.abs((100 * part) / whole - rate) < 0.06, said);
  });
  assert.deepEqual(tab.faults, [], "no error in the console");
} finally {
  await tab.close();
}
