//! The environment, read once. The funnel reads its own variables.

use std::net::SocketAddr;

use crate::secret::Secret;

/// The service's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `LISTEN`, default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `DATABASE_URL`, default a SQLite file in the working directory. `postgres://…` for PostgreSQL.
    pub database_url: String,
    /// `PUBLIC_URL`, the address that stands in mails.
    pub public_url: String,
    /// `SIGNING_SECRET`: signs the journey cookie and the onboarding token.
    pub signing: Secret,
    /// `BILLING_WEBHOOK_SECRET`: shared with the billing system.
    pub billing: Secret,
    /// `SYNTHETIC_SECRET`: sent by our own probes in `x-synthetic`.
    pub synthetic: Option<Secret>,
    /// `TRUSTED_PROXIES`: comma list of networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Whether cookies need TLS. `INSECURE_COOKIES=1` for development without it.
    pub secure_cookies: bool,
}

/// A variable that cannot be used. Holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {fix}")]
pub struct BadVariable {
    variable: &'static str,
    fix: String,
}

impl Config {
    /// Reads the variables through `lookup`. A missing secret is replaced by a random one that ends with the process,
    /// and named in the second value.
    ///
    /// # Errors
    /// [`BadVariable`] names the variable and what fixes it.
    pub fn from_vars(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<&'static str>), BadVariable> {
        let mut invented = Vec::new();
        let optional = |variable| {
            let secret = lookup(variable).map(Secret::new).transpose();
            secret.map_err(|error| BadVariable { variable, fix: error.to_string() })
        };
        let mut secret = |variable| {
            let invent = || {
                invented.push(variable);
                Secret::random().ok_or(BadVariable { variable, fix: "is not set".into() })
            };
            optional(variable)?.map_or_else(invent, Ok)
        };
        let signing = secret("SIGNING_SECRET")?;
        let billing = secret("BILLING_WEBHOOK_SECRET")?;
        let listen = lookup("LISTEN").unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen = listen.parse().map_err(|_| BadVariable {
            variable: "LISTEN",
            fix: "takes an address such as 0.0.0.0:8080".into(),
        })?;
        let proxies = lookup("TRUSTED_PROXIES").unwrap_or_default();
        let config = Self {
            listen,
            database_url: lookup("DATABASE_URL").unwrap_or_else(|| "sqlite://api-example.db?mode=rwc".into()),
            public_url: lookup("PUBLIC_URL").unwrap_or_else(|| format!("http://{listen}")),
            signing,
            billing,
            synthetic: optional("SYNTHETIC_SECRET")?,
            trusted_proxies: proxies
                .split(',')
                .map(|net| net.trim().to_owned())
                .filter(|net| !net.is_empty())
                .collect(),
            secure_cookies: lookup("INSECURE_COOKIES").is_none(),
        };
        Ok((config, invented))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_enough_to_try_it() {
        let (config, invented) = Config::from_vars(|_| None).unwrap();
        assert_eq!(invented, ["SIGNING_SECRET", "BILLING_WEBHOOK_SECRET"]);
        assert!(config.database_url.starts_with("sqlite://") && config.secure_cookies);
    }

    #[test]
    fn a_bad_variable_is_named_and_its_value_is_not() {
        let weak = |name: &str| (name == "SIGNING_SECRET").then(|| "hunter2".to_owned());
        let error = Config::from_vars(weak).unwrap_err().to_string();
        assert!(error.contains("SIGNING_SECRET") && !error.contains("hunter2"), "{error}");
    }
}
