// The same funnel for each value of one attribute.

import { bar } from "./chart.js";
import { choose } from "./choices.js";
import { el, number, share, table } from "./dom.js";

const SHOWN = 30;

export function panel(report) {
  const { by, segments } = report.funnel;
  const steps = report.funnel.steps.map(({ step }) => step);
  const heads = [{ name: by }, { name: "began", num: true }, ...steps.map((name) => ({ name, num: true }))];
  const rows = segments.slice(0, SHOWN).map((segment) => [
    segment.value ?? "(none)", number(segment.began),
    ...segment.steps.map((step, at) => cell(segment, step, at)),
  ]);
  return el("div", { class: "panel", id: "breakdown" },
    el("h2", {}, `By ${by}`),
    el("p", { class: "quiet" }, "Each journey has the value from its first event that has one. Below each count: the rate relative to the previous step, with its 95 % interval."),
    table(heads, rows),
    segments.length > SHOWN ? el("p", { class: "quiet" }, `The ${SHOWN} largest of ${number(segments.length)}; a download has all.`) : null);
}

function cell(segment, step, at) {
  if (!at) return number(step.count);
  const { rate, low, high } = step.of_previous;
  const lost = segment.steps[at - 1].count - step.count - step.open;
  return el("div", { class: "figure" },
    el("span", {}, number(step.count), " · ", el("b", {}, share(rate))),
    rate === null ? null : bar(rate, `${share(rate)} of the previous step`),
    rate === null ? null : el("span", { class: "quiet" }, `${share(low)} to ${share(high)}`),
    lost > 0 && segment.value !== null
      ? el("button", { type: "button", class: "link quiet", onclick: () => choose({ level: String(at), value: segment.value }) }, `${number(lost)} dropped off`) : null);
}
