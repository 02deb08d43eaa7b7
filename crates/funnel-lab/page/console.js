// The NRQL console: examples, history, the fault underlined, the answer as table, chart, JSON and CSV.

import { QueryError, query, steps } from "./ask.js";
import { bar, line } from "./chart.js";
import { choice, counted, el, number, percent, replace, table } from "./dom.js";

const KEPT = 20;
const HISTORY = "funnel-lab-history";
const FORMS = [["table", "Table"], ["chart", "Chart"], ["json", "JSON"], ["csv", "CSV"]];
const state = { form: "table", answer: null, turn: 0 };
let parts;

export function build(root, info) {
  const text = el("textarea", {
    id: "nrql", rows: 6, spellcheck: "false", autocomplete: "off", "aria-label": "NRQL query",
    "aria-describedby": "nrql-message",
    oninput: () => mark(null),
    onscroll: () => { shadow.scrollTop = text.scrollTop; },
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        run();
      }
    },
  });
  const shadow = el("pre", { "aria-hidden": "true" });
  const message = el("p", { id: "nrql-message", class: "message quiet", role: "status" }, "Ctrl + Enter runs the query.");
  parts = { text, shadow, message, out: el("div"), history: el("ul", { class: "list" }) };
  text.value = info.examples[0]?.query ?? `SELECT count(*) FROM ${info.event} SINCE 1 day ago`;
  const load = (item) => el("li", {}, el("button", {
    type: "button", class: "link", onclick: () => { text.value = item.query; run(); text.focus(); },
  }, item.title, el("span", { class: "quiet" }, item.question)));
  parts.load = load;
  replace(root,
    el("div", { class: "panel list" },
      el("div", { class: "editor" }, shadow, text),
      el("div", { class: "bar middle" }, el("button", { type: "button", class: "primary", id: "run", onclick: () => run() }, "Run"), message)),
    el("div", { class: "panel" },
      el("div", { class: "head" }, el("h2", { class: "title" }, "Answer"),
        choice("Answer as", FORMS, () => state.form, (form) => { state.form = form; render(); })),
      parts.out),
    el("div", { class: "grid2 top-aligned" },
      el("div", { class: "panel" }, el("h2", {}, "Examples"), el("ul", { class: "list" }, info.examples.map(load))),
      el("div", { class: "panel" }, el("h2", {}, "History"), parts.history)));
  mark(null);
  render();
  remember(null);
}

// The first look at the console shows an answer and not an empty place.
export async function update() {
  if (state.turn === 0) await run(false);
}

// Underlines the characters from start to end of the query; a fault at its end shows under a blank.
function mark(problem) {
  const characters = [...parts.text.value];
  parts.text.removeAttribute("aria-invalid");
  if (problem?.start === undefined || problem.start === null) {
    replace(parts.shadow, parts.text.value);
    return;
  }
  parts.text.setAttribute("aria-invalid", "true");
  const end = Math.max(problem.end, problem.start + 1);
  const [before, at, after] = [characters.slice(0, problem.start), characters.slice(problem.start, end), characters.slice(end)];
  replace(parts.shadow, before.join(""), el("mark", {}, at.join("") || "  "), after.join(""));
}

async function run(isAsked = true) {
  state.turn += 1;
  const turn = state.turn;
  const nrql = parts.text.value.trim() ? parts.text.value : "";
  const start = performance.now();
  try {
    const answer = await query(nrql);
    // Whoever has asked again waits for the later answer.
    if (turn !== state.turn) return;
    state.answer = answer;
    mark(null);
    const rows = state.answer.results.length;
    const took = Math.round(performance.now() - start);
    const notes = state.answer.metadata?.messages ?? [];
    parts.message.className = "message quiet";
    replace(parts.message, [`${counted(rows, "row")} in ${took} ms`, ...notes].join(" · "));
    if (isAsked) remember(nrql);
  } catch (error) {
    if (turn !== state.turn) return;
    state.answer = null;
    parts.message.className = "message bad";
    replace(parts.message, error.message);
    mark(error instanceof QueryError ? error.problem : null);
  }
  render();
}

function remember(nrql) {
  let kept = [];
  try {
    kept = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    if (nrql) {
      kept = [nrql, ...kept.filter((other) => other !== nrql)].slice(0, KEPT);
      localStorage.setItem(HISTORY, JSON.stringify(kept));
    }
  } catch {
    // A browser that keeps nothing has no history.
  }
  const items = kept.map((text) => parts.load({ title: text.replace(/\s+/g, " ").slice(0, 120), question: "", query: text }));
  replace(parts.history, items.length ? items : el("li", { class: "quiet" }, "Queries that ran are kept in this browser."));
}

