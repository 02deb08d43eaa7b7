// What can be taken along: the report as JSON and CSV, and the address.

import { el, replace } from "./dom.js";

function quoted(value) {
  const text = value === null || value === undefined ? "" : String(value);
  // What a spreadsheet would run as a formula is a string.
  const safe = /^[=+@-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One row a step of each segment, and one a cohort of each key figure. */
export function csv(report) {
  const rows = [["what", "name", "segment", "from", "until", "part", "whole", "rate", "low", "high", "open", "median_ms", "p90_ms", "state"]];
  const segments = [{ ...report.funnel, value: "all" }, ...report.funnel.segments];
  for (const { value, steps } of segments) {
    for (const { step, of_previous: of, open, time } of steps) {
      rows.push(["step", step, value ?? "(none)", "", "", of.part, of.whole, of.rate, of.low, of.high, open, time?.median_ms, time?.p90_ms, ""]);
    }
  }
  for (const kpi of report.kpis) {
    const figure = (what, one, state) => rows.push([what, kpi.name, "", one.from, one.until, one.part, one.whole, one.rate, one.low, one.high, "", "", "", state]);
    figure("kpi", kpi.mature, "mature");
    figure("kpi", kpi.so_far, "so_far");
    for (const one of kpi.cohorts.filter(({ began }) => began > 0)) figure("cohort", one, one.mature ? "mature" : "provisional");
  }
  return `${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
}

/** Gives the reader a file. */
export function download(name, kind, text) {
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export function links(report, asCsv) {
  const copy = el("button", {
    type: "button",
    onclick: async () => {
      await navigator.clipboard.writeText(location.href);
      replace(copy, "Copied");
    },
  }, "Copy the address of this view");
  return el("div", { class: "bar middle" },
    el("button", { type: "button", onclick: () => download("funnel.csv", "text/csv", asCsv(report)) }, "Download CSV"),
    el("button", { type: "button", onclick: () => download("funnel.json", "application/json", JSON.stringify(report, null, 2)) }, "Download JSON"),
    copy,
    el("span", { class: "quiet" }, "The same numbers in a shell: ", el("code", {}, "funnel report")));
}
