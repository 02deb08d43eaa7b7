// Plain SVG. A bar's width is a share of 100; lines are scaled to their own greatest value, which is written beside them.

import { date, el, moment, number, share, svg } from "./dom.js";

export function bar(share, label) {
  const width = Math.max(0, Math.min(1, share || 0)) * 100;
  return svg("svg", { viewBox: "0 0 100 10", height: 10, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "track", width: 100, height: 10 }),
    svg("rect", { class: "fill", width, height: 10 }));
}

// A share against its target, with the interval that the number of cases allows.
export function bullet(share, low, high, target, label) {
  const scale = 100 / Math.max(target * 2, Math.min(1, (high || 0) * 1.1), 0.0001);
  const at = (value) => Math.max(0, Math.min(100, value * scale));
  return svg("svg", { viewBox: "0 0 100 14", height: 14, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "track", y: 3, width: 100, height: 8 }),
    svg("rect", { class: "fill", y: 3, width: at(share), height: 8 }),
    svg("rect", { class: "interval", x: at(low), y: 6, width: Math.max(0, at(high) - at(low)), height: 2 }),
    target === null ? null : svg("line", { class: "target", x1: at(target), x2: at(target), y1: 0, y2: 14, "vector-effect": "non-scaling-stroke" }));
}

// points: [[milliseconds, value or null, milliseconds at which it ends], …]; a value holds for as long as its bucket, so
// the line has steps.
export function line(points, label) {
  const top = Math.max(0, ...points.map(([, value]) => value ?? 0));
  const first = points[0]?.[0] ?? 0;
  const last = points.at(-1)?.[2] ?? 1;
  const x = (at) => (100 * (at - first)) / Math.max(1, last - first);
  const y = (value) => (top > 0 ? 40 - (38 * value) / top : 40);
  const there = points.filter(([, value]) => value !== null && value !== undefined);
  const path = there.map(([at, value, end], index) =>
    `${index ? "L" : "M"}${x(at).toFixed(2)} ${y(value).toFixed(2)}H${x(end).toFixed(2)}`).join("");
  const area = there.length ? `${path}L${x(there.at(-1)[2]).toFixed(2)} 40L${x(there[0][0]).toFixed(2)} 40Z` : "";
  return el("figure", {},
    el("p", { class: "peak" }, `max ${number(top)}`),
    svg("svg", { viewBox: "0 0 100 41", height: 72, preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("path", { class: "area", d: area }),
      svg("path", { class: "stroke", d: path }),
      svg("line", { class: "axis", x1: 0, x2: 100, y1: 40.5, y2: 40.5 })),
    el("figcaption", { class: "ends" },
      el("span", {}, points.length ? moment(first, last - first) : ""),
      el("span", {}, points.length ? moment(last, last - first) : "")));
}

// Rates by cohort, a bar each; hatched while not all of its journeys are mature. The line is the target.
export function trend(cohorts, target, label) {
  if (!cohorts.length) return null;
  const top = Math.max(target * 1.5, ...cohorts.map(({ rate, mature }) => (mature ? rate ?? 0 : 0)), 0.0001);
  const width = 100 / cohorts.length;
  const y = (rate) => 40 - (38 * Math.min(rate, top)) / top;
  const bars = cohorts.map(({ rate, mature, from, whole, part }, at) => (rate === null ? null
    : svg("rect", { class: mature ? "fill" : "hatched", fill: mature ? undefined : "url(#hatch)", x: at * width, width: Math.max(width * 0.8, 0.2), y: y(rate), height: 40 - y(rate) },
      svg("title", {}, `${date(from)}: ${share(rate)}, ${number(part)} of ${number(whole)}${mature ? "" : ", provisional"}`))));
  return el("figure", {},
    el("p", { class: "peak flush" }, `max ${share(top)}`),
    svg("svg", { viewBox: "0 0 100 41", height: 72, preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("defs", {}, svg("pattern", { id: "hatch", width: 1, height: 4, patternUnits: "userSpaceOnUse" },
        svg("rect", { class: "hatch-ground", width: 1, height: 4 }), svg("rect", { class: "fill", width: 1, height: 1.4 }))),
      bars,
      target === null ? null : svg("line", { class: "target thin", x1: 0, x2: 100, y1: y(target), y2: y(target), "vector-effect": "non-scaling-stroke" }),
      svg("line", { class: "axis", x1: 0, x2: 100, y1: 40.5, y2: 40.5 })),
    el("figcaption", { class: "ends" }, el("span", {}, date(cohorts[0].from)), el("span", {}, date(cohorts.at(-1).from))));
}

// A histogram whose bars are labelled when they are pointed at, and read out as one text.
export function bars(entries, label) {
  const top = Math.max(...entries.map(({ count }) => count), 1);
  const width = 100 / entries.length;
  const read = entries.map((entry) => `${entry.label}: ${entry.count}`).join(", ");
  return el("figure", {},
    svg("svg", { viewBox: "0 0 100 41", height: 72, preserveAspectRatio: "none", role: "img", "aria-label": `${label}. ${read}` },
      entries.map((entry, at) => svg("rect", {
        class: "fill", x: at * width, width: width * 0.9, y: 40 - (38 * entry.count) / top, height: (38 * entry.count) / top,
      }, svg("title", {}, `${entry.label}: ${number(entry.count)}`))),
      svg("line", { class: "axis", x1: 0, x2: 100, y1: 40.5, y2: 40.5 })),
    el("figcaption", { class: "ends" }, el("span", {}, entries[0].label), el("span", {}, entries.at(-1).label)));
}
