// Completion in the console: names of events, attributes, steps, functions and words of NRQL.

import { el, replace } from "./dom.js";

const WORDS = ["SELECT", "FROM", "WHERE", "FACET", "CASES", "SINCE", "UNTIL", "TIMESERIES", "COMPARE WITH", "LIMIT MAX", "ORDER BY",
  "AND", "OR", "NOT", "IN", "LIKE", "IS NOT NULL", "IS NULL", "AS", "SHOW EVENT TYPES", "WITH TIMEZONE", "1 day ago"];
const SHOWN = 8;

/** What can be written, each with what it is. */
export function vocabulary(info) {
  const known = new Map(info.contracts.map(({ event }) => [event, "event"]));
  for (const { attributes } of info.contracts) for (const { key, brief } of attributes) known.set(key, brief || "attribute");
  for (const { steps } of info.contracts) for (const step of steps) known.set(step, "step");
  for (const name of info.functions) known.set(`${name}(`, "function");
  for (const word of WORDS) known.set(word, "NRQL");
  return [...known].map(([word, brief]) => ({ word, brief }));
}

/** Completes in `text`; the list is to be put below it. */
export function completion(text, known) {
  const list = el("ul", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": "Completions", hidden: true });
  let found = [];
  let at = -1;
  text.setAttribute("aria-controls", "suggestions");
  text.setAttribute("aria-autocomplete", "list");

  // The word before the caret.
  const begun = () => /[\w.]+$/.exec(text.value.slice(0, text.selectionStart))?.[0] ?? "";
  const close = () => {
    found = [];
    list.hidden = true;
    text.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const from = text.selectionStart - begun().length;
    text.setRangeText(found[index].word, from, text.selectionStart, "end");
    close();
    text.focus();
    text.dispatchEvent(new Event("input"));
    close();
  };
  const move = (index) => {
    at = index;
    for (const [position, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(position === at));
      if (position === at) option.scrollIntoView({ block: "nearest" });
    }
    if (at >= 0) text.setAttribute("aria-activedescendant", `suggestion-${at}`);
  };
  const open = (isAsked) => {
    const word = begun().toLowerCase();
    const fits = ({ word: one }) => one.toLowerCase().startsWith(word) && one.toLowerCase() !== word;
    found = word.length > 1 || isAsked ? known.filter(fits).slice(0, SHOWN) : [];
    replace(list, found.map(({ word: one, brief }, index) => el("li", {
      role: "option", id: `suggestion-${index}`, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); choose(index); },
    }, el("code", {}, one), " ", el("span", { class: "quiet" }, brief))));
    list.hidden = !found.length;
    move(-1);
    if (!found.length) close();
  };

  text.addEventListener("input", () => open(false));
  text.addEventListener("blur", close);
  text.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) open(true);
    else if (!found.length) return;
    else if (event.key === "ArrowDown") move((at + 1) % found.length);
    else if (event.key === "ArrowUp" && at >= 0) move(at - 1);
    else if (event.key === "Enter" && at >= 0 && !event.ctrlKey && !event.metaKey) choose(at);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  return list;
}
