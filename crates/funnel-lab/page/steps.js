// The steps of a funnel, and the journeys that went no further.

import { choose } from "./choices.js";
import { bar } from "./chart.js";
import { el, number, replace, share, time } from "./dom.js";
import { buttons, ofFunnel } from "./picture.js";

/** Fills `node`. */
export function show(node, report, chosen) {
  const { steps } = report.funnel;
  const first = steps[0]?.count ?? 0;
  replace(node,
    el("p", { class: "quiet" }, `${number(report.funnel.began)} journeys began in the period. `,
      report.order === "any" ? "A journey counts at a step if it took that step and all earlier steps, in any order."
        : "A journey counts at a step if it took all earlier steps before it."),
    el("ol", { class: "funnel" }, steps.map((step, at) => one(step, at, steps, first, chosen))),
    buttons("the funnel", () => ofFunnel("Journeys through the funnel", steps.map((step, at) => [
      step.step, step.count / (first || 1), number(step.count) + (at ? ` · ${share(step.of_previous.rate)}` : ""),
    ]))));
}

function one(step, at, steps, first, chosen) {
  const before = steps[at - 1];
  const lost = at ? before.count - step.count - step.open : 0;
  const rate = at
    ? el("span", {}, el("b", {}, share(step.of_previous.rate)), ` of ${before.step}`,
      at > 1 ? `, ${share(step.of_first.rate)} of all` : "")
    : el("span", {}, "took the first step");
  const drop = at && lost > 0
    ? el("button", {
      type: "button", class: "link", "data-level": at, "aria-expanded": String(chosen.level === String(at) && !chosen.value),
      onclick: () => choose(chosen.level === String(at) ? { level: "", value: "" } : { level: String(at), value: "" }),
    }, `${number(lost)} dropped off`) : null;
  return el("li", { "data-step": step.step },
    el("span", { class: "step-name" }, step.step),
    el("span", { class: "number" }, number(step.count)),
    bar(step.count / (first || 1), `${step.step}: ${number(step.count)}`),
    el("span", { class: "rate" }, rate),
    at ? el("span", { class: "rate" }, `95 %: ${share(step.of_previous.low)} to ${share(step.of_previous.high)}`) : null,
    drop,
    step.open ? el("span", { class: "rate" }, `${number(step.open)} still have time`) : null);
}

/** The journeys that stopped at the chosen step. */
export function stopped(report, chosen, found) {
  if (!found) return null;
  const level = Number(chosen.level);
  const { steps } = report.funnel;
  const name = steps[level - 1]?.step ?? "";
  const next = steps[level]?.step ?? "";
  const of = chosen.value ? `, ${chosen.by} ${chosen.value}` : "";
  const rows = found.journeys.map(({ journey, began }) => el("li", {},
    el("a", { class: "mono", href: `#journey/${encodeURIComponent(journey)}` }, journey),
    el("span", { class: "quiet" }, ` began ${time(began)}`)));
  return el("div", { class: "stopped" },
    el("div", { class: "head" },
      el("h3", { class: "title" }, `${number(found.count)} journeys took ${name} and not ${next}${of}`),
      el("button", { type: "button", onclick: () => choose({ level: "", value: "" }) }, "Close")),
    found.count > rows.length ? el("p", { class: "quiet" }, `The latest ${rows.length}:`) : null,
    el("ol", { class: "columns" }, rows));
}
