// Requests that were refused, and records that were rejected, with their reason.

import { get } from "./ask.js";
import { el, number, table, time } from "./dom.js";

export async function refused(total) {
  if (!total) return null;
  const { refused: newest } = await get("/api/refused");
  const heads = [{ name: "Last" }, { name: "Times", num: true }, { name: "By" }, { name: "Status", num: true }, { name: "Why", wrap: true }];
  return el("div", { class: "panel refused" }, el("h2", {}, "Refused"),
    el("p", { class: "quiet" }, "Rejected requests, and rejected records of accepted requests (status 200). The sender received the same message."),
    table(heads, newest.map(({ at, count, transport, status, reason }) =>
      [time(at), number(count), transport, String(status), reason])));
}
