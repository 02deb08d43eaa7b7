"""Sends one good and one bad record through the official Python SDK: by HTTP packed with gzip, then by gRPC."""

import os

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as Grpc
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as Http
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

EXPORTERS = {
    "http": lambda: Http(endpoint=os.environ["OTLP"] + "/v1/logs", compression=Compression.Gzip),
    "grpc": lambda: Grpc(endpoint=os.environ["GRPC"], insecure=True),
}

for number, (transport, exporter) in enumerate(EXPORTERS.items()):
    provider = LoggerProvider(resource=Resource.create({"service.name": "python"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter()))
    logger = provider.get_logger("foreign")
    for tier in ("free", "jane@example.com"):
        logger.emit(LogRecord(
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
    provider.force_flush()
    provider.shutdown()
