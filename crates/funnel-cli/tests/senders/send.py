"""Sends 1,000 events of 250 journeys to the endpoint that it is given; prints how many values were dropped."""

import sys
import time
import uuid

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

import shop_funnel as shop

provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=sys.argv[1])))
dropped = []
recorder = shop.ShopFunnelRecorder(
    provider.get_logger("shop"),
    service_name="python-shop",
    on_drop=lambda key, rule: dropped.append((key, rule)),
)
for number in range(250):
    journey = shop.Journey(
        id=str(uuid.uuid4()),
        start_millis=int(time.time() * 1000) - 60_000,
        entry_actor="human_dashboard",
    )
    country = "jane@example.com" if number % 10 == 0 else "NL"
    recorder.record(shop.Visit(journey=journey, channel="ads", country=country))
    recorder.record(shop.Signup(journey=journey, env="production"))
    recorder.record(shop.Activate(plan=shop.Plan.TRIAL, journey=journey))
    recorder.record(shop.Subscribe(plan=shop.Plan.PRO, amount=number, journey=journey))
provider.shutdown()
assert all(key == "country" for key, _ in dropped), dropped
print(len(dropped))
