// A key figure: what is final, what is known so far, its target and how it went.

import { bullet, trend } from "./chart.js";
import { date, el, number, share, span, table, time } from "./dom.js";
import { withButtons } from "./picture.js";

const TONES = { "above target": "good", "below target": "bad" };

// The cards whose table of cohorts is open, which an update of the page leaves open.
const opened = new Set();

/** The card of one key figure. */
export function card(kpi, report) {
  const { mature, so_far: soFar } = kpi;
  const began = kpi.cohorts.filter((cohort) => cohort.began > 0);
  return el("div", { class: "panel kpi", "data-kpi": kpi.name },
    el("h2", {}, kpi.title),
    ...(mature.whole ? final(kpi) : [
      el("p", { class: "number muted" }, "not yet known"),
      el("p", { class: "quiet" }, kpi.settles_after_ms === null ? "A step of it has no bound in time, so that it can always grow."
        : `No journey in this period is ${span(kpi.settles_after_ms)} old yet; a figure is final only when that time has passed.`),
    ]),
    kpi.provisional ? el("p", { class: "quiet" }, el("span", { class: "tag" }, "provisional"),
      ` So far ${share(soFar.rate)}: ${number(soFar.part)} of ${number(soFar.whole)}, including journeys that are not mature. This figure can still change.`) : null,
    withButtons(trend(began, kpi.target, `${kpi.title}, by ${report.every} of the beginning`), `the trend of ${kpi.name}`),
    el("p", { class: "quiet" }, `By the ${report.every} in which the journeys began, ${report.zone}. Hatched: not all of these journeys are mature.`),
    el("p", { class: "latest" }, latest(began, report)),
    el("details", {
      open: opened.has(kpi.name),
      ontoggle: (event) => (event.target.open ? opened.add(kpi.name) : opened.delete(kpi.name)),
    }, el("summary", { "data-key": `cohorts-${kpi.name}` }, `Cohorts (${number(began.length)})`), cohorts(began, report)));
}

function final(kpi) {
  const { mature } = kpi;
  const few = kpi.verdict === "too few journeys" ? `; at least ${number(kpi.least_n)} are needed` : "";
  return [
    el("p", { class: "number" }, share(mature.rate)),
    bullet(mature.rate, mature.low, mature.high, kpi.target, kpi.target === null ? share(mature.rate) : `${share(mature.rate)}, target ${share(kpi.target)}`),
    el("p", {}, el("span", { class: TONES[kpi.verdict] ?? "muted" }, `${kpi.verdict}${few}`),
      kpi.target === null ? "" : ` · target ${share(kpi.target)} (vertical line)`),
    el("p", { class: "quiet" }, `Final: ${number(mature.part)} of n = ${number(mature.whole)} mature journeys; 95 % interval (thin line): ${share(mature.low)} to ${share(mature.high)}.`),
  ];
}

// Whether the latest final cohort did better than the one before.
function latest(began, report) {
  const [before, last] = began.filter(({ mature, whole }) => mature && whole > 0).slice(-2);
  if (!last) return `There are fewer than two final cohorts by ${report.every}.`;
  const said = ({ from, rate, part, whole }) => `${date(from)} ${share(rate)} (${number(part)} of ${number(whole)})`;
  const verdict = last.low > before.high ? "better" : last.high < before.low ? "worse" : "no clear difference: the intervals overlap";
  return [`Latest final ${report.every}: ${said(last)}; the one before: ${said(before)}. `, el("b", {}, verdict)];
}

function cohorts(began, report) {
  const heads = [{ name: "began" }, ...["journeys", "of", "converted", "rate", "95 % interval"].map((name) => ({ name, num: true })), { name: "state" }];
  const rows = [...began].reverse().map((cohort) => [
    report.every === "hour" ? time(cohort.from) : date(cohort.from), number(cohort.began), number(cohort.whole), number(cohort.part),
    share(cohort.rate), cohort.whole ? `${share(cohort.low)} to ${share(cohort.high)}` : "–", cohort.mature ? "mature" : "provisional",
  ]);
  return el("div", { class: "tall" }, table(heads, rows));
}
