// The stream of events, and why the bad ones are bad.

import { get } from "./ask.js";
import { choice, el, replace, time } from "./dom.js";
import { refused } from "./refused.js";

const VERDICTS = [["", "All"], ["good", "Good"], ["bad", "Bad"], ["duplicate", "Duplicate"], ["other", "Other"]];
const state = { verdict: "", open: new Set() };
let list;
let filter;
let refusals;

export function build(root, info, refresh) {
  list = el("div");
  filter = choice("Verdict", VERDICTS, () => state.verdict, (verdict) => { state.verdict = verdict; refresh(); });
  refusals = el("div");
  replace(root, el("div", { class: "bar" }, filter), refusals, el("div", { class: "panel" }, list));
}

export function show(verdict) {
  state.verdict = verdict;
  filter.sync();
}

export async function update(counts) {
  if (refusals.dataset.total !== String(counts.refused)) {
    refusals.dataset.total = String(counts.refused);
    replace(refusals, await refused(counts.refused));
  }
  const asked = state.verdict ? `&verdict=${state.verdict}` : "";
  const { events } = await get(`/api/events?limit=100${asked}`);
  // A row that is being read, or is focused, keeps its place: nothing is rebuilt while the same events are shown.
  const key = events.map((event) => event.id).join() + state.verdict;
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  if (!events.length) {
    replace(list, el("p", { class: "quiet" }, state.verdict ? `No ${state.verdict} event.` : "No event."));
    return;
  }
  const head = ["Time", "Verdict", "What", "Service", "Why, or journey", ""]
    .map((name) => el("th", { scope: "col", class: name === "Service" ? "wide" : undefined }, name));
  replace(list, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events, newest first" },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, events.map(rows).flat()))));
}

function rows(event) {
  const { attributes } = event;
  const pairs = Object.entries(attributes).map(([key, value]) => [el("dt", {}, key), el("dd", {}, String(value))]);
  const detail = el("tr", { hidden: !state.open.has(event.id) },
    el("td", { colspan: 6, class: "wrap" }, el("dl", { class: "pairs" }, pairs)));
  const toggle = el("button", {
    class: "link", type: "button", "aria-expanded": String(state.open.has(event.id)),
    onclick: () => {
      detail.hidden = !detail.hidden;
      toggle.setAttribute("aria-expanded", String(!detail.hidden));
      if (detail.hidden) state.open.delete(event.id); else state.open.add(event.id);
    },
  }, "attributes");
  const journey = attributes.journeyId;
  const why = event.problems.length
    ? event.problems.map((problem) => el("div", { class: "problem" },
      el("b", {}, problem.key || "record"), ` breaks the rule ${problem.rule}`,
      problem.sample ? el("span", {}, ", looks like ", el("code", {}, problem.sample)) : "",
      el("span", { class: "quiet" }, ` · New Relic: ${problem.fate}`)))
    : journey ? el("a", { href: `#journey/${encodeURIComponent(journey)}`, class: "mono", title: journey }, journey) : "";
  const row = el("tr", {},
    el("td", {}, time(event.timestamp)),
    el("td", {}, el("span", { class: `verdict ${event.verdict}` }, event.verdict)),
    el("td", {}, attributes.funnelStep ?? event.type),
    el("td", { class: "wide" }, attributes.serviceName ?? attributes["service.name"] ?? ""),
    el("td", { class: event.problems.length ? "wrap" : undefined }, why),
    el("td", {}, toggle));
  return [row, detail];
}
