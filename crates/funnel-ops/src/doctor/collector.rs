//! The Collector between the service and where events are stored.

use std::time::Duration;

use super::configuration::shown;
use super::types::Check;
use crate::client::Client;

const NAME: &str = "collector";
/// What the Collector's receiver answers to a `GET`, and nobody else.
const SIGNATURE: &str = "method not allowed, supported: [POST]";

/// Whether the endpoint of OTLP over HTTP is a Collector.
pub(super) fn is_one(client: &Client, endpoint: &str) -> bool {
    client.ask(endpoint).is_ok_and(|answer| answer.status == 405 && answer.text().contains(SIGNATURE))
}

/// For an endpoint that is one, where nobody said how to look into it.
pub(super) fn unseen() -> Check {
    Check::fine(
        NAME,
        "the endpoint is an OpenTelemetry Collector, which forwards events; the Collector itself is not checked \
         (to check it: `funnel doctor --collector URL`, with the URL of its health check or its metrics)",
    )
}

/// What the health check or the metrics of a Collector say.
pub(super) fn examine(url: &str) -> Check {
    let at = shown(url);
    let answer = match Client::new(Duration::from_secs(10)).ask(url) {
        Ok(answer) => answer,
        Err(error) => {
            return Check::broken(
                NAME,
                format!("nothing answers at {at}: {}", error.reason),
                "start the Collector, or correct the URL of its health check or its metrics",
            );
        }
    };
    let text = answer.text();
    if text.contains("otelcol_") {
        return metrics(&text);
    }
    if answer.status != 200 {
        return Check::broken(
            NAME,
            format!("{at} answers {}: the Collector is not ready", answer.status),
            "look at the Collector's log",
        );
    }
    if text.contains("Server available") {
        return Check::fine(
            NAME,
            "its health check says that it runs; the health check does not cover its exporters",
        );
    }
    Check::warning(
        NAME,
        format!("{at} is neither a Collector's health check nor its metrics"),
        "give the URL of the extension `health_check` (port 13133) or of the metrics (port 8888, /metrics)",
    )
}

fn metrics(text: &str) -> Check {
    let sum = |name: &str| sum(text, name);
    let given_up = sum("otelcol_exporter_send_failed_log_records");
    if given_up > 0.0 {
        return Check::warning(
            NAME,
            format!("its exporters have dropped {given_up} log records since it started"),
            "look at the Collector's log for the answer of the endpoint behind it; `funnel replay` sends its archive again",
        );
    }
    let refused =
        sum("otelcol_receiver_refused_log_records") + sum("otelcol_exporter_enqueue_failed_log_records");
    if refused > 0.0 {
        return Check::warning(
            NAME,
            format!("it has refused {refused} log records since it started: its queue or its disk was full"),
            "look at the Collector's queue; services keep what it refuses and send it again",
        );
    }
    let (taken, sent) =
        (sum("otelcol_receiver_accepted_log_records"), sum("otelcol_exporter_sent_log_records"));
    let waiting = sum("otelcol_exporter_queue_size");
    Check::fine(
        NAME,
        format!("log records: {taken} received, {sent} forwarded; {waiting} batches wait in its queues"),
    )
}

/// The sum over all labels of a metric, whose name may end with `_total`.
fn sum(text: &str, name: &str) -> f64 {
    text.lines()
        .filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let metric = series.split('{').next()?;
            (metric.strip_suffix("_total").unwrap_or(metric) == name).then(|| value.parse::<f64>().ok())?
        })
        .fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::CheckState;

    #[test]
    fn metrics_are_summed_over_labels_and_under_both_forms_of_their_name() {
        let text = "# HELP otelcol_exporter_sent_log_records x\n\
                    otelcol_exporter_sent_log_records{exporter=\"a b\"} 3\n\
                    otelcol_exporter_sent_log_records_total{exporter=\"c\"} 4\n\
                    otelcol_exporter_sent_log_records_bytes 9\n";
        assert_eq!(sum(text, "otelcol_exporter_sent_log_records"), 7.0);
        assert_eq!(metrics(text).state, CheckState::Fine);
        for (name, part) in [
            ("otelcol_exporter_send_failed_log_records", "dropped 2"),
            ("otelcol_receiver_refused_log_records", "refused 2"),
            ("otelcol_exporter_enqueue_failed_log_records_total", "refused 2"),
        ] {
            let check = metrics(&format!("{text}{name}{{exporter=\"a\"}} 2\n"));
            assert!(check.state == CheckState::Warning && check.detail.contains(part), "{check:?}");
        }
    }
}
