//! The conservation line of a service, read from its Prometheus metrics.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use funnel_lab::{Conservation, Line};

use crate::http;

/// How often a service is asked.
const EVERY: Duration = Duration::from_secs(2);

/// A service that a thread asks for its counters; the page gets the last answer.
#[derive(Debug)]
pub(crate) struct Watched {
    url: String,
    line: Mutex<Result<Line, String>>,
}

impl Watched {
    /// Starts asking.
    pub(crate) fn start(url: String) -> std::io::Result<Arc<Self>> {
        http::split(&url)?;
        let watched = Arc::new(Self { url, line: Mutex::new(Err("not asked yet".to_owned())) });
        let weak = Arc::downgrade(&watched);
        std::thread::Builder::new().name("funnel-watch".to_owned()).spawn(move || run(&weak))?;
        Ok(watched)
    }
}

fn run(watched: &Weak<Watched>) {
    while let Some(watched) = watched.upgrade() {
        let line = http::get(&watched.url).map_err(|error| error.to_string()).and_then(|metrics| {
            line_of(&metrics)
                .ok_or_else(|| "the answer has no counter `instant_analytics_events_total`".to_owned())
        });
        *watched.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
        drop(watched);
        std::thread::sleep(EVERY);
    }
}

impl Conservation for Watched {
    fn name(&self) -> String {
        let authority = http::split(&self.url).map_or("", |(authority, _)| authority);
        authority.to_owned()
    }

    fn line(&self) -> Result<Line, String> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The counters of a scrape; `None` when it has none of them.
fn line_of(metrics: &str) -> Option<Line> {
    let mut line = Line::default();
    let mut found = false;
    for sample in metrics.lines().filter(|sample| !sample.starts_with('#')) {
        let Some((name, value)) = sample.rsplit_once(' ') else { continue };
        let Ok(value) = value.parse::<f64>() else { continue };
        let value = value as u64;
        let field = if name.starts_with("instant_analytics_events_pending") {
            &mut line.pending
        } else if !name.starts_with("instant_analytics_events_total{") {
            continue;
        } else if name.contains("state=\"recorded\"") {
            &mut line.recorded
        } else if name.contains("state=\"delivered\"") {
            &mut line.delivered
        } else if name.contains("state=\"handed_over\"") {
            &mut line.handed_over
        } else if name.contains("state=\"dropped\"") {
            &mut line.dropped
        } else {
            continue;
        };
        *field += value;
        found = true;
    }
    found.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_gives_the_line() {
        let metrics = "# TYPE instant_analytics_events_total counter\n\
            instant_analytics_events_total{state=\"recorded\"} 12\n\
            instant_analytics_events_total{state=\"delivered\"} 7\n\
            instant_analytics_events_total{state=\"dropped\"} 2\n\
            instant_analytics_events_pending 3\nother_total{state=\"recorded\"} 99\n";
        let line = line_of(metrics).unwrap();
        assert_eq!((line.recorded, line.delivered, line.dropped, line.pending), (12, 7, 2, 3));
        assert!(line.holds());
        assert_eq!(line_of("up 1\n"), None);
    }
}
