// A key figure: what is final, what is known so far, its target and how it went.

import { bullet, trend } from "./chart.js";
import { date, el, number, share, span, table, time } from "./dom.js";

const TONES = { "above target": "good", "below target": "bad" };

/** The card of one key figure. */
export function card(kpi, report) {
  const { mature, so_far: soFar } = kpi;
  const began = kpi.cohorts.filter((cohort) => cohort.began > 0);
  return el("div", { class: "panel kpi", "data-kpi": kpi.name },
    el("h2", {}, kpi.title),
    ...(mature.whole ? final(kpi) : [
      el("p", { class: "number muted" }, "not yet known"),
      el("p", { class: "quiet" }, kpi.settles_after_ms === null ? "A step of it has no bound in time, so that it can always grow."
        : `No journey of the period is ${span(kpi.settles_after_ms)} old, which it takes until the last bound has passed.`),
    ]),
    kpi.provisional ? el("p", { class: "quiet" }, el("span", { class: "tag" }, "provisional"),
      ` So far ${share(soFar.rate)}: ${number(soFar.part)} of ${number(soFar.whole)}, younger journeys among them. It can still grow.`) : null,
    trend(began, kpi.target, `${kpi.title}, by ${report.every} of the beginning`),
    el("p", { class: "quiet" }, `By ${report.every} of the beginning, ${report.zone}. Hatched: not all of its journeys are old enough.`),
    el("details", { "data-key": `cohorts-${kpi.name}` }, el("summary", {}, `Cohorts (${number(began.length)})`), cohorts(began, report)));
}

function final(kpi) {
  const { mature } = kpi;
  const few = kpi.verdict === "too few journeys" ? `; at least ${number(kpi.least_n)} are needed` : "";
  return [
    el("p", { class: "number" }, share(mature.rate)),
    bullet(mature.rate, mature.low, mature.high, kpi.target, kpi.target === null ? share(mature.rate) : `${share(mature.rate)}, target ${share(kpi.target)}`),
    el("p", {}, el("span", { class: TONES[kpi.verdict] ?? "muted" }, `${kpi.verdict}${few}`),
      kpi.target === null ? "" : ` · target ${share(kpi.target)}, the upright mark`),
    el("p", { class: "quiet" }, `Final: ${number(mature.part)} of n = ${number(mature.whole)} mature journeys; thin line: 95 % interval, ${share(mature.low)} to ${share(mature.high)}.`),
  ];
}

function cohorts(began, report) {
  const heads = [{ name: "began" }, ...["journeys", "of", "converted", "rate", "95 % interval"].map((name) => ({ name, num: true })), { name: "state" }];
  const rows = [...began].reverse().map((cohort) => [
    report.every === "hour" ? time(cohort.from) : date(cohort.from), number(cohort.began), number(cohort.whole), number(cohort.part),
    share(cohort.rate), cohort.whole ? `${share(cohort.low)} to ${share(cohort.high)}` : "–", cohort.mature ? "mature" : "provisional",
  ]);
  return el("div", { class: "tall" }, table(heads, rows));
}
