// A tab of headless Chromium over its debugging protocol: just enough for the test beside it.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function open(program) {
  const profile = mkdtempSync(join(tmpdir(), "funnel-lab-chromium-"));
  const chrome = spawn(program, [
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
    `--user-data-dir=${profile}`, "about:blank",
  ], { stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((found, failed) => {
    let said = "";
    chrome.stderr.on("data", (data) => {
      said += data;
      const match = said.match(/DevTools listening on (ws:\S+)/);
      if (match) found(match[1]);
    });
    chrome.on("exit", () => failed(new Error(`Chromium ended: ${said}`)));
  });
  const tabs = await (await fetch(`http://${new URL(address).host}/json/list`)).json();
  const socket = new WebSocket(tabs.find((tab) => tab.type === "page").webSocketDebuggerUrl);
  await new Promise((opened, failed) => { socket.onopen = opened; socket.onerror = failed; });

  let last = 0;
  const waiting = new Map();
  const listeners = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id) {
      const { done, failed } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) failed(new Error(message.error.message)); else done(message.result);
    } else {
      for (const listener of listeners) listener(message);
    }
  };
  const call = (method, params = {}) => new Promise((done, failed) => {
    last += 1;
    waiting.set(last, { done, failed });
    socket.send(JSON.stringify({ id: last, method, params }));
  });
  const run = async (expression) => {
    const { result, exceptionDetails } = await call("Runtime.evaluate", {
      expression, awaitPromise: true, returnByValue: true, userGesture: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    call,
    run,
    listen: (listener) => listeners.push(listener),
    // Waits until the expression is true, twenty seconds at most.
    until: async (expression) => {
      for (let tries = 0; tries < 400; tries += 1) {
        if (await run(expression)) return;
        await new Promise((rested) => setTimeout(rested, 50));
      }
      throw new Error(`never true: ${expression}\n${await run("document.body.innerText")}`);
    },
    close: async () => {
      const ended = new Promise((done) => chrome.on("exit", done));
      // Asked to end it ends its helper processes too; killed it leaves them to write for a while.
      call("Browser.close").catch(() => {});
      const impatience = setTimeout(() => chrome.kill(), 5_000);
      await ended;
      clearTimeout(impatience);
      socket.close();
      // Each try lists the folder anew, which the retries of `rmSync` do not.
      for (let tries = 0; tries < 50; tries += 1) {
        try {
          return rmSync(profile, { recursive: true, force: true });
        } catch {
          await new Promise((rested) => setTimeout(rested, 100));
        }
      }
      return console.log(`${profile} could not be removed`);
    },
  };
}
