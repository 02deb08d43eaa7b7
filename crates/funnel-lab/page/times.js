// How long journeys take from one step to the next.

import { bars } from "./chart.js";
import { el, number, span } from "./dom.js";
import { withButtons } from "./picture.js";

const label = (from, to) => (to === null ? `over ${span(from)}` : from ? `${span(from)} to ${span(to)}` : `under ${span(to)}`);

export function times(report) {
  const { steps } = report.funnel;
  const timed = steps.map((step, at) => [step, steps[at - 1]]).filter(([step]) => step.time);
  if (report.order === "any") return el("p", { class: "quiet" }, "Times need an order: choose steps in order.");
  if (!timed.length) return el("p", { class: "quiet" }, "No journey has reached a second step yet.");
  return el("div", { class: "grid3" }, timed.map(([{ step, time }, before]) => el("div", {},
    el("h3", { class: "step-name" }, `${before.step} to ${step}`),
    el("p", {}, el("b", { class: "large" }, span(time.median_ms)), " median, ", el("b", {}, span(time.p90_ms)), " for nine in ten"),
    withButtons(bars(time.histogram.map(([from, to, count]) => ({ label: label(from, to), count })),
      `Time from ${before.step} to ${step}`), `the time from ${before.step} to ${step}`),
    el("p", { class: "quiet" }, `${number(time.count)} journeys`))));
}
