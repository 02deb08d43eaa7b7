// The funnel: its steps, both KPIs, the steps over time, a breakdown, and what adds up to what.

import { get, query, quote, steps } from "./ask.js";
import { bar, bullet, line } from "./chart.js";
import { choice, counted, el, number, percent, replace, table, time } from "./dom.js";

const WINDOWS = [["15 minutes", "15 minutes"], ["1 hour", "1 hour"], ["1 day", "24 hours"], ["7 days", "7 days"]];
const COHORTS = [["real", "real"], ["synthetic", "synthetic"], ["", "real and synthetic"]];
const FACETS = [["actor", "Actor"], ["tier", "Tier"], ["cohort", "Cohort"]];

// Queries of the pack, by name; each is of the real cohort and of one day, which the page's choices replace.
const FUNNEL = "funnel";
const SERIES = "steps-over-time";
const KPI = "kpi-";

// Milliseconds: the least span of the series, and the span from which on the whole window is shown.
const SHORTEST = 5 * 60_000;
const LONGEST = { "15 minutes": 900_000, "1 hour": 3_600_000, "1 day": 86_400_000, "7 days": 86_400_000 };

const state = { since: "1 day", cohort: "real", chosen: false, facet: "actor" };
const parts = {};

export function build(root, info, refresh) {
  const select = (label, options, key) =>
    el("label", {}, label, el("select", {
      onchange: (event) => { state[key] = event.target.value; state.chosen = true; refresh(); },
      "data-choice": key,
    }, options.map(([value, text]) => el("option", { value, selected: value === state[key] }, text))));
  for (const name of ["note", "funnel", "kpis", "series", "facets", "laws"]) parts[name] = el("div");
  replace(root,
    el("div", { class: "bar" }, select("Window", WINDOWS, "since"), select("Cohort", COHORTS, "cohort")),
    parts.note,
    el("div", { class: "panel" }, el("h2", {}, "Journeys through the funnel"),
      el("p", { class: "quiet" }, "A journey counts at a step when it took every step before it."), parts.funnel),
    parts.kpis,
    el("div", { class: "panel" }, el("h2", {}, "Events over time"),
      el("p", { class: "quiet" }, "Each event once, from the first in the window. One journey may provision or pay several times."),
      parts.series),
    el("div", { class: "panel" },
      el("div", { class: "head" }, el("h2", { class: "title" }, "Journeys that have the step"),
        choice("Breakdown by", FACETS, () => state.facet, (facet) => { state.facet = facet; refresh(); })),
      el("p", { class: "quiet" }, "Whatever steps came before, so that a column may be more than the funnel says."),
      parts.facets),
    el("div", { class: "panel" }, el("h2", {}, "What adds up to what"), parts.laws));
  parts.info = info;
  parts.root = root;
}

const where = () => (state.cohort ? `WHERE cohort = ${quote(state.cohort)}` : "");
const since = () => `SINCE ${state.since} ago`;

// A day with an hour of data in it would be a flat line and a peak, so the series begins with the first event, and a
// tenth before it: a first bucket that is not whole is left out.
function seriesBegin(first) {
  const age = Math.max(1.1 * (Date.now() - first), SHORTEST);
  return first && age < LONGEST[state.since] ? `SINCE ${Math.floor(Date.now() - age)}` : since();
}

// A query of the pack as the page's choices have it.
function adapted({ query: text }, begin = since()) {
  const cohort = state.cohort ? `cohort = ${quote(state.cohort)}` : "cohort IS NOT NULL";
  return text.replace("cohort = 'real'", cohort).replace("SINCE 1 day ago", begin);
}

// Until somebody chooses, the page shows a cohort that there is.
async function chooseCohort(event) {
  if (state.chosen) return;
  const { results } = await query(`FROM ${event} SELECT count(*) FACET cohort ${since()}`);
  const there = results.map((row) => row.facet);
  state.cohort = there.length && !there.includes("real") ? "" : "real";
  const select = parts.root.querySelector('[data-choice="cohort"]');
  if (select.value !== state.cohort) select.value = state.cohort;
}

// What the choices leave out, when they leave nothing.
async function note(info, first) {
  if (first) return null;
  const { results } = await query(`FROM ${info.event} SELECT count(*) AS n, max(timestamp) AS last FACET cohort SINCE 30 days ago`);
  const others = results.map((row) => `${number(row.n)} of cohort ${row.facet}, the last at ${time(row.last)}`);
  return el("p", { class: "note" }, `No event of these choices.${others.length ? ` There are ${others.join("; ")}.` : ""}`);
}

const columns = (info, aggregate) =>
  info.steps.map((step) => `filter(${aggregate}, WHERE funnelStep = ${quote(step)}) AS ${quote(step)}`).join(", ");

