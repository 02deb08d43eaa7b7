// The NRQL console: examples, history, completion, the fault underlined, and the answer.

import { asChart, asCsv, asTable } from "./answer.js";
import { QueryError, query } from "./ask.js";
import { completion, vocabulary } from "./complete.js";
import { choice, counted, el, replace, theZone } from "./dom.js";
import { download } from "./save.js";

const KEPT = 20;
const HISTORY = "funnel-lab-history";
const FORMS = [["table", "Table"], ["chart", "Chart"], ["json", "JSON"], ["csv", "CSV"]];
const state = { form: "table", answer: null, turn: 0, running: null, zone: "" };
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
  const message = el("p", { id: "nrql-message", class: "message quiet", role: "status" }, "Ctrl + Enter runs the query; Ctrl + Space completes a word.");
  const button = el("button", {
    type: "button", class: "primary", id: "run", onclick: () => (state.running ? cancel() : run()),
  }, "Run");
  parts = { text, shadow, message, button, notes: el("ul", { class: "notes" }), out: el("div"), history: el("ul", { class: "list" }) };
  text.value = info.examples[0]?.query ?? `SELECT count(*) FROM ${info.event} SINCE 1 day ago`;
  const load = (item) => el("li", {}, el("button", {
    type: "button", class: "link", onclick: () => { text.value = item.query; run(); text.focus(); },
  }, item.title, el("span", { class: "quiet" }, item.question)));
  parts.load = load;
  replace(root,
    el("div", { class: "panel list" },
      el("div", { class: "editor" }, shadow, text), completion(text, vocabulary(info)),
      el("div", { class: "bar middle" }, button, message), parts.notes),
    el("div", { class: "panel" },
      el("div", { class: "head" }, el("h2", { class: "title" }, "Answer"),
        choice("Answer as", FORMS, () => state.form, (form) => { state.form = form; render(); })),
      parts.out, take()),
    el("div", { class: "grid2 top-aligned" },
      el("div", { class: "panel" }, el("h2", {}, "Examples"), el("ul", { class: "list" }, info.examples.map(load))),
      el("div", { class: "panel" }, el("h2", {}, "History"), parts.history)));
  mark(null);
  render();
  remember(null);
}

// The answer as a file, or on the clipboard.
function take() {
  const button = (label, act) => el("button", { type: "button", onclick: (event) => state.answer && act(event) }, label);
  return el("div", { class: "bar middle take-answer" },
    button("Download CSV", () => download("answer.csv", "text/csv", `${asCsv(state.answer)}\n`)),
    button("Download JSON", () => download("answer.json", "application/json", JSON.stringify(state.answer, null, 2))),
    button("Copy CSV", async ({ target }) => {
      await navigator.clipboard.writeText(asCsv(state.answer));
      replace(target, "Copied");
    }));
}

/** Shows the query of an address such as `#query?q=…`, and runs it. */
export function show(nrql) {
  if (!nrql || nrql === parts.text.value) return;
  parts.text.value = nrql;
  mark(null);
  if (state.turn > 0) run(false);
}

// The first look at the console shows an answer and not an empty place.
export async function update() {
  if (state.turn === 0) await run(false);
  if (state.zone !== theZone()) render();
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

function cancel() {
  state.running.abort();
  ended();
  parts.message.className = "message quiet";
  replace(parts.message, "Cancelled.");
}

function busy(running) {
  state.running = running;
  replace(parts.button, "Cancel");
  parts.out.setAttribute("aria-busy", "true");
  parts.message.className = "message quiet";
  replace(parts.message, "Running…");
}

async function run(isAsked = true) {
  state.turn += 1;
  const turn = state.turn;
  const nrql = parts.text.value.trim() ? parts.text.value : "";
  const start = performance.now();
  state.running?.abort();
  const running = new AbortController();
  busy(running);
  if (isAsked) history.replaceState(null, "", `#query?${new URLSearchParams({ q: nrql })}`);
  try {
    const answer = await query(nrql, running.signal);
    // Whoever has asked again waits for the later answer.
    if (turn !== state.turn || running.signal.aborted) return;
    state.answer = answer;
    mark(null);
    const took = Math.round(performance.now() - start);
    parts.message.className = "message quiet";
    replace(parts.message, `${counted(answer.results.length, "row")} in ${took} ms`);
    replace(parts.notes, (answer.metadata?.messages ?? []).map((note) => el("li", {}, note)));
    if (isAsked) remember(nrql);
  } catch (error) {
    if (turn !== state.turn || running.signal.aborted) return;
    state.answer = null;
    parts.message.className = "message bad";
    replace(parts.message, error.message);
    replace(parts.notes);
    mark(error instanceof QueryError ? error.problem : null);
  }
  ended();
  render();
}

function ended() {
  state.running = null;
  replace(parts.button, "Run");
  parts.out.setAttribute("aria-busy", "false");
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

function render() {
  const { answer, form } = state;
  state.zone = theZone();
  if (!answer) return replace(parts.out, el("p", { class: "quiet" }, "No answer: the query failed or has not run yet."));
  const text = (words) => el("pre", { class: "out", tabindex: "0" }, words);
  if (form === "json") return replace(parts.out, text(JSON.stringify(answer, null, 2)));
  if (form === "csv") return replace(parts.out, text(asCsv(answer)));
  return replace(parts.out, form === "chart" ? asChart(answer) : asTable(answer));
}
