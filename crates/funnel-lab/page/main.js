// Which view is shown, and when it asks again. Queries run only for the view that is open, only when something
// changed, and never more often than they are answered.

import { get } from "./ask.js";
import { choose, read } from "./choices.js";
import { counted, el, number, replace, setZone, theZone } from "./dom.js";
import { holdFocus, holdsSelection } from "./focus.js";
import { refused } from "./refused.js";
import * as funnel from "./funnel.js";
import * as events from "./events.js";
import * as journey from "./journey.js";
import * as nrql from "./console.js";

const VIEWS = { funnel, events, journey, query: nrql };
const POLL = 1000;
// Windows move on even when nothing arrives.
const STALE = 15000;

const root = (name) => document.getElementById(`view-${name}`);
const status = document.getElementById("status");
const said = document.getElementById("said");
const zones = document.getElementById("zone");
const state = { view: "funnel", counts: null, shown: "", asked: 0, took: 0, busy: false, turn: 0 };

function route() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [name, detail = ""] = path.split("/");
  const asked = new URLSearchParams(query);
  if (name === "funnel") {
    setZone(read().zone);
    // The way back to the funnel keeps its choices.
    document.querySelector("nav [data-view=funnel]").setAttribute("href", location.hash);
  }
  showZone();
  state.view = VIEWS[name] ? name : "funnel";
  if (state.view === "journey") journey.show(decodeURIComponent(detail));
  if (state.view === "events") events.show(detail, asked);
  if (state.view === "query") nrql.show(asked.get("q"));
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  arrange();
  refresh();
}

// The one zone of every view.
function showZone() {
  const zone = theZone();
  if (![...zones.options].some(({ value }) => value === zone)) zones.append(el("option", { value: zone }, zone));
  zones.value = zone;
}

function chooseZone() {
  if (state.view === "funnel") return choose({ zone: zones.value });
  setZone(zones.value);
  const link = document.querySelector("nav [data-view=funnel]");
  const [path, query = ""] = link.getAttribute("href").split("?");
  const asked = new URLSearchParams(query);
  asked.set("zone", zones.value);
  link.setAttribute("href", `${path}?${asked}`);
  return refresh();
}

function arrange() {
  const empty = state.counts?.total === 0 && state.view !== "query";
  root("empty").hidden = !empty;
  for (const name of Object.keys(VIEWS)) root(name).hidden = empty || name !== state.view;
}

function say(text, lost) {
  status.className = lost ? "status lost" : "status";
  // Counts change all the time; only a loss of the connection, and its end, are read out.
  const aloud = lost ? text : said.textContent ? "The lab answers again." : "";
  if (said.textContent !== aloud) replace(said, aloud);
  if (status.textContent !== text) replace(status, text);
}

// Shows the open view anew, now.
async function refresh() {
  state.shown = "";
  state.turn += 1;
  await tick();
}

async function tick() {
  if (state.busy || document.hidden) return;
  state.busy = true;
  status.dataset.state = "asking";
  const { turn } = state;
  try {
    const counts = await get("/api/counts");
    const was = state.counts;
    state.counts = counts;
    if (!was || (was.total === 0) !== (counts.total === 0)) arrange();
    const bad = counts.bad ? `, ${number(counts.bad)} bad` : "";
    const turnedAway = counts.refused ? `, ${number(counts.refused)} refused` : "";
    say(`${counted(counts.total, "event")}${bad}${turnedAway} · times are ${theZone()}`);
    if (counts.total === 0) await sayWhyEmpty(counts);
    const key = JSON.stringify(counts) + state.view;
    const now = performance.now();
    const rested = now - state.asked > 4 * state.took;
    // Nobody loses a selection to an update that they did not ask for.
    if (state.shown !== "" && holdsSelection(root(state.view))) return;
    if (counts.total > 0 && (state.shown === "" || (rested && (key !== state.shown || now - state.asked > STALE)))) {
      const view = state.view;
      const back = holdFocus(root(view));
      await VIEWS[view].update(counts);
      back();
      state.asked = performance.now();
      state.took = state.asked - now;
      if (turn === state.turn) state.shown = key;
    }
  } catch (error) {
    say(`The lab does not answer: ${error.message}`, true);
    state.shown = "";
  } finally {
    state.busy = false;
    status.dataset.state = "at rest";
  }
  // What was chosen meanwhile is shown at once.
  if (turn !== state.turn) await tick();
}

// What did arrive, though no event did.
let why;
async function sayWhyEmpty({ refused: total, not_kept: { spans, metric_points: points } }) {
  const key = JSON.stringify([total, spans, points]);
  if (why.dataset.key === key) return;
  why.dataset.key = key;
  const others = spans || points
    ? el("p", {}, `Received and counted, but not stored: ${counted(spans, "span")} and ${counted(points, "metric point")}. No logs have arrived.`) : null;
  replace(why, others, await refused(total));
}

function buildEmpty(info) {
  const lines = [
    "export ANALYTICS_BACKEND=otlp",
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${info.otlp}`,
    "funnel.record(Landing::new().journey(JourneyId::new()));",
  ].join("\n");
  why = el("div", { class: "list" });
  const attribute = (key, value) => ({ key, value: { stringValue: value } });
  const id = [...crypto.getRandomValues(new Uint8Array(15))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const record = {
    eventName: info.event,
    attributes: [
      attribute("newrelic.event.type", info.event), attribute("funnelStep", info.steps[0]),
      attribute("serviceName", "curl"), attribute("cohort", "real"), attribute("eventId", `${id}fa`),
      attribute("journeyId", "00000000-0000-4000-8000-000000000001"),
    ],
  };
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  const curl = `curl ${info.otlp}/v1/logs -H 'content-type: application/json' -d '${body}'`;
  const copy = (text) => el("button", {
    type: "button",
    onclick: async (event) => {
      await navigator.clipboard.writeText(text);
      replace(event.target, "Copied");
    },
  }, "Copy");
  replace(root("empty"),
    el("h2", { class: "number", id: "empty-title" }, "No event yet"),
    el("p", {}, "This page fills by itself when the first one arrives. From a Rust service, three lines:"),
    el("div", { class: "list" }, el("pre", { class: "code", tabindex: "0" }, lines), el("div", {}, copy(lines))),
    el("p", {}, "Or from any shell, one:"),
    el("div", { class: "list" }, el("pre", { class: "code", tabindex: "0" }, curl), el("div", {}, copy(curl))),
    why,
    el("p", { class: "quiet" }, `OTLP over HTTP at ${info.otlp}, over gRPC at ${info.grpc}; stored in ${info.file}.`));
}

async function start() {
  const info = await get("/api/page");
  buildEmpty(info);
  for (const [name, view] of Object.entries(VIEWS)) view.build(root(name), info, refresh);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const usual = new Set(["UTC", own, "Europe/Berlin", "America/New_York", "Asia/Tokyo"]);
  replace(zones, [...usual].map((zone) => el("option", { value: zone }, zone)));
  zones.addEventListener("change", chooseZone);
  addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", tick);
  route();
  setInterval(tick, POLL);
}

start().catch((error) => say(`The lab does not answer: ${error.message}`, true));