export async function update(counts) {
  const info = parts.info;
  const { event } = info;
  const pack = (name) => info.examples.find((example) => example.name === name);
  const kpis = info.examples.filter(({ name }) => name.startsWith(KPI));
  await chooseCohort(event);
  const facetWhere = state.facet === "cohort" ? "" : where();
  const { results: [{ first }] } = await query(`FROM ${event} SELECT min(timestamp) AS first ${where()} ${since()}`);
  const begin = seriesBegin(first);
  const [funnel, series, facets, conservation, absence, ...answers] = await Promise.all([
    query(adapted(pack(FUNNEL))),
    query(adapted(pack(SERIES), begin)),
    query(`FROM ${event} SELECT ${columns(info, "uniqueCount(journeyId)")} ${facetWhere} FACET ${state.facet} LIMIT 12 ${since()}`),
    get("/api/conservation"),
    note(info, first),
    ...kpis.map((kpi) => query(adapted(kpi))),
  ]);
  replace(parts.note, absence);
  replace(parts.funnel, funnelSteps(info, steps(funnel)));
  replace(parts.kpis, el("div", { class: "grid2" }, kpis.map((kpi, at) => kpiPanel(kpi, answers[at]))));
  replace(parts.series, el("div", { class: "grid4" }, info.steps.map((step) => el("div", {},
    el("h3", { class: "step-name" }, step),
    line(series.results.map((row) => [row.beginTimeSeconds * 1000, row[step], row.endTimeSeconds * 1000]), `${step} over time`)))));
  replace(parts.facets, facetTable(info, facets.results));
  replace(parts.laws, laws(counts, conservation.services));
}

function funnelSteps(info, reached) {
  const first = reached[0] ?? 0;
  return el("ol", { class: "funnel" }, info.steps.map((step, at) => {
    const here = reached[at] ?? 0;
    const rate = at === 0
      ? el("span", {}, "journeys that started here")
      : el("span", {}, el("b", {}, percent(here, reached[at - 1])), ` of ${info.steps[at - 1]}`,
        at > 1 ? `, ${percent(here, first)} of all` : "");
    return el("li", { "data-step": step },
      el("span", { class: "step-name" }, step),
      el("span", { class: "number" }, number(here)),
      bar(here / (first || 1), `${step}: ${number(here)}`),
      el("span", { class: "rate" }, rate));
  }));
}

// Wilson's 95 % interval: it holds for few cases and for shares near 0.
function wilson(hits, n) {
  if (!n) return [0, 0];
  const z = 1.96;
  const p = hits / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

// The numbers and words of a KPI are those of its query: the labels of both steps, the target of its title.
function kpiPanel(kpi, answer) {
  const [n = 0, hits = 0] = steps(answer);
  const [of, reached] = answer.rawResponse.metadata?.contents?.[0]?.steps ?? ["the first step", "the second"];
  const share = n ? hits / n : 0;
  const [low, high] = wilson(hits, n);
  let verdict = "no data yet";
  let tone = "muted";
  if (n) {
    verdict = low > kpi.target ? "over the target" : high < kpi.target ? "under the target" : "too few cases to tell";
    tone = low > kpi.target ? "good" : high < kpi.target ? "bad" : "muted";
  }
  return el("div", { class: "panel kpi" },
    el("h2", {}, kpi.title.replace(/^KPI: /, "").replace(/, target.*$/, "").replace(/^./, (first) => first.toUpperCase())),
    el("p", { class: "quiet" }, kpi.question),
    el("p", { class: "number" }, percent(hits, n)),
    bullet(share, low, high, kpi.target, `${percent(hits, n)}, target ${percent(kpi.target, 1)}`),
    el("p", {}, el("span", { class: tone }, verdict), ` · target over ${Number((kpi.target * 100).toFixed(2))} %, the upright mark`),
    el("p", { class: "quiet" },
      `${number(hits)} ${reached} of n = ${number(n)} ${of}; cohort ${state.cohort || "real and synthetic"}; last ${WINDOWS.find(([value]) => value === state.since)[1]}`
      + (n ? `; thin line: 95 % interval, ${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %` : "")));
}

function facetTable(info, rows) {
  if (!rows.length) return el("p", { class: "quiet" }, `No event in this window has the attribute ${state.facet}.`);
  const heads = [{ name: state.facet }, ...info.steps.map((step) => ({ name: step, num: true }))];
  return table(heads, rows.map((row) => [String(row.facet), ...info.steps.map((step) => number(row[step]))]));
}

function laws(counts, services) {
  const law = (name, sum, terms, holds) => el("p", { class: "law" },
    el("b", {}, name), ` ${number(sum[1])} ${sum[0]} = `,
    terms.map(([term, value]) => `${number(value)} ${term}`).join(" + "), " ",
    el("span", { class: holds ? "good" : "bad" }, holds ? "holds" : "does not hold"));
  const held = counts.good + counts.bad + counts.duplicate + counts.other;
  const { spans, metric_points: points } = counts.not_kept;
  return [
    law("lab", ["received", counts.total],
      [["good", counts.good], ["bad", counts.bad], ["duplicate", counts.duplicate], ["other", counts.other]],
      held === counts.total),
    spans || points ? el("p", { class: "law quiet" },
      `Besides, counted and not kept: ${counted(spans, "span")}, ${counted(points, "metric point")}.`) : null,
    counts.refused ? el("p", { class: "law" }, el("a", { href: "#events" }, `${number(counts.refused)} refused`), ", with the reason.") : null,
    ...services.map((service) => (service.unreachable
      ? el("p", { class: "law" }, el("b", {}, service.service), " ",
        el("span", { class: "bad" }, `gives no numbers: ${service.unreachable}`))
      : law(service.service, ["recorded", service.recorded], [["delivered", service.delivered],
        ...(service.handed_over ? [["handed over", service.handed_over]] : []),
        ["dropped", service.dropped], ["pending", service.pending]], service.holds))),
  ];
}
