// What each script of the browser tests needs: a tab, its faults, accessibility, keys.
// Environment: CHROMIUM, PAGE.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { open } from "./chrome.mjs";

const { CHROMIUM, PAGE } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens the page at `hash` in a tab that notes errors. */
export async function visit(hash = "") {
  const tab = await open(CHROMIUM);
  tab.faults = [];
  tab.strangers = [];
  tab.listen(({ method, params }) => {
    if (method === "Runtime.exceptionThrown") tab.faults.push(params.exceptionDetails.exception?.description);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") tab.faults.push(JSON.stringify(params.args));
    // A query with a fault is answered with 400, which the browser's log calls an error; tests ask for some.
    if (method === "Log.entryAdded" && params.entry.level === "error" && !params.entry.url?.endsWith("/api/query")) {
      tab.faults.push(params.entry.text);
    }
    const url = params?.request?.url ?? PAGE;
    if (method === "Network.requestWillBeSent" && !url.startsWith(PAGE) && !url.startsWith("blob:")) tab.strangers.push(url);
  });
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await tab.call(`${domain}.enable`);
  await tab.call("Page.navigate", { url: `${PAGE}${hash}` });
  return tab;
}

/** How the page is shown. */
export async function show(tab, width, height, { scheme = "light", media = "", forced = "none" } = {}) {
  await tab.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 500 });
  const features = [{ name: "prefers-color-scheme", value: scheme }, { name: "forced-colors", value: forced }];
  await tab.call("Emulation.setEmulatedMedia", { media, features });
}

/** No serious finding of axe-core, and no sideways scrolling. */
export async function check(tab, name, rules = {}) {
  // The policy of the page forbids foreign scripts, so the checker is run by the debugger and not put into the page.
  await tab.run(axe);
  const found = await tab.run(`axe.run(document, { rules: ${JSON.stringify(rules)} }).then(({ violations }) => violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ")))`);
  assert.deepEqual(found, [], `${name}: accessibility`);
  assert.equal(await tab.run("document.documentElement.scrollWidth <= innerWidth"), true, `${name}: no sideways scrolling`);
}

/** Reloads the page, and waits until the old one is gone. */
export async function reload(tab) {
  await tab.run("window.isOld = true");
  await tab.call("Page.reload");
  await tab.until("window.isOld === undefined && document.body !== null");
}

/** Presses a key; `modifiers` as the protocol counts them (2 is Ctrl, 8 is Shift). */
export async function press(tab, key, modifiers = 0) {
  const codes = { Tab: 9, Enter: 13, Escape: 27, ArrowDown: 40, " ": 32 };
  const text = key === "Enter" && !modifiers ? "\r" : key === " " && !modifiers ? " " : undefined;
  const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: codes[key], modifiers, text };
  await tab.call("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", ...event });
  await tab.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}
