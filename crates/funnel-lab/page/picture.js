// A chart as an SVG file of its own: its title, its drawing and its labels, with the colours of the page.

import { el, replace, svg } from "./dom.js";
import { download } from "./save.js";

const WIDTH = 640;
const MARGIN = 16;
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin"];

const text = (x, y, anchor, words, size = 13, weight = 400) => svg("text", {
  x, y, "text-anchor": anchor, "font-size": size, "font-weight": weight, fill: colour("--text"),
}, words);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function sheet(title, height, ...children) {
  return svg("svg", {
    xmlns: "http://www.w3.org/2000/svg", width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`,
    "font-family": "system-ui, sans-serif", role: "img", "aria-label": title,
  }, svg("rect", { width: WIDTH, height, fill: colour("--panel") }), text(MARGIN, 28, "start", title, 15, 600), children);
}

// Style sheets do not go along with a file, so each shape gets its own colours.
function styled(drawing) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((one) => [...one.querySelectorAll("rect, path, line")]);
  for (const [at, shape] of to.entries()) {
    const style = getComputedStyle(from[at]);
    for (const name of STYLES) shape.setAttribute(name, style.getPropertyValue(name));
    shape.setAttribute("vector-effect", "non-scaling-stroke");
    shape.removeAttribute("class");
  }
  return copy;
}

/** The chart that a figure shows. */
export function ofFigure(figure) {
  const drawing = figure.querySelector("svg");
  const copy = styled(drawing);
  for (const [name, value] of Object.entries({ x: MARGIN, y: 56, width: WIDTH - 2 * MARGIN, height: 180 })) copy.setAttribute(name, value);
  const [first, last] = [...figure.querySelectorAll(".ends span")].map((one) => one.textContent);
  const title = drawing.getAttribute("aria-label").split(". ")[0];
  return sheet(title, 270, text(WIDTH - MARGIN, 48, "end", figure.querySelector(".peak")?.textContent ?? ""), copy,
    text(MARGIN, 256, "start", first ?? ""), text(WIDTH - MARGIN, 256, "end", last ?? ""));
}

/** The funnel: a bar for each of `[label, share of the first, words]`. */
export function ofFunnel(title, steps) {
  const width = WIDTH - 2 * MARGIN;
  return sheet(title, 56 + 52 * steps.length, steps.map(([label, part, words], at) => {
    const y = 60 + 52 * at;
    return [text(MARGIN, y, "start", label), text(WIDTH - MARGIN, y, "end", words),
      svg("rect", { x: MARGIN, y: y + 8, width, height: 14, fill: colour("--accent-soft") }),
      svg("rect", { x: MARGIN, y: y + 8, width: width * part, height: 14, fill: colour("--accent") })];
  }));
}

/** Buttons that take a chart along; `make` draws it when it is asked for. */
export function buttons(name, make) {
  const written = () => new XMLSerializer().serializeToString(make());
  const copy = el("button", {
    type: "button", class: "link quiet", "data-key": `copy-${name}`, "aria-label": `Copy SVG of ${name}`,
    onclick: async () => {
      await navigator.clipboard.writeText(written());
      replace(copy, "Copied");
    },
  }, "Copy SVG");
  return el("p", { class: "take" }, el("button", {
    type: "button", class: "link quiet", "data-key": `svg-${name}`, "aria-label": `Download SVG of ${name}`,
    onclick: () => download(`${name.replace(/\W+/g, "-")}.svg`, "image/svg+xml", written()),
  }, "Download SVG"), copy);
}

/** A figure with these buttons below. */
export function withButtons(figure, name) {
  return figure && el("div", {}, figure, buttons(name, () => ofFigure(figure)));
}
