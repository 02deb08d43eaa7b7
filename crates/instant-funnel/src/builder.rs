//! Configuration by code; the environment fills the same builder.

use crate::advisory::Advisory;
use crate::backend::{Backend, Process};
use crate::config::Settings;
use crate::error::ConfigError;
use crate::funnel::{Clock, Funnel, Inner};
use crate::sink::{NilApp, Sink};
use crate::stats::Counters;
use instant_funnel_core::contract::CONTRACT;
use instant_funnel_core::{Checker, CheckerError, Cohort, PseudonymKey, Pseudonymizer, Vocabularies};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

/// What OpenTelemetry calls a service that has not said its name.
const UNKNOWN_SERVICE: &str = "unknown_service";

/// Builds a [`Funnel`]. Says nothing, does nothing until [`build`](Self::build).
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
    cohort: Option<Cohort>,
    backend: Backend,
    pseudonym_key: Option<PseudonymKey>,
    previous_pseudonym_key: Option<PseudonymKey>,
    legacy_pseudonyms: bool,
    vocabularies: Vocabularies,
    #[cfg(feature = "prometheus")]
    registry: Option<prometheus::Registry>,
    clock: Option<Clock>,
    advisories: Vec<Advisory>,
    /// Configured by the environment: a backend that cannot work degrades.
    lenient: bool,
    error: Option<ConfigError>,
}

impl std::fmt::Debug for FunnelBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunnelBuilder")
            .field("service_name", &self.service_name)
            .field("environment", &self.environment)
            .field("cohort", &self.cohort)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

impl Funnel {
    /// Configures by code.
    pub fn builder() -> FunnelBuilder {
        FunnelBuilder::default()
    }

