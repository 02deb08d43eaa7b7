// The answer of a query as table, chart, JSON and CSV.

import { steps } from "./ask.js";
import { bar, line } from "./chart.js";
import { date, el, number, percent, table, time } from "./dom.js";
import { withButtons } from "./picture.js";

const TIMES = /^(?:(?:latest|earliest|min|max)\.)?(?:timestamp|journeyStart)$/;
const FIRST = ["beginTimeSeconds", "endTimeSeconds"];
// A browser shows so many rows without effort; a download has them all.
const SHOWN = 5000;

const isFunnel = (value) => Array.isArray(value?.steps) && Array.isArray(value?.labels);
const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const shown = (value) => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

// What the query selects, in its order, as the answer describes it.
function selected(shape) {
  if (Array.isArray(shape)) return shape.flatMap(selected);
  if (!shape) return [];
  if (shape.alias) return [shape.alias];
  if (shape.timeSeries) return selected(shape.timeSeries);
  if (shape.columns) return shape.columns;
  if (shape.function) return [shape.attribute ? `${shape.function}.${shape.attribute}` : shape.function];
  return selected(shape.contents);
}

// The names of the columns: times, the keys of a facet, then what is selected, in its order.
function names(answer) {
  const keys = answer.metadata?.facets ?? [];
  const all = new Set(answer.results.flatMap((row) => Object.keys(row)));
  if (keys.length) all.delete("facet");
  const wanted = [...FIRST, "facet", ...keys, ...selected(answer.rawResponse?.metadata?.contents)].map((name) => name.toLowerCase());
  const place = (name) => {
    const at = wanted.indexOf(name.toLowerCase());
    return at < 0 ? wanted.length : at;
  };
  return [...all].sort((a, b) => place(a) - place(b));
}

/** Columns with a heading and the value of a row; funnels and percentiles have one for each of their numbers. */
export function columns(answer) {
  const rows = answer.results;
  return names(answer).flatMap((name) => {
    const sample = rows.find((row) => row[name] !== null && row[name] !== undefined)?.[name];
    if (isFunnel(sample)) {
      return sample.labels.flatMap((label, at) => [
        { name: label, num: true, of: (row) => row[name]?.steps[at] },
        at ? { name: "of the previous step", num: true, rate: true, of: (row) => share(row[name]?.steps, at) } : null,
      ]).filter(Boolean);
    }
    if (isPlain(sample)) {
      return Object.keys(sample).map((key) => ({ name: `${name} ${key}`, num: true, time: isTime(name), of: (row) => row[name]?.[key] }));
    }
    const num = rows.every((row) => row[name] === undefined || row[name] === null || typeof row[name] === "number");
    const of = (row) => row[name];
    return [{ name, num: num && !isTime(name), time: num && isTime(name), seconds: FIRST.includes(name), of }];
  });
}

const isTime = (name) => FIRST.includes(name) || TIMES.test(name) || /^percentile\.(?:timestamp|journeyStart)$/.test(name);
const share = (reached, at) => (reached?.[at - 1] ? reached[at] / reached[at - 1] : null);

function cell(column, row) {
  const value = column.of(row);
  if (column.rate) return value === null ? "–" : percent(value, 1);
  if (column.time && typeof value === "number") return moment(column.seconds ? value * 1000 : value);
  if (Array.isArray(value) && value.every((one) => typeof one === "number")) return value.map(number).join(" · ");
  return column.num ? number(value) : shown(value);
}

// Times of today have a date too: a column of times is read as one.
function moment(millis) {
  const text = time(millis);
  return text.includes(" ") ? text : `${date(millis)} ${text}`;
}

export function asTable(answer) {
  const rows = answer.results;
  if (!rows.length) return el("p", { class: "quiet" }, "No rows.");
  const reached = rows.length === 1 ? steps(answer) : [];
  if (reached.length) return funnel(stepNames(answer, reached), reached);
  const heads = columns(answer);
  return [
    rows.length > SHOWN ? el("p", { class: "quiet" }, `The first ${number(SHOWN)} of ${number(rows.length)} rows; the CSV has all.`) : null,
    table(heads, rows.slice(0, SHOWN).map((row) => heads.map((column) => cell(column, row)))),
  ];
}

export function asCsv(answer) {
  const heads = columns(answer);
  const field = (value, isText) => {
    const guarded = isText && /^[=+\-@\t]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  };
  const lines = answer.results.map((row) => heads.map(({ of }) => field(shown(of(row)), typeof of(row) === "string")).join(","));
  return [heads.map(({ name }) => field(name, true)).join(","), ...lines].join("\n");
}

function stepNames(answer, reached) {
  const labels = answer.rawResponse.metadata?.contents?.[0]?.steps ?? [];
  return reached.map((_, at) => labels[at] ?? `step ${at + 1}`);
}

// What a funnel says in a table; its object as it is stands in the JSON.
function funnel(labels, reached) {
  const heads = ["count", "of the previous step", "of the first"].map((name) => ({ name, num: true }));
  return table([{ name: "step" }, ...heads], reached.map((value, at) => [
    labels[at], number(value), at ? percent(value, reached[at - 1]) : "", at ? percent(value, reached[0]) : "",
  ]));
}

export function asChart(answer) {
  const rows = answer.results;
  if (!rows.length) return el("p", { class: "quiet" }, "No rows.");
  const reached = steps(answer);
  if (reached.length) {
    const labels = stepNames(answer, reached);
    return bars(reached.map((value, at) => [labels[at], value]));
  }
  const measures = columns(answer).filter(({ num, rate }) => num && !rate);
  if (!measures.length) return el("p", { class: "quiet" }, "There are no numbers to draw.");
  if (rows[0].beginTimeSeconds !== undefined) {
    const facets = [...new Set(rows.map((row) => shown(row.facet)))].slice(0, 8);
    return el("div", { class: "grid2" }, facets.flatMap((facet) => measures.map(({ name, of }) => {
      const label = [facet, name].filter(Boolean).join(", ");
      const points = rows.filter((row) => shown(row.facet) === facet)
        .map((row) => [row.beginTimeSeconds * 1000, of(row), row.endTimeSeconds * 1000]);
      return el("div", {}, el("h3", { class: "step-name" }, label), withButtons(line(points, label), label));
    })));
  }
  if (rows.length === 1 && rows[0].facet === undefined) return bars(measures.map(({ name, of }) => [name, of(rows[0])]));
  return bars(rows.slice(0, SHOWN).map((row, at) => [row.facet === undefined ? `row ${at + 1}` : shown(row.facet), measures[0].of(row)]));
}

function bars(pairs) {
  const top = Math.max(0, ...pairs.map(([, value]) => value ?? 0));
  return table([{ name: "what" }, { name: "value", num: true }, { name: "share of the largest", wrap: true }],
    pairs.map(([label, value]) => [String(label), number(value), bar((value ?? 0) / (top || 1), `${label}: ${number(value)}`)]));
}
