// The first page: how many journeys came how far, what the key figures are, and who drops off where. Every number comes
// from /api/report, which `funnel report`, the gauges and the quickstart read too.

import { get } from "./ask.js";
import * as breakdown from "./breakdown.js";
import { choose, question, read } from "./choices.js";
import { el, number, replace, setZone } from "./dom.js";
import * as kpis from "./kpis.js";
import { laws } from "./laws.js";
import { csv, links } from "./save.js";
import * as steps from "./steps.js";
import { times } from "./times.js";

const PERIODS = [["1d", "1 day"], ["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"]];
const WINDOWS = [["", "any time"], ["30m", "30 minutes"], ["24h", "24 hours"], ["7d", "7 days"], ["30d", "30 days"]];
const ORDERS = [["ordered", "in order"], ["any", "in any order"]];
const COHORTS = [["real", "real"], ["synthetic", "synthetic"], ["all", "all"]];
const PIECES = [["", "by period"], ["hour", "hour"], ["day", "day"], ["week", "week"]];

const parts = {};

export function build(root, info) {
  const select = (label, name, options) => el("label", {}, label, el("select", {
    "data-choice": name, onchange: (event) => choose({ [name]: event.target.value, level: "", value: "" }),
  }, options.map(([value, text]) => el("option", { value }, text))));
  for (const name of ["note", "funnel", "stopped", "kpis", "breakdown", "times", "laws", "save"]) parts[name] = el("div");
  const by = select("Break down by", "by", [["", "nothing"]]);
  // One funnel needs no choice.
  const funnels = info.contracts.filter(({ steps: taken }) => taken.length > 0).map(({ event }) => event);
  const contract = funnels.length > 1 ? el("label", {}, "Contract", el("select", {
    "data-choice": "contract", onchange: (event) => choose({ contract: event.target.value, by: "", level: "", value: "" }),
  }, funnels.map((event, at) => el("option", { value: at ? event : "" }, event)))) : null;
  Object.assign(parts, { root, info, by: by.querySelector("select"), dimensions: "" });
  replace(root,
    el("div", { class: "bar" }, contract,
      select("Began in the last", "since", PERIODS), select("Cohort", "cohort", COHORTS), by,
      select("Time to convert", "window", WINDOWS), select("Steps", "order", ORDERS),
      select("Cohorts by", "every", PIECES)),
    parts.note,
    el("div", { class: "panel" }, el("h2", {}, "Journeys through the funnel"), parts.funnel, parts.stopped),
    parts.kpis,
    parts.breakdown,
    el("div", { class: "panel" }, el("h2", {}, "Time from step to step"), parts.times),
    el("div", { class: "panel" }, el("h2", {}, "Is everything here?"), parts.laws),
    parts.save);
}

// Choices as the address has them; what the events can be broken down by follows the events.
async function arrange(chosen) {
  const { dimensions } = await get(`/api/dimensions?${question({ contract: chosen.contract })}`);
  const keys = dimensions.filter(({ values }) => values.length > 0).map(({ key }) => key);
  if (chosen.by && !keys.includes(chosen.by)) keys.push(chosen.by);
  if (parts.dimensions !== keys.join()) {
    parts.dimensions = keys.join();
    replace(parts.by, el("option", { value: "" }, "nothing"), keys.map((key) => el("option", { value: key }, key)));
  }
  for (const node of parts.root.querySelectorAll("[data-choice]")) {
    const value = chosen[node.dataset.choice];
    if (![...node.options].some((option) => option.value === value)) node.append(el("option", { value }, value));
    if (node.value !== value) node.value = value;
  }
}

// Journeys of other cohorts or periods, when there are none of these.
async function note(report, chosen) {
  if (report.funnel.began > 0) return null;
  const { funnel } = await get(`/api/report?${question(chosen, { cohort: "all", since: "3650d", by: "cohort", every: "week", window: "" })}`);
  const there = funnel.segments.map(({ value, began }) => `${number(began)} of cohort ${value ?? "(none)"}`);
  const { unknown_start: unknown } = report.left_out;
  const left = unknown ? ` ${number(unknown)} journeys are left out because their beginning is not known.` : "";
  return el("p", { class: "note" }, `No journey began in this period with these choices.${there.length ? ` There are ${there.join("; ")}.` : ""}${left}`);
}

export async function update(counts) {
  const chosen = read();
  setZone(chosen.zone);
  await arrange(chosen);
  const [report, conservation] = await Promise.all([
    get(`/api/report?${question(chosen)}`).catch((error) => error), get("/api/conservation"),
  ]);
  if (report instanceof Error) {
    replace(parts.note, el("p", { class: "note", role: "alert" }, `No report: ${report.message}`));
    return;
  }
  const stopped = chosen.level === "" ? null
    : await get(`/api/stopped?${question(chosen, { level: chosen.level, ...only(chosen), limit: 50 })}`);
  replace(parts.note, await note(report, chosen));
  steps.show(parts.funnel, report, chosen);
  replace(parts.stopped, steps.stopped(report, chosen, stopped));
  replace(parts.kpis, el("div", { class: "grid2" }, report.kpis.map((kpi) => kpis.card(kpi, report))));
  replace(parts.breakdown, report.funnel.by ? breakdown.panel(report) : null);
  replace(parts.times, times(report));
  replace(parts.laws, laws(counts, conservation.services, report.left_out));
  replace(parts.save, links(report, csv));
}

// The drop-off of one segment is that of journeys with its value.
const only = ({ by, value }) => (by && value ? { where: `${by}:${value}` } : {});