// The keys of a facet have columns of their own, which say more than `facet`.
function columns({ results: rows, metadata }) {
  const keys = metadata?.facets ?? [];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== "facet" || !keys.length);
  const first = ["facet", ...keys, "beginTimeSeconds", "endTimeSeconds", "timestamp"];
  return names.sort((a, b) => first.includes(b) - first.includes(a))
    .map((name) => ({ name, num: rows.every((row) => row[name] === undefined || typeof row[name] === "number") }));
}

const shown = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

function render() {
  const { answer, form } = state;
  if (!answer) return replace(parts.out, el("p", { class: "quiet" }, "No answer: the query failed or has not run yet."));
  if (form === "json") return replace(parts.out, el("pre", { class: "out", tabindex: "0" }, JSON.stringify(answer, null, 2)));
  const rows = answer.results;
  const heads = columns(answer);
  if (form === "csv") return replace(parts.out, el("pre", { class: "out", tabindex: "0" }, csv(heads, rows)));
  if (!rows.length) return replace(parts.out, el("p", { class: "quiet" }, "No rows."));
  if (form === "chart") return replace(parts.out, chart(heads, rows, answer));
  const reached = rows.length === 1 ? steps(answer) : [];
  if (reached.length) return replace(parts.out, funnel(stepNames(answer, reached), reached));
  return replace(parts.out, table(heads, rows.map((row) => heads.map(({ name, num }) => (num ? number(row[name]) : shown(row[name]))))));
}

function csv(heads, rows) {
  const cell = (value, isText) => {
    const guarded = isText && /^[=+\-@\t]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };
  const lines = rows.map((row) => heads.map(({ name }) => cell(shown(row[name]), typeof row[name] === "string")).join(","));
  return [heads.map(({ name }) => cell(name, true)).join(","), ...lines].join("\n");
}

function stepNames(answer, reached) {
  const labels = answer.rawResponse.metadata?.contents?.[0]?.steps ?? [];
  return reached.map((_, at) => labels[at] ?? `step ${at + 1}`);
}

// What a funnel says in a table; its object as it is stands in the JSON.
function funnel(names, reached) {
  const heads = ["count", "of the step before", "of the first"].map((name) => ({ name, num: true }));
  return table([{ name: "step" }, ...heads], reached.map((value, at) => [
    names[at], number(value), at ? percent(value, reached[at - 1]) : "", at ? percent(value, reached[0]) : "",
  ]));
}

function chart(heads, rows, answer) {
  const reached = steps(answer);
  if (reached.length) {
    const names = stepNames(answer, reached);
    return bars(reached.map((value, at) => [names[at], value]));
  }
  const measures = heads.filter(({ name, num }) => num && !["beginTimeSeconds", "endTimeSeconds", "timestamp"].includes(name));
  if (!measures.length) return el("p", { class: "quiet" }, "There are no numbers to draw.");
  if (rows[0].beginTimeSeconds !== undefined) {
    const facets = [...new Set(rows.map((row) => shown(row.facet)))].slice(0, 8);
    return el("div", { class: "grid2" }, facets.flatMap((facet) => measures.map(({ name }) => {
      const label = [facet, name].filter(Boolean).join(", ");
      const points = rows.filter((row) => shown(row.facet) === facet)
        .map((row) => [row.beginTimeSeconds * 1000, row[name], row.endTimeSeconds * 1000]);
      return el("div", {}, el("h3", { class: "step-name" }, label), line(points, label));
    })));
  }
  const measure = measures[0].name;
  const facets = rows.map((row) => [row.facet === undefined ? measure : shown(row.facet), row[measure]]);
  return bars(rows.length === 1 && facets[0][0] === measure ? measures.map(({ name }) => [name, rows[0][name]]) : facets);
}

function bars(pairs) {
  const top = Math.max(0, ...pairs.map(([, value]) => value ?? 0));
  return table([{ name: "what" }, { name: "value", num: true }, { name: "share of the largest", wrap: true }],
    pairs.map(([label, value]) => [String(label), number(value), bar((value ?? 0) / (top || 1), `${label}: ${number(value)}`)]));
}
