//! Funnels and key figures over HTTP.

use std::fmt::Write;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::Value;

use super::params;
use super::reply::{Reply, error_reply, json_reply};
use crate::app::App;
use crate::report::{
    Asked, ReportError, ReportQuestion, contract_of, dimensions, gauges as figures, report, stopped,
};

/// The most journeys of one list.
const STOPPED_MAX: usize = 1_000;

/// Answers one address that asks the engine.
pub(super) async fn answer(app: &Arc<App>, path: &str, asked: &str) -> Reply {
    let (app, path, asked) = (Arc::clone(app), path.to_owned(), asked.to_owned());
    let answering = tokio::task::spawn_blocking(move || resolve(&app, &path, &asked));
    match answering.await {
        Ok(Ok(body)) => json_reply(StatusCode::OK, &body),
        Ok(Err(error)) => error_reply(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(_) => error_reply(StatusCode::INTERNAL_SERVER_ERROR, "the report could not be generated"),
    }
}

fn resolve(app: &App, path: &str, asked: &str) -> Result<Value, ReportError> {
    let pairs = params::pairs(asked).map_err(ReportError::new)?;
    let now = app.clock.millis();
    let own = |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let is_list = path == "/api/stopped";
    let others = pairs.iter().filter(|(name, _)| !(is_list && (name == "level" || name == "limit")));
    let question = ReportQuestion::parse(others.map(|(name, value)| (name.as_str(), value.as_str())))?;
    let contracts = app.columns.contracts();
    let contract = contract_of(contracts, &question)?;
    let view = app.columns.view(contract);
    let asked = Asked { layout: contracts.at(contract), view: &view };
    match path {
        "/api/dimensions" => Ok(dimensions(&asked)),
        "/api/report" => report(&asked, &question, now),
        _ => {
            let number = |name: &str, default: &str| own(name).unwrap_or(default).parse::<usize>();
            let (Ok(level), Ok(limit)) = (number("level", "1"), number("limit", "100")) else {
                return Err(ReportError::new("`level` and `limit` must be numbers"));
            };
            stopped(&asked, &question, level, limit.min(STOPPED_MAX), now)
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
    let asking = tokio::task::spawn_blocking(move || {
        let (columns, now) = (&app.columns, app.clock.millis());
        let funnels =
            columns.contracts().iter().enumerate().filter(|(_, layout)| layout.contract.is_funnel());
        let each = funnels.flat_map(|(at, layout)| {
            let figures = figures(&Asked { layout, view: &columns.view(at) }, now);
            figures.into_iter().map(|(kpi, mature, so_far)| {
                (format!("contract=\"{}\",kpi=\"{kpi}\"", layout.contract.event_name), mature, so_far)
            })
        });
        each.collect::<Vec<_>>()
    });
    let Ok(found) = asking.await else { return String::new() };
    let mut out = String::from(
        "# HELP funnel_lab_kpi_ratio Key figures of the journeys that began in the last 90 days; mature ones are final.\n\
         # TYPE funnel_lab_kpi_ratio gauge\n",
    );
    let states = ["mature", "so_far"];
    for (labels, mature, so_far) in &found {
        for (state, figure) in states.into_iter().zip([mature, so_far]) {
            // A rate of nothing is not a number.
            if let Some(rate) = figure.rate() {
                let _ = writeln!(out, "funnel_lab_kpi_ratio{{{labels},state=\"{state}\"}} {rate}");
            }
        }
    }
    out.push_str(
        "# HELP funnel_lab_kpi_journeys Journeys of a key figure: all of them, and those that reached the second step.\n\
         # TYPE funnel_lab_kpi_journeys gauge\n",
    );
    for (labels, mature, so_far) in &found {
        for (state, figure) in states.into_iter().zip([mature, so_far]) {
            for (what, count) in [("whole", figure.whole), ("part", figure.part)] {
                let _ = writeln!(
                    out,
                    "funnel_lab_kpi_journeys{{{labels},state=\"{state}\",of=\"{what}\"}} {count}"
                );
            }
        }
    }
    out
}
