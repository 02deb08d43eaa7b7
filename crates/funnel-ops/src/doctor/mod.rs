//! Walks the path of an event in order and stops guessing at the first link that is broken: configuration, key, clock, the
//! way to the endpoint, its answer, the journal, the filters; then, where there is something to ask, the data.
//!
//! ```no_run
//! use funnel_ops::doctor::{Doctor, examine};
//!
//! let findings = examine(&Doctor::from_env());
//! for check in &findings.checks {
//!     println!("{} {}: {}", check.state, check.name, check.detail);
//! }
//! ```
//!
//! Privacy: no key, token or header is in a finding.

mod collector;
mod configuration;
mod data;
mod journal;
mod network;
mod send;
mod tls;
mod types;

pub use self::send::send;
pub use self::types::{Check, CheckState, Doctor, Findings};

/// The links behind the configuration.
const NETWORK: [&str; 6] = ["proxy", "dns", "connection", "tls", "answer", "clock"];

/// Looks at the whole path. Sends no event and leaves nothing behind.
#[must_use]
pub fn examine(doctor: &Doctor) -> Findings {
    let mut findings = Findings::default();
    let target = configuration::examine(doctor, &mut findings);
    match &target {
        Some(target) => {
            if !network::examine(doctor, target, &mut findings) {
                let seen: Vec<&str> = findings.checks.iter().map(|check| check.name).collect();
                let rest: Vec<&'static str> =
                    NETWORK.into_iter().filter(|name| !seen.contains(name)).collect();
                findings.skip(&rest);
            }
            if let Some(url) = &doctor.collector {
                if findings.is_healthy() {
                    findings.add(collector::examine(url));
                } else {
                    findings.skip(&["collector"]);
                }
            }
            findings.checks.push(journal::examine(target));
        }
        None => findings.skip(&NETWORK),
    }
    findings.checks.push(configuration::filters(doctor));
    if let Some(counters) = &doctor.counters {
        findings.checks.push(data::queue(counters));
    }
    if let Some(store) = &doctor.store {
        data::examine(store, &mut findings);
    }
    findings
}
