// What the analyst has chosen, kept in the address: reload, share and back give the same page.

const DEFAULTS = { contract: "", since: "90d", window: "", order: "ordered", cohort: "real", by: "", zone: "UTC", every: "", level: "", value: "" };

/** The choices of an address such as `#funnel?by=tier`. */
export function read() {
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "");
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [name, asked.get(name) ?? usual]));
}

/** Writes changed choices into the address, which makes the page show them. */
export function choose(changes) {
  const chosen = { ...read(), ...changes };
  const asked = new URLSearchParams(Object.entries(chosen).filter(([name, value]) => value !== DEFAULTS[name]));
  location.hash = asked.size ? `#funnel?${asked}` : "#funnel";
}

/** The query of a report. */
export function question(chosen, more = {}) {
  const { level, value, ...asked } = chosen;
  const all = { ...asked, ...more };
  return new URLSearchParams(Object.entries(all).filter(([, text]) => text !== ""));
}
