// Sends 1,000 events of 250 journeys to the endpoint that it is given; prints how many values were dropped.

import { randomUUID } from "node:crypto";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { Plan, ShopFunnelRecorder } from "./shop-funnel.js";

const url = process.argv[2] ?? "";
const processor = new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url }) });
const provider = new LoggerProvider({ processors: [processor] });
const dropped: string[] = [];
const recorder = new ShopFunnelRecorder(provider.getLogger("shop"), {
  serviceName: "typescript-shop",
  onDrop: (key) => dropped.push(key),
});
for (let number = 0; number < 250; number++) {
  const journey = { id: randomUUID(), startMillis: Date.now() - 60_000, entryActor: "human_dashboard" };
  const country = number % 10 === 0 ? "jane@example.com" : "NL";
  recorder.record({ step: "visit", journey, channel: "ads", country });
  recorder.record({ step: "signup", journey, env: "production" });
  recorder.record({ step: "activate", plan: Plan.Trial, journey });
  recorder.record({ step: "subscribe", plan: Plan.Pro, amount: number, journey });
}
await provider.shutdown();
if (dropped.some((key) => key !== "country")) throw new Error(dropped.join());
console.log(dropped.length);