    /// Configures by the process environment. Never fails: what is wrong degrades to the default, is logged once as
    /// a warning that names the variable, and is listed in [`advisories`](Self::advisories).
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// [`from_env`](Self::from_env) with the variables given by a function, for tests and for other sources of
    /// configuration.
    ///
    /// ```
    /// use instant_funnel::Funnel;
    /// let funnel = Funnel::from_vars(|name| (name == "ANALYTICS_BACKEND").then(|| "carrier-pigeon".into()));
    /// assert!(funnel.advisories()[0].to_string().contains("ANALYTICS_BACKEND"));
    /// ```
    #[must_use]
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        FunnelBuilder::default().with_vars(lookup).finish()
    }

    /// Records nothing, counts nothing.
    #[must_use]
    pub fn noop() -> Self {
        FunnelBuilder::default().finish()
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

    /// The `cohort` of every event that does not say its own. Default [`Cohort::Real`].
    pub fn cohort(mut self, cohort: Cohort) -> Self {
        self.cohort = Some(cohort);
        self
    }

    /// Where records go. Default [`Backend::Noop`].
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The key of the pseudonyms. Without one, fingerprints and e-mail hashes are omitted.
    pub fn pseudonym_key(mut self, key: PseudonymKey) -> Self {
        self.pseudonym_key = Some(key);
        self
    }

    /// The key before a rotation, for look-ups of what was stored under it.
    pub fn previous_pseudonym_key(mut self, key: PseudonymKey) -> Self {
        self.previous_pseudonym_key = Some(key);
        self
    }

    /// Makes the unkeyed pseudonyms of the older Go service, for services that must match its buckets.
    ///
    /// Privacy: anybody can undo them by trying all networks.
    pub fn legacy_pseudonyms(mut self) -> Self {
        self.legacy_pseudonyms = true;
        self
    }

    /// Closes the slug `key` of the contract to a list; another value is then dropped and counted.
    pub fn vocabulary<I>(mut self, key: &str, words: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        if let Err(error) = self.vocabularies.close(&CONTRACT, key, words) {
            self.error = self.error.or(Some(error.into()));
        }
        self
    }

    /// Registers the funnel's metrics in `registry`.
    #[cfg(feature = "prometheus")]
    pub fn registry(mut self, registry: &prometheus::Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Tells the time, for tests. Default [`SystemTime::now`].
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Fills the builder from the process environment; what code sets afterwards wins. A fault in a variable
    /// becomes an advisory and the default, never an error of [`build`](Self::build).
    pub fn with_env(self) -> Self {
        self.with_vars(|name| std::env::var(name).ok())
    }

    /// [`with_env`](Self::with_env) with the variables given by a function.
    pub fn with_vars(self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.apply(crate::config::read(&lookup))
    }

    fn apply(mut self, settings: Settings) -> Self {
        self.lenient = true;
        self.service_name = settings.service_name.or(self.service_name);
        self.environment = settings.environment.or(self.environment);
        self.cohort = settings.cohort.or(self.cohort);
        self.pseudonym_key = settings.pseudonym_key.or(self.pseudonym_key);
        self.previous_pseudonym_key = settings.previous_pseudonym_key.or(self.previous_pseudonym_key);
        self.legacy_pseudonyms |= settings.legacy_pseudonyms;
        if let Some(backend) = settings.backend {
            self.backend = backend;
        }
        self.advisories.extend(settings.advisories);
        for (key, words) in settings.vocabularies {
            self = self.vocabulary(key, words);
        }
        self
    }

    /// The funnel.
    ///
    /// # Errors
    /// The first thing that was configured by code and cannot be used, by the method that mends it. Code that would
    /// rather run than stop uses [`Funnel::from_env`].
    pub fn build(mut self) -> Result<Funnel, ConfigError> {
        let checker = self.checker()?;
        let sink = self.sink()?;
        #[cfg(feature = "prometheus")]
        let registry = self.registry.take();
        #[cfg(feature = "prometheus")]
        if let Some(registry) = registry {
            let funnel = self.assemble(checker, sink, false);
            crate::metrics::register(&registry, &funnel)
                .map_err(|error| ConfigError::Registry(error.to_string()))?;
            return Ok(funnel);
        }
        let inert = sink.is_none();
        Ok(self.assemble(checker, sink, inert))
    }

    /// The funnel, whatever is wrong: a fault becomes an advisory and an inert part.
    pub(crate) fn finish(mut self) -> Funnel {
        let checker = self.checker().unwrap_or_else(|error| {
            self.advisories.push(Advisory::new("OTEL_SERVICE_NAME", error.to_string()));
            Checker::new(&CONTRACT)
        });
        let sink = self.sink().unwrap_or_else(|error| {
            self.advisories.push(Advisory::new("ANALYTICS_BACKEND", error.to_string()));
            None
        });
        let inert = sink.is_none();
        self.assemble(checker, sink, inert)
    }

    fn assemble(self, checker: Checker, sink: Option<Arc<dyn Sink>>, inert: bool) -> Funnel {
        let inner = Inner {
            checker,
            sink,
            clock: self.clock,
            counters: Counters::default(),
            closed: AtomicBool::new(false),
            advised: AtomicBool::new(self.advisories.is_empty()),
            advisories: self.advisories,
        };
        Funnel::from_inner(inner, inert)
    }

    fn sink(&mut self) -> Result<Option<Arc<dyn Sink>>, ConfigError> {
        let process = Process {
            service_name: self.service_name.clone().unwrap_or_else(|| UNKNOWN_SERVICE.to_owned()),
            environment: self.environment.clone(),
        };
        match std::mem::take(&mut self.backend).into_sink(&process, &mut self.advisories) {
            Err(error) if self.lenient => {
                let fix = format!("{error}; until then every event is dropped and counted as `nil_app`");
                self.advisories.push(Advisory::new("ANALYTICS_BACKEND", fix));
                Ok(Some(Arc::new(NilApp)))
            }
            sink => sink,
        }
    }

    fn checker(&mut self) -> Result<Checker, ConfigError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let name = self.service_name.as_deref().unwrap_or(UNKNOWN_SERVICE);
        let cohort = self.cohort.unwrap_or(Cohort::Real);
        let mut checker = Checker::builder(&CONTRACT)
            .default_value("serviceName", name)
            .default_value("cohort", cohort.as_str())
            .vocabularies(self.vocabularies.clone())
            .pseudonymizer(self.pseudonymizer()?);
        if let Some(environment) = &self.environment {
            checker = checker.default_value("env", environment);
        }
        checker.build().map_err(|error| match error {
            CheckerError::BadDefault { key, .. } if key == "env" => ConfigError::Environment,
            _ => ConfigError::ServiceName,
        })
    }

    fn pseudonymizer(&self) -> Result<Pseudonymizer, ConfigError> {
        match (self.legacy_pseudonyms, &self.pseudonym_key, &self.previous_pseudonym_key) {
            (true, None, None) => Ok(Pseudonymizer::legacy_sha256()),
            (false, Some(key), previous) => Ok(Pseudonymizer::keyed(key.clone(), previous.clone())),
            (false, None, None) => Ok(Pseudonymizer::omit()),
            _ => Err(ConfigError::PseudonymMode),
        }
    }
}
