// Builds elements. Values only ever become text: nothing here, and nothing that uses it, reads a value as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return node;
}

export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const broken = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

export function number(value) {
  if (value === null || value === undefined) return "–";
  return Number.isInteger(value) ? whole.format(value) : broken.format(value);
}

/** "1 span", "2 spans". */
export function counted(value, one) {
  return `${number(value)} ${one}${value === 1 ? "" : "s"}`;
}

export function percent(part, of) {
  if (!of) return "–";
  const share = (100 * part) / of;
  return `${share.toFixed(share < 10 ? 2 : 1)} %`;
}

// A rate between 0 and 1, as the lab gives it.
export function share(rate) {
  if (rate === null || rate === undefined) return "–";
  const percents = 100 * rate;
  return `${percents.toFixed(percents < 10 ? 2 : 1)} %`;
}

// The one zone of the page: UTC, as NRQL's days and hours are, until another is chosen.
let zone = "UTC";
let format;

export const theZone = () => zone;

export function setZone(name) {
  if (format && zone === name) return;
  try {
    format = formatOf(name);
    zone = name;
  } catch {
    // A zone that the browser does not know; the lab says so too.
  }
}

function formatOf(name) {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: name, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
}
setZone(zone);

function parted(millis) {
  const part = Object.fromEntries(format.formatToParts(millis).map(({ type, value }) => [type, value]));
  return [`${part.year}-${part.month}-${part.day}`, `${part.hour}:${part.minute}:${part.second}`];
}

export const date = (millis) => parted(millis)[0];

export function time(millis) {
  const [day, clock] = parted(millis);
  return day === date(Date.now()) ? clock : `${day} ${clock}`;
}

// A time in nanoseconds, given as text, as far as it is not zeros.
export function preciseTime(nanos) {
  const fraction = nanos.slice(-9).padStart(9, "0").replace(/(000)+$/, "");
  return time(Number(BigInt(nanos) / 1000000n)) + (fraction ? `.${fraction}` : "");
}

// For the ends of an axis: as little as tells the moment apart within the range.
export function moment(millis, range) {
  const [day, clock] = parted(millis);
  const text = clock.slice(0, range < 600000 ? 8 : 5);
  return range > 86400000 ? `${day.slice(5)} ${text}` : text;
}

export function span(millis) {
  const seconds = Math.abs(millis) / 1000;
  if (seconds < 0.000001) return `${Math.round(Math.abs(millis) * 1e6)} ns`;
  if (seconds < 0.001) return `${Number((Math.abs(millis) * 1000).toFixed(1))} µs`;
  if (seconds < 1) return `${Number(Math.abs(millis).toFixed(1))} ms`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} days`;
}

// Buttons of which one is pressed. `sync` of the group shows a choice that was made elsewhere.
export function choice(label, options, chosen, choose) {
  const buttons = options.map(([value, text]) =>
    el("button", { type: "button", onclick: () => { choose(value); group.sync(); } }, text));
  const group = el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
  group.sync = () => {
    for (const [at, button] of buttons.entries()) button.setAttribute("aria-pressed", String(options[at][0] === chosen()));
  };
  group.sync();
  return group;
}

export function table(columns, rows) {
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.num && "num" }, column.name)));
  const body = rows.map((row) =>
    el("tr", {}, row.map((cell, at) => el("td", { class: columns[at].num ? "num" : columns[at].wrap && "wrap" }, cell))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, body)));
}
