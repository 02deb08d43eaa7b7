//! Configuration by code; the environment is laid over it.

mod build;
mod pseudonyms;

use std::sync::Arc;
use std::time::SystemTime;

use instant_funnel_core::contract::Contract;
use instant_funnel_core::{Cohort, PseudonymKey, SigningKey};

use self::pseudonyms::Pseudonyms;
use crate::backend::Backend;
use crate::config::{Finding, Settings, Topic};
use crate::emitter::Clock;

/// Builds a [`Funnel`](crate::Funnel). Has no effect until [`build`](Self::build).
///
/// ```
/// use instant_funnel::{Backend, Cohort, Funnel};
///
/// let funnel = Funnel::builder()
///     .service_name("checkout")
///     .environment("production")
///     .cohort(Cohort::Real)
///     .vocabulary("reasonCode", ["declined", "expired"])
///     .backend(Backend::Noop)
///     .build()?;
/// # let _ = funnel;
/// # Ok::<(), instant_funnel::ConfigError>(())
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct FunnelBuilder {
    service_name: Option<String>,
    environment: Option<String>,
    commit_id: Option<String>,
    cohort: Option<Cohort>,
    backend: Backend,
    /// Chosen by the environment: if it cannot work it degrades, and `build` does not fail.
    backend_from_env: bool,
    pseudonyms: Pseudonyms,
    signing_key: Option<SigningKey>,
    /// `InstantFunnel` when empty.
    contracts: Vec<&'static Contract>,
    vocabularies: Vec<(String, Vec<String>)>,
    /// Slugs that are closed to every value.
    blocked: Vec<String>,
    #[cfg(feature = "prometheus")]
    registry: Option<prometheus::Registry>,
    clock: Option<Clock>,
    expects_traces: bool,
    findings: Vec<Finding>,
}

/// Shows what was chosen and none of the texts, which no rule has looked at yet.
impl std::fmt::Debug for FunnelBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunnelBuilder")
            .field("cohort", &self.cohort)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

