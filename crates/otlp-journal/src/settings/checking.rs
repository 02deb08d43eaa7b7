//! Validates settings before anything is opened.

use std::fmt;
use std::time::Duration;

use super::advisory::DeliveryAdvisory;
use super::builder::Builder;
use super::choice::{Compression, Protocol};
use super::endpoint::Endpoint;
use super::error::DeliveryConfigError;
use super::proxy::Proxy;

/// Shorter intervals would be asking without a pause.
const SHORTEST: Duration = Duration::from_millis(1);
/// Longer ones mean the same, and are not trouble to add.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
const MIN_BYTES: u64 = 256 * 1024;

impl Builder {
    /// Looks at all that can be wrong without asking the machine, and gives the endpoint.
    pub(crate) fn check(&self) -> Result<Endpoint, DeliveryConfigError> {
        let value = |setting: &str, why: &str| {
            Err(DeliveryConfigError::Value { setting: setting.to_owned(), why: why.to_owned() })
        };
        let endpoint = Endpoint::parse(&self.endpoint)
            .map_err(|why| DeliveryConfigError::Endpoint { setting: self.endpoint_setting.clone(), why })?;
        if let Some((setting, position, why)) = &self.header_error {
            return Err(DeliveryConfigError::Header { setting: setting.clone(), position: *position, why });
        }
        if let Some((setting, url)) = &self.settings.proxy
            && let Err(why) = Proxy::parse(url.expose())
        {
            return value(setting, why);
        }
        if self.max_bytes < MIN_BYTES {
            return value("Builder::max_bytes", "must be 262144 (256 KiB) or more");
        }
        if !(1..=100).contains(&self.bulk_percent) {
            return value("Builder::bulk_percent", "must be 1 to 100");
        }
        if !(1..=64).contains(&self.in_flight) {
            return value("Builder::in_flight", "must be 1 to 64");
        }
        if self.request_limit > 999_999
            || self.request_limit < self.resource.len() + self.scope.len() + 64 + 1_024
        {
            return value(
                "Builder::request_limit",
                "must be at most 999999 and large enough for the resource, the scope and a record",
            );
        }
        if self.resource.len() + self.scope.len() > 16 * 1024 {
            return value("Builder::resource", "resource and scope together must be under 16384 bytes");
        }
        if self.owner.as_ref().is_some_and(|owner| owner.len() > 255) {
            return value("Builder::owner", "must be at most 255 bytes");
        }
        if self.settings.timeout.is_zero() {
            return value("Builder::timeout", "must be longer than 0");
        }
        Ok(endpoint)
    }

    /// Brings intervals into the range in which they can be waited for.
    pub(crate) fn bounded(mut self) -> Self {
        for interval in [&mut self.backoff.0, &mut self.backoff.1, &mut self.hold, &mut self.adopt_every] {
            *interval = (*interval).clamp(SHORTEST, LONGEST);
        }
        for interval in
            [&mut self.linger, &mut self.max_age, &mut self.drop_timeout, &mut self.settings.timeout]
        {
            *interval = (*interval).min(LONGEST);
        }
        self
    }

    /// What is used, and an advisory when that is not what was asked for.
    pub(crate) fn chosen_compression(&self) -> (Compression, Option<DeliveryAdvisory>) {
        let has = |how| match how {
            Compression::None => true,
            Compression::Gzip => cfg!(feature = "gzip"),
            Compression::Zstd => cfg!(feature = "zstd"),
        };
        // Every gRPC receiver takes gzip; zstd is an extension of a few.
        let wanted = match self.protocol {
            Protocol::HttpProtobuf => [Compression::Zstd, Compression::Gzip],
            Protocol::Grpc => [Compression::Gzip, Compression::Zstd],
        };
        let default = wanted.into_iter().find(|how| has(*how));
        let default = default.unwrap_or(Compression::None);
        match self.compression {
            Some(how) if has(how) => (how, None),
            Some(how) => {
                let setting = &self.compression_setting;
                let reason = format!("{setting}: this build has no {how:?} compression; {default:?} is used");
                (default, Some(DeliveryAdvisory::Ignored { reason }))
            }
            None => (default, None),
        }
    }
}

/// Numbers and choices only: a string can hold a secret that was put into the wrong place.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("headers", &self.headers.len())
            .field("compression", &self.compression)
            .field("resource_bytes", &self.resource.len())
            .field("scope_bytes", &self.scope.len())
            .field("directory", &self.directory.is_some())
            .field("max_bytes", &self.max_bytes)
            .field("bulk_percent", &self.bulk_percent)
            .field("durability", &self.durability)
            .field("in_flight", &self.in_flight)
            .field("request_limit", &self.request_limit)
            .field("linger", &self.linger)
            .field("max_age", &self.max_age)
            .field("backoff", &self.backoff)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}
