//! OTLP aimed at New Relic.

use otlp_journal::Secret;

use super::otlp::OtlpConfig;

/// A New Relic data centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// European Union.
    Eu,
    /// United States, FedRAMP.
    Gov,
    /// Japan.
    Jp,
}

impl Region {
    /// The OTLP endpoint for logs. Hosts are those of New Relic's OTLP page; Japan's is read off its install scripts.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::Us => "https://otlp.nr-data.net/v1/logs",
            Self::Eu => "https://otlp.eu01.nr-data.net/v1/logs",
            Self::Gov => "https://gov-otlp.nr-data.net/v1/logs",
            Self::Jp => "https://otlp.jp01.nr-data.net/v1/logs",
        }
    }

    /// The region of this name: `us`, `eu`, `gov`, `jp`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "us" => Some(Self::Us),
            "eu" => Some(Self::Eu),
            "gov" => Some(Self::Gov),
            "jp" => Some(Self::Jp),
            _ => None,
        }
    }

    /// The region that a licence key's prefix names (`eu01xx…`); none for keys without one, which are of the US.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let (region, _) = key.split_once("xx")?;
        let name = region.trim_end_matches(|c: char| c.is_ascii_digit());
        Self::parse(name)
    }
}

/// New Relic's ingest, by licence key.
///
/// ```
/// use instant_funnel::{Backend, NewRelicConfig, Region};
/// let backend = Backend::NewRelic(NewRelicConfig::new("eu01xx0000000000000000000000000000000000").region(Region::Eu));
/// # let _ = backend;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct NewRelicConfig {
    license_key: Secret,
    region: Region,
    otlp: OtlpConfig,
}

impl NewRelicConfig {
    /// Authenticates by this licence (ingest) key; its prefix names the region, `us` without one.
    pub fn new(license_key: impl Into<Secret>) -> Self {
        let license_key = license_key.into();
        let region = Region::of_key(license_key.expose()).unwrap_or_default();
        Self { license_key, region, otlp: OtlpConfig::new(region.endpoint()) }
    }

    /// Another region than the key's prefix says.
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self.otlp = self.otlp.delivery(|delivery| delivery.endpoint(region.endpoint()));
        self
    }

    /// Any setting of the connection and the journal.
    pub fn otlp(mut self, set: impl FnOnce(OtlpConfig) -> OtlpConfig) -> Self {
        self.otlp = set(self.otlp);
        self
    }

    pub(crate) fn into_otlp(self) -> OtlpConfig {
        self.otlp.header("api-key", self.license_key)
    }

    pub(crate) fn map_otlp<E>(
        self,
        set: impl FnOnce(OtlpConfig) -> Result<OtlpConfig, E>,
    ) -> Result<Self, E> {
        Ok(Self { otlp: set(self.otlp)?, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_read_off_the_keys_prefix() {
        assert_eq!(Region::of_key("eu01xx0000000000000000000000000000000000"), Some(Region::Eu));
        assert_eq!(Region::of_key("gov01xx000000000000000000000000000000000"), Some(Region::Gov));
        assert_eq!(Region::of_key("jp01xx0000000000000000000000000000000000"), Some(Region::Jp));
        assert_eq!(Region::of_key("0123456789abcdef0123456789abcdef01234567"), None);
        assert_eq!(Region::of_key("mars01xx"), None);
    }

    #[test]
    fn the_debug_form_shows_no_key() {
        let config = NewRelicConfig::new("eu01xxSECRET").otlp(|otlp| otlp.header("authorization", "SECRET"));
        assert!(!format!("{config:?}").contains("SECRET"));
        assert!(!format!("{:?}", config.into_otlp()).contains("SECRET"));
    }
}
