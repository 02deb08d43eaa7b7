//! The cookies: `journey-2` with the sealed journey, and `journey` as version 1 knows it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header::COOKIE};
use instant_funnel::{Journey, JourneyId, OpenError, SigningKey};

use super::unsealed;
use crate::error::SettingError;
use crate::expiry::{FOREVER, later};

/// What the sealed cookie's seal is for.
const PURPOSE: &str = "cookie";
/// Behind the name, of the cookie that holds the beginning too.
const SEALED: &str = "-2";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many cookies of one name are looked at. Browsers send a few: one a path and a domain.
const CANDIDATES_MAX: usize = 128;
/// Room for most values.
const VALUE_USUAL: usize = 160;

/// The cookie that carries a journey: its id, its beginning and its cohort, sealed, so that a visitor can bring back a
/// journey of ours and no other.
///
/// `HttpOnly`, `SameSite=Lax`, `Path=/`, `Secure` by default, for 90 days. Of several cookies of its name
/// the first that verifies is taken: another service's, or an older one of another path, does not hide ours.
///
/// There are two, so that instances of version 1 and of this one can stand behind one name: `journey-2` holds the sealed
/// journey; `journey` holds the id alone in the form of version 1. A visitor who brings only that one keeps the id, and
/// the beginning is unknown. Once no instance of version 1 runs, [`without_version_1`](Self::without_version_1) ends it.
///
/// An answer that sets a cookie is made `Cache-Control: private`, so that no shared cache hands one journey to everybody:
/// `public`, `s-maxage` and what only content networks read are taken out, the rest stays.
///
/// Privacy: it holds a random number, a time, and what kind of program came first. Nothing else of the visitor.
///
/// ```
/// use instant_funnel_tower::{JourneyCookie, SigningKey};
/// # let secret = "0".repeat(64);
/// let cookie = JourneyCookie::new(SigningKey::new(secret)?).name("__Host-journey")?;
/// # let _ = cookie;
/// # Ok::<(), instant_funnel_tower::SettingError>(())
/// ```
#[derive(Clone)]
pub struct JourneyCookie {
    name: String,
    key: SigningKey,
    max_age: Duration,
    secure: bool,
    version_1: bool,
    domain: Option<String>,
    /// What stands behind each value: put together once, since a first visit pays for it.
    attributes: String,
}

impl std::fmt::Debug for JourneyCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JourneyCookie")
            .field("max_age", &self.max_age)
            .field("secure", &self.secure)
            .field("version_1", &self.version_1)
            .finish_non_exhaustive()
    }
}

/// The `Cookie` lines of a request in which our name occurs. There is mostly one, and it is read when it is needed.
#[derive(Clone)]
pub(crate) struct Candidates {
    first: HeaderValue,
    others: Vec<HeaderValue>,
}

impl std::fmt::Debug for Candidates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Candidates(..)")
    }
}

/// What the cookies of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) journey: Journey,
    /// Whether an instance of version 1 would find the same journey.
    pub(crate) in_both: bool,
}

