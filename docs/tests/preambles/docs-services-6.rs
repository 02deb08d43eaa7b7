use instant_funnel::{Backend, Funnel};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use std::time::Duration;
#[derive(Debug)]
struct Exporter;
impl opentelemetry_sdk::logs::LogExporter for Exporter {
    async fn export(&self, _: opentelemetry_sdk::logs::LogBatch<'_>) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}
let exporter = Exporter;