impl FunnelBuilder {
    /// The `serviceName` of every event: 1 to 64 letters, digits, `_`, `.` and `-`. Default `unknown_service`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = Some(name.into());
        self
    }

    /// The `env` of every event that does not say its own, a slug. Omitted by default.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// The `commitId` of every event: the commit that runs, 7 to 40 lower-case hexadecimal digits, at least one of them a
    /// letter. Omitted by default.
    ///
    /// It is the process's: an event cannot say its own, since hexadecimal digits from a caller could stand for anything.
    pub fn commit_id(mut self, id: impl Into<String>) -> Self {
        self.commit_id = Some(id.into());
        self
    }

    /// The `cohort` of every event that does not say its own. Default [`Cohort::Real`].
    pub fn cohort(mut self, cohort: Cohort) -> Self {
        self.supersede(Topic::Cohort);
        self.cohort = Some(cohort);
        self
    }

    /// Where records go. Default [`Backend::Noop`].
    pub fn backend(mut self, backend: Backend) -> Self {
        self.supersede(Topic::Backend);
        self.backend = backend;
        self.backend_from_env = false;
        self
    }

    /// The key of the pseudonyms. Without one, fingerprints and e-mail hashes are omitted.
    pub fn pseudonym_key(mut self, key: PseudonymKey) -> Self {
        self.supersede(Topic::Pseudonyms);
        self.findings.extend(self.pseudonyms.set_key(key));
        self
    }

    /// The key before a rotation, for look-ups of what was stored under it.
    pub fn previous_pseudonym_key(mut self, key: PseudonymKey) -> Self {
        self.pseudonyms.set_previous(key);
        self
    }

    /// Makes the unkeyed pseudonyms of the older Go service, for services that must match its buckets.
    ///
    /// Privacy: anybody can undo them by trying all networks.
    pub fn legacy_pseudonyms(mut self) -> Self {
        self.supersede(Topic::Pseudonyms);
        self.findings.extend(self.pseudonyms.set_legacy());
        self
    }

    /// The key that seals journeys for whatever leaves the service: the journey's header, jobs in a queue, the sealed form in
    /// a `journey` field. All services that hand journeys to one another have the same.
    ///
    /// While a rotation lasts, give it the older one too: [`SigningKey::with_previous`].
    pub fn signing_key(mut self, key: SigningKey) -> Self {
        self.supersede(Topic::SigningKey);
        self.signing_key = Some(key);
        self
    }

    /// The contract of the events that are recorded. Given more than once, the funnel takes the events of each over
    /// its one delivery; given never, those of `InstantFunnel`. An event of another contract is dropped and counted as
    /// `unknown_contract`.
    ///
    /// `service_name`, `environment`, `commit_id`, `cohort`, pseudonyms and vocabularies hold for all of them. The journal
    /// in a directory is named after the first. What spans offer to events of the [`layer`](crate::layer) goes to the first
    /// alone.
    ///
    /// ```
    /// use instant_funnel::{Funnel, contract::CONTRACT};
    ///
    /// let funnel = Funnel::builder().contract(&CONTRACT).build()?; // beside `.contract(&shop::CONTRACT)`
    /// # let _ = funnel;
    /// # Ok::<(), instant_funnel::ConfigError>(())
    /// ```
    pub fn contract(mut self, contract: &'static Contract) -> Self {
        if !self.contracts.iter().any(|known| known.is(contract)) {
            self.contracts.push(contract);
        }
        self
    }

    /// Closes the slug `key` of the contracts that have it to a list; another value is then dropped and counted.
    pub fn vocabulary<I>(mut self, key: &str, words: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let words = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self.vocabularies.push((key.to_owned(), words));
        self
    }

    /// Registers the funnel's metrics in `registry`.
    #[cfg(feature = "prometheus")]
    pub fn registry(mut self, registry: &prometheus::Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock, for tests. Default [`SystemTime::now`].
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Says that events should have a `trace.id`. If none of the first hundred has one,
    /// [`Funnel::advisories`](crate::Funnel::advisories) says so and the log has a warning a minute, until one has: the
    /// service uses another version of `opentelemetry`, or nothing starts a span and no request has a `traceparent`.
    ///
    /// [`Funnel::layer`](crate::Funnel::layer) turns this on where the feature `tracing-opentelemetry` is on.
    ///
    /// ```
    /// let funnel = instant_funnel::Funnel::builder().expect_traces().build()?;
    /// assert!(funnel.advisories().is_empty());
    /// # Ok::<(), instant_funnel::ConfigError>(())
    /// ```
    pub fn expect_traces(mut self) -> Self {
        self.expects_traces = true;
        self
    }

    /// Fills the builder from the process environment, over what code has set before; what code sets afterwards wins.
    /// A fault in a variable becomes an advisory and the default, never an error of [`build`](Self::build).
    pub fn with_env(self) -> Self {
        self.with_vars(crate::var::of_process)
    }

    /// [`with_env`](Self::with_env) with the variables given by a function.
    pub fn with_vars(self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.apply(crate::config::read(&lookup))
    }

    fn apply(mut self, settings: Settings) -> Self {
        self.findings.extend(settings.findings);
        self.service_name = settings.service_name.or(self.service_name);
        self.environment = settings.environment.or(self.environment);
        self.commit_id = settings.commit_id.or(self.commit_id);
        self.cohort = settings.cohort.or(self.cohort);
        self.signing_key = settings.signing_key.or(self.signing_key);
        if let Some(choice) = settings.pseudonyms {
            self.findings.extend(self.pseudonyms.apply(choice));
        }
        if let Some(backend) = settings.backend {
            self.backend = backend;
            self.backend_from_env = true;
        }
        for (key, words) in settings.vocabularies {
            if words.is_empty() {
                self.blocked.push(key.to_owned());
            } else {
                self = self.vocabulary(key, words);
            }
        }
        self
    }

    /// What the environment got wrong about something that code decides after all is not so any more.
    fn supersede(&mut self, topic: Topic) {
        self.findings.retain(|finding| finding.topic != topic);
    }
}
