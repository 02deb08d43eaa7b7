use std::time::Duration;

use instant_funnel::{Backend, Funnel};
use opentelemetry_sdk::logs::SdkLoggerProvider;

#[derive(Debug)]
struct Exporter;
impl opentelemetry_sdk::logs::LogExporter for Exporter {
    async fn export(&self, _: opentelemetry_sdk::logs::LogBatch<'_>) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}
let exporter = Exporter;
