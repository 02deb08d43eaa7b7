// What came, what was kept, and whether the two agree, in words for people who do not send telemetry for a living.

import { counted, el, number } from "./dom.js";

function law(name, sum, terms, holds) {
  return el("p", { class: "law" }, el("b", {}, name), ` ${number(sum[1])} ${sum[0]} = `,
    terms.map(([term, value]) => `${number(value)} ${term}`).join(" + "), " ",
    el("span", { class: holds ? "good" : "bad" }, holds ? "adds up" : "does not add up"));
}

export function laws(counts, services, leftOut) {
  const held = counts.good + counts.bad + counts.duplicate + counts.other;
  const { spans, metric_points: points } = counts.not_kept;
  const { unknown_start: unknown, unlinked_events: unlinked } = leftOut;
  return [
    el("p", { class: "quiet" }, "Each event that a service records must arrive, or be counted as lost. Where a line adds up, no event is missing from the figures above."),
    law("The lab:", ["events received", counts.total],
      [["good", counts.good], ["that break the contract", counts.bad], ["sent twice", counts.duplicate], ["that are not funnel events", counts.other]],
      held === counts.total),
    unknown || unlinked ? el("p", { class: "law" }, el("b", {}, "Left out of the figures:"),
      ` ${counted(unknown, "journey")} whose beginning is not known, ${counted(unlinked, "event")} without a journey.`) : null,
    spans || points ? el("p", { class: "law quiet" },
      `Also received and counted, but not stored: ${counted(spans, "span")}, ${counted(points, "metric point")}.`) : null,
    counts.refused ? el("p", { class: "law" }, el("a", { href: "#events" }, `${number(counts.refused)} refused`), ", with the reason.") : null,
    ...services.map((service) => (service.unreachable
      ? el("p", { class: "law" }, el("b", {}, service.service), " ",
        el("span", { class: "bad" }, `could not be read: ${service.unreachable}`))
      : law(`The service ${service.service}:`, ["events recorded", service.recorded], [["delivered", service.delivered],
        ...(service.handed_over ? [["handed over to another sender", service.handed_over]] : []),
        ["lost, each with a reason", service.dropped], ["waiting to be sent", service.pending]], service.holds))),
  ];
}
