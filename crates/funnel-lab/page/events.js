// The stream of events, and why the bad ones are bad.

import { get } from "./ask.js";
import { choice, counted, el, number, replace, theZone, time } from "./dom.js";
import { refused } from "./refused.js";

const VERDICTS = [["", "All"], ["good", "Good"], ["bad", "Bad"], ["duplicate", "Duplicate"], ["other", "Other"]];
const PAGE = 100;
const state = { verdict: "", rule: "", step: "", before: [], paused: false, open: new Set() };
const parts = {};
let shown;

export function build(root, info, refresh) {
  shown = refresh;
  // A filter begins at the newest event again.
  const narrow = (changes) => {
    Object.assign(state, { before: [] }, changes);
    write();
    refresh();
  };
  const select = (label, name, options) => el("label", {}, label, el("select", {
    "data-events": name, onchange: (event) => narrow({ [name]: event.target.value }),
  }, options.map((option) => el("option", { value: option }, option || "any"))));
  const steps = [...new Set(info.contracts.flatMap((contract) => contract.steps))];
  parts.verdict = choice("Verdict", VERDICTS, () => state.verdict, (verdict) => narrow({ verdict }));
  parts.step = select("Step", "step", ["", ...steps]);
  parts.rule = select("Broken rule", "rule", [""]);
  parts.pause = el("button", {
    type: "button", "aria-pressed": "false",
    onclick: () => { state.paused = !state.paused; arrange(); refresh(); },
  }, "Pause");
  for (const name of ["list", "refusals", "rules", "pager"]) parts[name] = el("div");
  parts.list.id = "event-list";
  parts.narrow = narrow;
  replace(root, el("div", { class: "bar" }, parts.verdict, parts.step, parts.rule, parts.pause),
    parts.refusals, parts.rules, el("div", { class: "panel" }, parts.list, parts.pager));
}

/** Shows what an address such as `#events/bad?rule=slug` asks for. */
export function show(verdict, asked) {
  const chosen = { verdict, rule: asked.get("rule") ?? "", step: asked.get("step") ?? "" };
  if (Object.entries(chosen).some(([name, value]) => state[name] !== value)) state.before = [];
  Object.assign(state, chosen);
  arrange();
}

function write() {
  const asked = new URLSearchParams(["rule", "step"].filter((name) => state[name]).map((name) => [name, state[name]]));
  history.replaceState(null, "", `#events${state.verdict ? `/${state.verdict}` : ""}${asked.size ? `?${asked}` : ""}`);
  arrange();
}

function arrange() {
  parts.verdict.sync();
  parts.pause.setAttribute("aria-pressed", String(state.paused));
  for (const name of ["rule", "step"]) {
    const node = parts[name].querySelector("select");
    if (![...node.options].some(({ value }) => value === state[name])) node.append(el("option", { value: state[name] }, state[name]));
    node.value = state[name];
  }
}

export async function update(counts) {
  if (parts.refusals.dataset.total !== String(counts.refused)) {
    parts.refusals.dataset.total = String(counts.refused);
    replace(parts.refusals, await refused(counts.refused));
  }
  if (parts.rules.dataset.bad !== `${counts.total}`) {
    parts.rules.dataset.bad = `${counts.total}`;
    showRules((await get("/api/problems")).problems);
  }
  const asked = new URLSearchParams({ limit: PAGE });
  for (const name of ["verdict", "rule", "step"]) if (state[name]) asked.set(name, state[name]);
  if (state.before.length) asked.set("before", state.before.at(-1));
  const choices = `${asked}${theZone()}`;
  if (state.paused && parts.list.dataset.asked === choices) return;
  parts.list.dataset.asked = choices;
  const { events } = await get(`/api/events?${asked}`);
  // A row that is being read, or is focused, keeps its place: nothing is rebuilt while the same events are shown.
  const key = `${events.map((event) => event.id).join()}?${choices}`;
  if (parts.list.dataset.key === key) return;
  parts.list.dataset.key = key;
  replace(parts.list, events.length ? table(events) : el("p", { class: "quiet" }, "No such event."));
  showPager(events);
}

function showRules(problems) {
  const node = parts.rule.querySelector("select");
  for (const { rule } of problems) {
    if (![...node.options].some(({ value }) => value === rule)) node.append(el("option", { value: rule }, rule));
  }
  replace(parts.rules, problems.length ? el("div", { class: "panel" }, el("h2", {}, "Broken rules"),
    el("ul", { class: "columns", id: "rules" }, problems.slice(0, 30).map(({ rule, key, events }) => el("li", {},
      el("button", { type: "button", class: "link", onclick: () => parts.narrow({ verdict: "bad", rule }) }, rule),
      ` ${key || "record"}: ${counted(events, "event")}`)))) : null);
}

function showPager(events) {
  const older = events.length > 1 ? events.at(-1).id : null;
  const turn = (change) => async () => {
    change();
    await shown();
    parts.list.querySelector(".scroll")?.focus();
  };
  const from = state.before.length * PAGE;
  replace(parts.pager, el("nav", { class: "bar middle", "aria-label": "Pages of events" },
    el("button", { type: "button", disabled: !state.before.length, onclick: turn(() => { state.before = []; }) }, "Newest"),
    el("button", { type: "button", disabled: !state.before.length, onclick: turn(() => state.before.pop()) }, "Newer"),
    el("button", { type: "button", disabled: events.length < PAGE, onclick: turn(() => state.before.push(older)) }, "Older"),
    el("span", { class: "quiet" }, events.length ? `${number(from + 1)} to ${number(from + events.length)}, newest first` : "")));
}

function table(events) {
  const head = ["Time", "Verdict", "What", "Service", "Why, or journey", ""]
    .map((name) => el("th", { scope: "col", class: name === "Service" ? "wide" : undefined }, name));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events, newest first" },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, events.map(rows).flat())));
}

function rows(event) {
  const { attributes } = event;
  const pairs = Object.entries(attributes).map(([key, value]) => [el("dt", {}, key), el("dd", {}, String(value))]);
  const detail = el("tr", { hidden: !state.open.has(event.id) },
    el("td", { colspan: 6, class: "wrap" }, el("dl", { class: "pairs" }, pairs)));
  const toggle = el("button", {
    class: "link", type: "button", "aria-expanded": String(state.open.has(event.id)), "data-key": event.id,
    onclick: () => {
      detail.hidden = !detail.hidden;
      toggle.setAttribute("aria-expanded", String(!detail.hidden));
      if (detail.hidden) state.open.delete(event.id); else state.open.add(event.id);
    },
  }, "attributes");
  const journey = attributes.journeyId;
  const why = event.problems.length ? event.problems.map(problem)
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

function problem({ key, rule, sample, wanted, fate }) {
  return el("div", { class: "problem" },
    el("b", {}, key || "record"), ` breaks the rule ${rule}`,
    sample ? [", looks like ", el("code", {}, sample)] : null,
    wanted ? el("div", {}, "Wanted: ", el("span", { class: "wanted" }, wanted.replaceAll("`", ""))) : null,
    el("span", { class: "quiet" }, `New Relic: ${fate}`));
}
