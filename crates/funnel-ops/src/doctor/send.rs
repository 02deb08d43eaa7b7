//! One synthetic event, from this process to where it can be seen.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use instant_funnel::{Cohort, EventId, Funnel, Landing};

use super::collector;
use super::types::{Check, CheckState, Doctor};
use crate::client::Client;
use crate::reconcile::EventStore;

/// How often the store is asked.
const EVERY: Duration = Duration::from_millis(250);

/// Sends one event of the cohort `synthetic` as the service would, without its journal, and waits until the store shows it.
/// Without a store, until it is acknowledged.
#[must_use]
pub fn send(doctor: &Doctor, patience: Duration) -> Vec<Check> {
    let begun = Instant::now();
    // The service's journal stays the service's.
    let variables = doctor.variables.clone();
    let lookup = move |name: &str| {
        if name == "ANALYTICS_JOURNAL_DIR" { None } else { variables.get(name).cloned() }
    };
    let name = "one event sent";
    let built =
        Funnel::builder().service_name("funnel-doctor").cohort(Cohort::Synthetic).with_vars(lookup).build();
    let funnel = match built {
        Ok(funnel) => funnel,
        Err(error) => {
            return vec![Check::broken(name, error.to_string(), "correct the variable that it names")];
        }
    };
    let fact = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string();
    let id = EventId::of("funnel-doctor", fact);
    funnel.record(Landing::new().event_id(id));
    let _ = funnel.flush(patience);
    let stats = funnel.stats();
    let _ = funnel.shutdown(Duration::from_secs(1));
    if stats.delivered != 1 {
        let remedy = "look at the service's log, target `otlp_journal`, and at the checks above";
        return vec![Check::broken(
            name,
            format!("it was not acknowledged within {} s", patience.as_secs()),
            remedy,
        )];
    }
    let acknowledged = format!("acknowledged after {} ms", begun.elapsed().as_millis());
    let mut checks = vec![Check::fine(name, acknowledged)];
    if let Some(store) = &doctor.store {
        let mut check = seen(store, &id.to_string(), begun, patience);
        if let (CheckState::Broken, Some(url)) = (check.state, &doctor.collector) {
            check.detail = format!("{}; the Collector: {}", check.detail, collector::examine(url).detail);
        }
        checks.push(check);
    }
    checks
}

fn seen(store: &EventStore, id: &str, begun: Instant, patience: Duration) -> Check {
    let name = "the event seen";
    let client = Client::default();
    let nrql = format!("SELECT count(*) AS seen FROM InstantFunnel WHERE eventId = '{id}' SINCE 1 hour ago");
    loop {
        let reason = match store.rows(&client, &nrql) {
            Ok(rows) if rows.first().is_some_and(|row| row["seen"].as_u64() > Some(0)) => {
                return Check::fine(
                    name,
                    format!("stored {} ms after it was recorded", begun.elapsed().as_millis()),
                );
            }
            Ok(_) => format!("acknowledged, and not stored within {} s", patience.as_secs()),
            Err(error) => error.to_string(),
        };
        if begun.elapsed() > patience {
            let remedy = "look for NrIntegrationError; check that the key belongs to the account, and whether a collector on the way drops the event";
            return Check::broken(name, reason, remedy);
        }
        std::thread::sleep(EVERY);
    }
}