impl JourneyCookie {
    /// A cookie named `journey`, signed with `key`.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let name = "journey".into();
        let (domain, attributes) = (None, String::new());
        let cookie = Self { name, key, max_age: 90 * DAY, secure: true, version_1: true, domain, attributes };
        cookie.with_attributes()
    }

    fn with_attributes(mut self) -> Self {
        self.attributes = self.attributes_for(self.max_age.min(FOREVER), self.domain.as_deref());
        self
    }

    fn attributes_for(&self, max_age: Duration, domain: Option<&str>) -> String {
        let domain = domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        // Browsers refuse a prefixed cookie without it.
        let secure = if self.secure || self.name.starts_with("__") { "; Secure" } else { "" };
        format!("; Path=/; Max-Age={}{domain}; HttpOnly; SameSite=Lax{secure}", max_age.as_secs())
    }

    /// Another name. Browsers hold a name that begins with `__Host-` to this very host.
    ///
    /// # Errors
    /// [`SettingError::CookieName`].
    pub fn name(mut self, name: impl Into<String>) -> Result<Self, SettingError> {
        self.name = name.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let bound = self.name.starts_with("__") && !self.secure;
        let of_host = self.is_of_host() && self.domain.is_some();
        match self.name.is_empty() || !self.name.chars().all(plain) || bound || of_host {
            true => Err(SettingError::CookieName),
            false => Ok(self.with_attributes()),
        }
    }

    /// Browsers compare the prefix without regard to letter case.
    fn is_of_host(&self) -> bool {
        self.name.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("__Host-"))
    }

    /// Also accepts what `key` signed, while a rotation lasts.
    #[must_use]
    pub fn previous_key(mut self, key: SigningKey) -> Self {
        self.key = self.key.with_previous(key);
        self
    }

    /// How long a visitor may stay away and still be the same journey. Default 90 days.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self.with_attributes()
    }

    /// Whether browsers send it over TLS only. Default true; `false` is for development without TLS, and without effect on
    /// a name that begins with `__`.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self.with_attributes()
    }

    /// One journey for a domain and all its subdomains: `example.com` for `www.example.com` and `app.example.com`. By
    /// default the cookie is this host's alone.
    ///
    /// # Errors
    /// [`SettingError::CookieDomain`] for what is not a domain name, and with a `__Host-` name, which excludes it.
    pub fn domain(mut self, domain: impl Into<String>) -> Result<Self, SettingError> {
        let domain = domain.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let bad = domain.is_empty() || !domain.chars().all(plain) || self.is_of_host();
        self.domain = Some(domain);
        if bad { Err(SettingError::CookieDomain) } else { Ok(self.with_attributes()) }
    }

    /// Sets the sealed cookie alone, once no instance of version 1 runs. Its cookies are read as before.
    #[must_use]
    pub fn without_version_1(mut self) -> Self {
        self.version_1 = false;
        self
    }

    /// The lines in which cookies of ours stand. A line without one, such as a session's, is not kept.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<Candidates> {
        let ours = |line: &&HeaderValue| self.values(line.as_bytes()).next().is_some();
        let mut lines = headers.get_all(COOKIE).iter().filter(ours);
        Some(Candidates { first: lines.next()?.clone(), others: lines.cloned().collect() })
    }

    /// The values of our cookies in a line, and whether each is a sealed one's. The bytes of other cookies are nobody's
    /// business here: they need not be text.
    fn values<'l>(&'l self, line: &'l [u8]) -> impl Iterator<Item = (bool, &'l [u8])> {
        pairs(line).filter_map(|pair| {
            let rest = pair.trim_ascii_start().strip_prefix(self.name.as_bytes())?;
            let (sealed, rest) = match rest.strip_prefix(SEALED.as_bytes()) {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            Some((sealed, unquoted(rest.strip_prefix(b"=")?.trim_ascii_end())))
        })
    }

    /// The first answer to the values of our cookies.
    fn find<T>(
        &self,
        candidates: &Candidates,
        mut answer: impl FnMut(bool, &[u8]) -> Option<T>,
    ) -> Option<T> {
        let mut left = CANDIDATES_MAX;
        for line in std::iter::once(&candidates.first).chain(&candidates.others) {
            for (sealed, value) in self.values(line.as_bytes()) {
                left = left.checked_sub(1)?;
                if let Some(found) = answer(sealed, value) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The first sealed cookie that the key sealed and that is not over; else the first of version 1. Sealed ones that are
    /// over take the one of version 1 with them: they were set together.
    pub(crate) fn verify(
        &self,
        candidates: &Candidates,
        now: SystemTime,
        is_over: impl Fn(&Journey) -> bool,
    ) -> Option<Brought> {
        let mut spent = false;
        let valid = self.find(candidates, |sealed, value| {
            let text = std::str::from_utf8(value).ok().filter(|_| sealed)?;
            let opened = self.key.open_at(text, PURPOSE, now);
            let journey = opened.as_ref().ok().filter(|journey| !is_over(journey)).copied();
            spent |= journey.is_none() && matches!(opened, Ok(_) | Err(OpenError::Expired));
            journey
        });
        if let Some(journey) = valid {
            let is_of_version_1 =
                |sealed: bool, value: &[u8]| (!sealed && unsealed::is_of(value, journey.id())).then_some(());
            let in_both = !self.version_1 || self.find(candidates, is_of_version_1).is_some();
            return Some(Brought { journey, in_both });
        }
        if spent {
            return None;
        }
        let id = self.find(candidates, |sealed, value| {
            let cookie = unsealed::parse(value).filter(|_| !sealed)?;
            unsealed::verifies(&self.key, &cookie).then_some(cookie.id)
        })?;
        Some(Brought { journey: id.into(), in_both: true })
    }

    /// Hands each `Set-Cookie` line to `set`.
    pub(crate) fn write(&self, journey: &Journey, now: SystemTime, mut set: impl FnMut(String)) {
        let expiry = later(now, self.max_age);
        set(self.line(SEALED, |line| self.key.seal_to(line, journey, PURPOSE, expiry)));
        if self.version_1 {
            set(self.write_version_1(journey.id()));
        }
    }

    pub(crate) fn write_version_1(&self, journey: JourneyId) -> String {
        self.line("", |line| unsealed::write(&self.key, journey, line))
    }

    /// Lines that remove the cookies: those of the domain, and those that were set before there was one.
    pub(crate) fn removal(&self) -> Vec<String> {
        let of_domain = self.removal_from(self.domain.as_deref());
        of_domain.into_iter().chain(self.removal_of_host()).collect()
    }

    /// Lines that remove what was set before there was a domain: a browser sends these cookies first.
    pub(crate) fn removal_of_host(&self) -> Vec<String> {
        if self.domain.is_some() { self.removal_from(None).into() } else { Vec::new() }
    }

    fn removal_from(&self, domain: Option<&str>) -> [String; 2] {
        let attributes = self.attributes_for(Duration::ZERO, domain);
        ["", SEALED].map(|suffix| format!("{}{suffix}={attributes}", self.name))
    }

    // Pieces put together by hand: a first visit pays for this, and `format!` is several times as expensive.
    fn line(&self, suffix: &str, value: impl FnOnce(&mut String)) -> String {
        let room = self.name.len() + VALUE_USUAL + self.attributes.len();
        let mut line = String::with_capacity(room);
        line.extend([&*self.name, suffix, "="]);
        value(&mut line);
        line.push_str(&self.attributes);
        line
    }
}

/// The pairs of a line. Every request pays for this, and a line may be long.
fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let end = memchr::memchr(b';', line);
        rest = end.map(|end| &line[end + 1..]);
        Some(&line[..end.unwrap_or(line.len())])
    })
}

/// Without the quotes that RFC 6265 allows round a value.
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|open| open.strip_suffix(b"\"")).unwrap_or(value)
}

#[cfg(test)]
mod tests;
