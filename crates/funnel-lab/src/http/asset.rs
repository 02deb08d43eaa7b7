//! The page's files, built into the program.

use hyper::StatusCode;

use super::reply::{Reply, reply};

struct Asset {
    path: &'static str,
    kind: &'static str,
    body: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! assets {
    ($($path:literal, $kind:ident, $file:literal;)+) => {
        const ASSETS: &[Asset] = &[
            $(Asset { path: $path, kind: $kind, body: include_str!(concat!("../../page/", $file)) },)+
        ];
    };
}

assets! {
    "/", HTML, "index.html";
    "/page/style.css", CSS, "style.css";
    "/page/main.js", JS, "main.js";
    "/page/ask.js", JS, "ask.js";
    "/page/dom.js", JS, "dom.js";
    "/page/chart.js", JS, "chart.js";
    "/page/choices.js", JS, "choices.js";
    "/page/funnel.js", JS, "funnel.js";
    "/page/steps.js", JS, "steps.js";
    "/page/kpis.js", JS, "kpis.js";
    "/page/breakdown.js", JS, "breakdown.js";
    "/page/times.js", JS, "times.js";
    "/page/laws.js", JS, "laws.js";
    "/page/save.js", JS, "save.js";
    "/page/events.js", JS, "events.js";
    "/page/journey.js", JS, "journey.js";
    "/page/refused.js", JS, "refused.js";
    "/page/console.js", JS, "console.js";
    "/page/answer.js", JS, "answer.js";
    "/page/complete.js", JS, "complete.js";
    "/page/focus.js", JS, "focus.js";
    "/page/picture.js", JS, "picture.js";
    "/page/icon.svg", SVG, "icon.svg";
}

/// The file at `path`, if there is one.
pub(crate) fn find(path: &str) -> Option<Reply> {
    ASSETS.iter().find(|asset| asset.path == path).map(|asset| reply(StatusCode::OK, asset.kind, asset.body))
}
