//! Errors in the layer's settings.

use instant_funnel::ShortSigningKey;

/// The shortest secret, in bytes.
pub(crate) const SECRET_BYTES_MIN: usize = 32;
/// The longest chain of proxies that is followed. Real ones have two or three.
pub(crate) const HOPS_MAX: usize = 16;

/// A setting that cannot be used. Names what fixes it, and holds nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// A secret that could be guessed; its length in bytes.
    #[error(
        "`SharedSecret::new` needs at least {SECRET_BYTES_MIN} bytes, but this secret has {0}; make one with `openssl rand -hex 32`"
    )]
    Secret(usize),
    /// A signing key that could be guessed.
    #[error(transparent)]
    SigningKey(#[from] ShortSigningKey),
    /// Not the name of a cookie.
    #[error(
        "`JourneyCookie::name` takes letters, digits, `_` and `-`; a `__Host-` name also needs `secure(true)`"
    )]
    CookieName,
    /// Not the domain of a cookie.
    #[error(
        "`JourneyCookie::domain` takes a domain name such as `example.com`, and a `__Host-` cookie cannot have one"
    )]
    CookieDomain,
    /// Not a host; its position in the list, counted from 1.
    #[error(
        "`JourneyHosts::new` takes host names such as `billing.internal`, `billing.internal:8080` and `*.svc.internal`; entry {0} is not one"
    )]
    Host(usize),
    /// Not a network; its position in the list, counted from 1.
    #[error(
        "`TrustedProxies::networks` takes addresses and networks such as `10.0.0.0/8`; entry {0} is neither"
    )]
    Network(usize),
    /// Trust in nobody, or in a chain longer than any is.
    #[error("`TrustedProxies::hops` takes 1 to {HOPS_MAX}, not {0}")]
    Hops(usize),
}
