// Draws the answer to a panel's query as HTML. Every text of an answer is escaped.

const COLOURS = ["#0b6a88", "#c2571a", "#5b7f2b", "#7d4a9e", "#a3323f", "#4c5a66"];
/** How many rows of a table fit a panel. */
const ROWS = 6;
const NOT_A_COLUMN = new Set(["facet", "beginTimeSeconds", "endTimeSeconds", "inspectedCount"]);

export function escaped(value) {
  return String(value).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function shown(value, name) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object") return Object.entries(value).map(([key, inner]) => `${key} %: ${shown(inner)}`).join("<br>");
  if (typeof value !== "number") return escaped(value);
  if (/^last/.test(name ?? "")) return new Date(value).toISOString().slice(0, 16).replace("T", " ");
  return value.toLocaleString("en-GB", { maximumFractionDigits: value % 1 ? 1 : 0 });
}

/** The names of the facets, and those of the columns in the order of the query; an answer has them by name. */
function layout({ metadata, results, query }) {
  const facets = metadata.facets ?? [];
  const names = results.flatMap((row) => Object.keys(row));
  const columns = [...new Set(names)].filter((name) => !NOT_A_COLUMN.has(name) && !facets.includes(name));
  const place = (name) => query.lastIndexOf(`AS '${name}'`);
  columns.sort((one, other) => place(one) - place(other));
  return { facets: facets.map((name) => (/[( ]/.test(name) ? "" : name)), columns };
}

const facetsOf = (row) => (row.facet === undefined ? [] : [row.facet].flat());

function table(answer) {
  const { facets, columns } = layout(answer);
  const cells = (list, tag) => list.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
  const row = (one) => cells([...facetsOf(one).map((facet) => shown(facet)), ...columns.map((name) => shown(one[name], name))], "td");
  const rows = answer.results.slice(0, ROWS);
  const body = rows.map((one) => `<tr>${row(one)}</tr>`).join("");
  const more = answer.results.length - rows.length;
  const rest = more > 0 ? `<p class="note">and ${more} more rows to scroll to</p>` : "";
  return `<table><tr>${cells([...facets, ...columns].map(escaped), "th")}</tr>${body}</table>${rest}`;
}

function funnel({ results }) {
  const several = results.length > 1;
  const one = (row) => {
    const { labels, steps } = Object.values(row).find((value) => value?.steps);
    const bars = labels.map((label, at) => {
      const share = steps[0] ? (100 * steps[at]) / steps[0] : 0;
      return `<div class="bar"><span>${escaped(label)}</span><i style="width:${share * (several ? 0.3 : 0.4)}%"></i>
        <b>${shown(steps[at])}</b><em>${share.toFixed(share < 10 ? 1 : 0)} %</em></div>`;
    });
    const head = facetsOf(row).map((facet) => `<h4>${shown(facet)}</h4>`).join("");
    return `<div class="funnel">${head}${bars.join("")}</div>`;
  };
  return `<div class="${several ? "funnels" : ""}">${results.map(one).join("")}</div>`;
}

function bars(answer) {
  const { columns: [name] } = layout(answer);
  const most = Math.max(...answer.results.map((row) => row[name]));
  const total = answer.results.reduce((sum, row) => sum + row[name], 0);
  const bar = (row) => `<div class="bar named"><span>${facetsOf(row).map((facet) => shown(facet)).join(", ")}</span>
    <i style="width:${(40 * row[name]) / most}%"></i><b>${shown(row[name])}</b><em>${((100 * row[name]) / total).toFixed(0)} %</em></div>`;
  return answer.results.map(bar).join("");
}

function billboard(answer) {
  const { columns } = layout(answer);
  const [row] = answer.results;
  const one = (name) => `<div><strong>${shown(row[name], name)}</strong><span>${escaped(name)}</span></div>`;
  return `<div class="billboard">${columns.map(one).join("")}</div>`;
}

function lines(answer) {
  const { columns } = layout(answer);
  const { results } = answer;
  const most = Math.max(1, ...results.flatMap((row) => columns.map((name) => row[name] ?? 0)));
  const path = (name, at) => {
    const point = (row, x) => `${(100 * x) / Math.max(1, results.length - 1)},${100 - (95 * (row[name] ?? 0)) / most}`;
    return `<polyline points="${results.map(point).join(" ")}" stroke="${COLOURS[at % COLOURS.length]}"/>`;
  };
  const key = (name, at) => `<span style="color:${COLOURS[at % COLOURS.length]}">■ ${escaped(name)}</span>`;
  return `<svg viewBox="0 0 100 100" preserveAspectRatio="none">${columns.map(path).join("")}</svg>
    <p class="key">highest point ${shown(most)} ${columns.map(key).join(" ")}</p>`;
}

const DRAWN = {
  "viz.funnel": funnel, "viz.line": lines, "viz.billboard": billboard, "viz.bar": bars, "viz.pie": bars, "viz.table": table,
};

/** The inside of a panel: what its query answers, or that there is no row, and what the lab remarks on it. */
export function panel(visualization, answer) {
  const draw = DRAWN[visualization];
  if (!draw) throw new Error(`no drawing for ${visualization}`);
  const inside = answer.results.length > 0 ? draw(answer) : "<p>No row.</p>";
  const remarks = answer.metadata.messages.map(escaped).join("; ");
  return `${inside}${remarks ? `<p class="note">Remark: ${remarks}</p>` : ""}`;
}
