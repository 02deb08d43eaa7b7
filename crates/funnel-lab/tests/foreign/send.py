"""Sends logs, spans and metrics through the official Python SDK: by HTTP packed with gzip and with deflate, then by gRPC.

Each transport has one good and one bad record of the funnel. An error that the SDK logs ends it with 1.
"""

import logging
import os
import sys

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

OTLP, GRPC = os.environ["OTLP"], os.environ["GRPC"]


def http(compression):
    options = {"compression": compression}
    return (
        HttpLogs(endpoint=OTLP + "/v1/logs", **options),
        HttpSpans(endpoint=OTLP + "/v1/traces", **options),
        HttpMetrics(endpoint=OTLP + "/v1/metrics", **options),
    )


def grpc():
    options = {"endpoint": GRPC, "insecure": True}
    return GrpcLogs(**options), GrpcSpans(**options), GrpcMetrics(**options)


class Errors(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


errors = Errors()
logging.getLogger().addHandler(errors)
resource = Resource.create({"service.name": "python"})
transports = {
    "http": lambda: http(Compression.Gzip),
    "deflate": lambda: http(Compression.Deflate),
    "grpc": grpc,
}
for number, (transport, exporters) in enumerate(transports.items()):
    logs, spans, metrics = exporters()
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    meters = MeterProvider(metric_readers=[PeriodicExportingMetricReader(metrics)], resource=resource)
    for tier in ("free", "jane@example.com"):
        loggers.get_logger("foreign").emit(LogRecord(
            event_name="InstantFunnel",
            severity_number=SeverityNumber.INFO,
            body="InstantFunnel",
            attributes={
                "newrelic.event.type": "InstantFunnel",
                "funnelStep": "claim",
                "serviceName": f"python-{transport}",
                "cohort": "real",
                "eventId": f"{number:031x}f",
                "journeyId": "00000000-0000-4000-8000-000000000001",
                "tier": tier,
            },
        ))
    with tracers.get_tracer("foreign").start_as_current_span("work"):
        meters.get_meter("foreign").create_counter("counter").add(1)
    for provider in (loggers, tracers, meters):
        provider.force_flush()
        provider.shutdown()

if errors.said:
    print("\n".join(errors.said), file=sys.stderr)
    sys.exit(1)
