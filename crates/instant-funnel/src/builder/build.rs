//! Builds a funnel from the settings.

use instant_funnel_core::contract::{CONTRACT, Contract};
use instant_funnel_core::{Checker, CheckerError, Cohort, Vocabularies, VocabularyError};

use super::FunnelBuilder;
use crate::backend::{Process, Started};
use crate::config::{Finding, Topic};
use crate::emitter::Parts;
use crate::error::ConfigError;
use crate::funnel::Funnel;
use crate::journeys::Journeys;
use crate::net::caught;
use crate::var;

/// What OpenTelemetry calls a service that has not said its name.
const UNKNOWN_SERVICE: &str = "unknown_service";

impl Funnel {
    /// Configures by code.
    pub fn builder() -> FunnelBuilder {
        FunnelBuilder::default()
    }

    /// Configures by the process environment. Never fails: what is wrong degrades to the default, is logged once as
    /// a warning that names the variable, and is listed in [`advisories`](Self::advisories).
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(var::of_process)
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
    /// The funnel.
    ///
    /// # Errors
    /// The first thing that was configured by code and cannot be used, by the method that fixes it. Code that would
    /// rather run than stop uses [`Funnel::from_env`].
    pub fn build(mut self) -> Result<Funnel, ConfigError> {
        let checkers = self.checkers()?;
        let started = self.start()?;
        #[cfg(feature = "prometheus")]
        if let Some(registry) = self.registry.take() {
            let funnel = self.assemble(checkers, started, false);
            crate::metrics::register(&registry, &funnel)?;
            return Ok(funnel);
        }
        let inert = started.sink.is_none();
        Ok(self.assemble(checkers, started, inert))
    }

    /// The funnel, whatever is wrong: a fault becomes an advisory and an inert part.
    pub(crate) fn finish(mut self) -> Funnel {
        let checkers = self.checkers().unwrap_or_else(|error| {
            // A name that its rule refuses must not reach the resource either.
            (self.service_name, self.environment) = (None, None);
            self.findings.push(Finding::new(
                Topic::Other,
                var::SERVICE_NAME,
                format!("(or the builder): {error}"),
            ));
            self.contracts().into_iter().map(Checker::new).collect()
        });
        let started = self.start().unwrap_or_else(|error| {
            self.findings.push(Finding::new(
                Topic::Backend,
                var::BACKEND,
                format!("(or the builder): {error}"),
            ));
            Started::inert()
        });
        let inert = started.sink.is_none();
        self.assemble(checkers, started, inert)
    }

    fn assemble(self, checkers: Vec<Checker>, started: Started, inert: bool) -> Funnel {
        let refused: Vec<_> = self.findings.iter().filter_map(|finding| finding.violation).collect();
        let mut checkers = checkers.into_iter();
        let parts = Parts {
            checker: checkers.next().unwrap_or_else(|| Checker::new(&CONTRACT)),
            others: checkers.collect(),
            sink: started.sink,
            restarts_in_child: started.restarts_in_child,
            clock: self.clock,
            journeys: Journeys { key: self.signing_key, cohort: self.cohort },
            advisories: self.findings.into_iter().map(|finding| finding.advisory).collect(),
        };
        let funnel = Funnel::new(parts, inert);
        if self.expects_traces {
            funnel.inner().traces.expect();
        }
        for violation in refused {
            funnel.inner().counters.blocked(violation);
        }
        funnel
    }

    fn start(&mut self) -> Result<Started, ConfigError> {
        let process = Process {
            service_name: self.service_name.clone().unwrap_or_else(|| UNKNOWN_SERVICE.to_owned()),
            environment: self.environment.clone(),
            contracts: self.contracts(),
        };
        let backend = std::mem::take(&mut self.backend);
        let started = caught(|| backend.start(&process))
            .unwrap_or_else(|| Err(ConfigError::Backend("it panicked when it was started".to_owned())));
        match started {
            Ok((started, advisories)) => {
                let findings = advisories.into_iter().map(|advisory| Finding::of(Topic::Backend, advisory));
                self.findings.extend(findings);
                Ok(started)
            }
            Err(error) if self.backend_from_env => {
                let fix = format!("{error}; until then every event is dropped and counted as `nil_app`");
                self.findings.push(Finding::new(Topic::Backend, var::BACKEND, fix));
                Ok(Started::unconfigured())
            }
            Err(error) => Err(error),
        }
    }

    fn contracts(&self) -> Vec<&'static Contract> {
        if self.contracts.is_empty() { vec![&CONTRACT] } else { self.contracts.clone() }
    }

    /// One for each contract, at least one.
    fn checkers(&mut self) -> Result<Vec<Checker>, ConfigError> {
        let contracts = self.contracts();
        let mut vocabularies: Vec<_> = contracts.iter().map(|_| Vocabularies::default()).collect();
        for (key, words) in &self.vocabularies {
            let each = contracts.iter().zip(&mut vocabularies);
            let closed: Vec<_> = each.map(|(contract, lists)| lists.close(contract, key, words)).collect();
            let mut refused = closed.iter().filter_map(|one| one.clone().err());
            let is_no_slug = |error: &VocabularyError| matches!(error, VocabularyError::NotASlug { .. });
            // A key is a slug of some of the contracts.
            let everywhere = closed.iter().all(|one| one.as_ref().is_err_and(is_no_slug));
            if let Some(error) = refused.find(|error| everywhere || !is_no_slug(error)) {
                return Err(error.into());
            }
        }
        for key in &self.blocked {
            contracts.iter().zip(&mut vocabularies).for_each(|(contract, lists)| lists.block(contract, key));
        }
        let pairs = contracts.into_iter().zip(vocabularies);
        pairs.map(|(contract, lists)| self.checker(contract, &lists)).collect()
    }

    fn checker(&mut self, contract: &'static Contract, lists: &Vocabularies) -> Result<Checker, ConfigError> {
        let name = self.service_name.as_deref().unwrap_or(UNKNOWN_SERVICE);
        let cohort = self.cohort.unwrap_or(Cohort::Real);
        let mut checker = Checker::builder(contract)
            .default_value("serviceName", name)
            .default_value("cohort", cohort.as_str())
            .vocabularies(lists.clone())
            .signing_key(self.signing_key.clone())
            .pseudonymizer(self.pseudonyms.build()?);
        if let Some(environment) = &self.environment {
            let words = contract.position("env").and_then(|at| lists.words(at));
            if words.is_some_and(|words| words.iter().all(|word| **word != **environment)) {
                let why = "is not in the vocabulary of `env`; `env` is dropped".to_owned();
                // Said once, however many contracts there are.
                if contract.is(self.contracts.first().copied().unwrap_or(&CONTRACT)) {
                    self.findings.push(Finding::new(Topic::Other, var::ENV, why));
                }
            }
            checker = checker.default_value("env", environment);
        }
        if let Some(commit) = &self.commit_id {
            checker = checker.default_value("commitId", commit);
        }
        checker.build().map_err(|error| match error {
            CheckerError::BadDefault { key: "env", .. } => ConfigError::Environment,
            CheckerError::BadDefault { key: "commitId", .. } => ConfigError::CommitId,
            _ => ConfigError::ServiceName,
        })
    }
}
