// One journey, step by step.

import { get, query, quote } from "./ask.js";
import { el, preciseTime, replace, span } from "./dom.js";

const state = { id: "" };
let parts;

export function build(root, info) {
  const input = el("input", { id: "journey-id", class: "mono", size: 40, autocomplete: "off", spellcheck: "false" });
  const form = el("form", {
    class: "bar",
    onsubmit: (event) => {
      event.preventDefault();
      location.hash = `#journey/${encodeURIComponent(input.value.trim())}`;
    },
  }, el("label", { for: "journey-id" }, "Journey id", input), el("button", { class: "primary" }, "Follow"));
  parts = { input, recent: el("div"), steps: el("div"), info };
  replace(root, form,
    el("div", { class: "panel" }, el("h2", {}, "Steps"), parts.steps),
    el("div", { class: "panel" }, el("h2", {}, "Journeys that went furthest, last 24 hours"), parts.recent));
}

export function show(id) {
  state.id = id;
  parts.input.value = id;
}

export async function update() {
  const funnels = parts.info.contracts.filter(({ steps }) => steps.length > 0);
  const recent = Promise.all(funnels.map(furthest));
  if (!state.id) {
    replace(parts.steps, el("p", { class: "quiet" }, "Choose a journey, or paste its id."));
  } else {
    const id = /^[0-9A-Za-z-]{1,64}$/.test(state.id) ? state.id : "no-id";
    const { events } = await get(`/api/journey?id=${id}`);
    replace(parts.steps, timeline(events));
  }
  const links = (await recent).flat();
  replace(parts.recent, links.length ? el("ul", {}, links) : el("p", { class: "quiet" }, "No journey yet."));
}

function timeline(events) {
  if (!events.length) return el("p", { class: "quiet" }, "No event has this journey id.");
  // Sorted by the lab: to the nanosecond, at the same time in the order of the steps, then as received.
  return el("ol", { class: "timeline" }, events.map(({ nanos, verdict, attributes }, at) => {
    const gap = at ? Number(BigInt(nanos) - BigInt(events[at - 1].nanos)) / 1e6 : 0;
    const pairs = Object.entries(attributes)
      .filter(([key]) => !["funnelStep", "journeyId"].includes(key))
      .map(([key, value]) => [el("dt", {}, key), el("dd", {}, String(value))]);
    return el("li", {},
      el("h3", { class: "title" }, attributes.funnelStep ?? "without a step",
        verdict === "good" ? "" : el("span", { class: `verdict ${verdict}` }, verdict)),
      el("p", { class: "quiet" }, preciseTime(nanos), at ? (gap ? `, ${span(gap)} later` : ", at the same time") : ""),
      el("dl", { class: "pairs" }, pairs));
  }));
}

// The journeys of a contract by the last step that they took.
async function furthest({ event, steps }) {
  const reached = [...steps].reverse().map((step) => `WHERE funnelStep = ${quote(step)}`).join(", ");
  const { results: rows } = await query(`FROM ${event} SELECT uniques(journeyId, 5) WHERE journeyId IS NOT NULL
    FACET CASES (${reached}) SINCE 1 day ago`);
  const seen = new Set();
  const links = [...steps].reverse().flatMap((step) => {
    const row = rows.find((candidate) => String(candidate.facet).includes(`'${step}'`));
    const ids = Object.values(row ?? {}).find(Array.isArray) ?? [];
    return ids.filter((id) => !seen.has(id) && seen.add(id)).map((id) => [step, id]);
  });
  return links.slice(0, 12).map(([step, id]) => el("li", {},
    el("a", { href: `#journey/${encodeURIComponent(id)}`, class: "mono" }, id), el("span", { class: "quiet" }, ` ${step}`)));
}
