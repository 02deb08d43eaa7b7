// Sends logs, a span and a metric through the official JavaScript SDK, by each of its transports: JSON and protobuf over
// HTTP, and gRPC. An error of the SDK ends it with 1.

import { diag, DiagLogLevel } from "@opentelemetry/api";
import { OTLPLogExporter as GrpcLogs } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const { OTLP, GRPC } = process.env;
const errors = [];
const ignore = () => {};
diag.setLogger(
  { error: (...said) => errors.push(said), warn: (...said) => errors.push(said), info: ignore, debug: ignore, verbose: ignore },
  DiagLogLevel.WARN,
);

const http = (path) => ({ url: `${OTLP}/v1/${path}`, compression: "gzip" });
const grpc = () => ({ url: GRPC });
const transports = [
  ["json", new JsonLogs(http("logs")), new JsonTraces(http("traces")), new JsonMetrics(http("metrics"))],
  ["proto", new ProtoLogs(http("logs")), new ProtoTraces(http("traces")), new ProtoMetrics(http("metrics"))],
  ["grpc", new GrpcLogs(grpc()), new GrpcTraces(grpc()), new GrpcMetrics(grpc())],
];

for (const [number, [name, logs, traces, metrics]] of transports.entries()) {
  const loggers = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: logs })] });
  const tracers = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: traces })] });
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 60000 })] });
  loggers.getLogger("foreign").emit({
    eventName: "InstantFunnel",
    severityNumber: 9,
    severityText: "INFO",
    body: "InstantFunnel",
    attributes: {
      "newrelic.event.type": "InstantFunnel",
      funnelStep: "paid",
      serviceName: `js-${name}`,
      cohort: "real",
      eventId: `${number}`.padStart(31, "0") + "a",
      journeyId: "00000000-0000-4000-8000-000000000001",
      renewal: false,
    },
  });
  loggers.getLogger("foreign").emit({ body: "a log", attributes: { list: ["a", "b"], half: 0.5, many: 7, yes: true } });
  tracers.getTracer("foreign").startSpan("work").end();
  meters.getMeter("foreign").createCounter("counter").add(1);
  for (const provider of [loggers, tracers, meters]) {
    await provider.forceFlush();
    await provider.shutdown();
  }
}

if (errors.length) {
  console.error(JSON.stringify(errors, null, 2));
  process.exit(1);
}
