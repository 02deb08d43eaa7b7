//! A library that takes funnel steps on behalf of whatever application links it.
//!
//! It records through [`instant_funnel::record`], with that crate's default features off: no OpenTelemetry SDK, no
//! HTTP client, no TLS and no async runtime comes with it. In an application that wires nothing the call costs one
//! atomic load; in one that does, the application decides where events go, under which service name and key.
//!
//! ```
//! use instant_funnel::testing::RecordedEvent;
//! use instant_funnel::{Actor, Funnel, Journey};
//!
//! let (funnel, recorder) = Funnel::recording(); // an application's own would be `Funnel::from_env()`
//! funnel.install();
//!
//! let queue = library_example::create_queue("jobs", Journey::begin(Actor::AgentMcp));
//!
//! assert_eq!(queue.name(), "jobs");
//! let events: Vec<RecordedEvent> = recorder.take();
//! events[0].assert_step("provision").assert_attribute("service", "queue");
//! ```

use instant_funnel::{Journey, Provision};

/// Something that a provisioning library makes.
#[derive(Debug)]
pub struct Queue {
    name: String,
}

impl Queue {
    /// The name it was made with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Makes a queue for an anonymous visitor. The step is recorded when the queue is there, not when it was asked for.
#[must_use]
pub fn create_queue(name: &str, journey: Journey) -> Queue {
    let queue = Queue { name: name.to_owned() };
    instant_funnel::record(Provision::new("queue").journey(journey).tier("anonymous"));
    queue
}

#[cfg(test)]
mod tests {
    use instant_funnel::Actor;

    use super::*;

    #[test]
    fn without_an_application_that_listens_it_just_works() {
        assert_eq!(create_queue("jobs", Journey::begin(Actor::AgentMcp)).name(), "jobs");
    }
}
