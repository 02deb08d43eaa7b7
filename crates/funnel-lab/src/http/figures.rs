//! Funnels and key figures over HTTP.

use super::params;
use super::reply::{Reply, error_reply, json_reply};
use crate::app::App;
use crate::report::{ReportError, ReportQuestion, dimensions, gauges as figures, report, stopped};
use hyper::StatusCode;
use serde_json::Value;
use std::fmt::Write;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// The most journeys of one list.
const STOPPED_MAX: usize = 1_000;

/// Answers one address that asks the engine.
pub(super) async fn answer(app: &Arc<App>, path: &str, asked: &str) -> Reply {
    let (app, path, asked) = (Arc::clone(app), path.to_owned(), asked.to_owned());
    let answering = tokio::task::spawn_blocking(move || resolve(&app, &path, &asked));
    match answering.await {
        Ok(Ok(body)) => json_reply(StatusCode::OK, &body),
        Ok(Err(error)) => error_reply(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(_) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, "the report could not be made"),
    }
}

fn resolve(app: &App, path: &str, asked: &str) -> Result<Value, ReportError> {
    let pairs = params::pairs(asked).map_err(ReportError::new)?;
    let now = app.clock.millis();
    let view = app.columns.view();
    let own = |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let is_list = path == "/api/stopped";
    let others = pairs.iter().filter(|(name, _)| !(is_list && (name == "level" || name == "limit")));
    let question = ReportQuestion::parse(others.map(|(name, value)| (name.as_str(), value.as_str())))?;
    match path {
        "/api/dimensions" => Ok(dimensions(&view)),
        "/api/report" => report(&view, &question, now),
        _ => {
            let number = |name: &str, default: &str| own(name).unwrap_or(default).parse::<usize>();
            let (Ok(level), Ok(limit)) = (number("level", "1"), number("limit", "100")) else {
                return Err(ReportError::new("`level` and `limit` take a number"));
            };
            stopped(&view, &question, level, limit.min(STOPPED_MAX), now)
        }
    }
}

/// How long gauges stand: making them reads every journey, and a scrape must not cost more than what it measures.
const GAUGES: Duration = Duration::from_secs(10);

/// The key figures in the Prometheus text format, at most ten seconds old.
pub(super) async fn gauges(app: &Arc<App>) -> String {
    let kept = app.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((made, text)) = kept
        && made.elapsed() < GAUGES
    {
        return text;
    }
    let text = fresh_gauges(Arc::clone(app)).await;
    *app.gauges.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), text.clone()));
    text
}

async fn fresh_gauges(app: Arc<App>) -> String {
    let asking = tokio::task::spawn_blocking(move || figures(&app.columns.view(), app.clock.millis()));
    let Ok(found) = asking.await else { return String::new() };
    let mut out = String::from(
        "# HELP funnel_lab_kpi_ratio Key figures of the journeys that began in the last 90 days; mature ones are final.\n\
         # TYPE funnel_lab_kpi_ratio gauge\n",
    );
    let states = |name: &str| [("mature", name.to_owned()), ("so_far", name.to_owned())];
    for (name, mature, so_far) in &found {
        for ((state, name), figure) in states(name).into_iter().zip([mature, so_far]) {
            // A rate of nothing is not a number.
            if let Some(rate) = figure.rate() {
                let _ = writeln!(out, "funnel_lab_kpi_ratio{{kpi=\"{name}\",state=\"{state}\"}} {rate}");
            }
        }
    }
    out.push_str(
        "# HELP funnel_lab_kpi_journeys Journeys of a key figure: its whole and its part.\n\
         # TYPE funnel_lab_kpi_journeys gauge\n",
    );
    for (name, mature, so_far) in &found {
        for ((state, name), figure) in states(name).into_iter().zip([mature, so_far]) {
            for (what, count) in [("whole", figure.whole), ("part", figure.part)] {
                let _ = writeln!(
                    out,
                    "funnel_lab_kpi_journeys{{kpi=\"{name}\",state=\"{state}\",of=\"{what}\"}} {count}"
                );
            }
        }
    }
    out
}
