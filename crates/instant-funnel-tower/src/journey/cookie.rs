//! The signed cookie: `<journey>.<signature>`.

use crate::error::SettingError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header::COOKIE};
use instant_funnel::{JourneyId, SigningKey};
use std::time::Duration;

const PURPOSE: &[u8] = b"instant-funnel/journey-cookie/1";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const UUID_CHARS: usize = 36;
const SIGNATURE_BYTES: usize = 32;
/// The same in base64 without padding.
const SIGNATURE_CHARS: usize = 43;
/// How many cookies of one request are looked at. Browsers send a few of one name: one a path and a domain.
const CANDIDATES_MAX: usize = 128;

/// The cookie that carries a journey: a random id and its HMAC-SHA-256, so that a visitor can bring back an id of
/// ours and no other.
///
/// `HttpOnly`, `SameSite=Lax`, `Path=/`, `Secure` unless told otherwise, for 90 days. Of several cookies of its name
/// the first that verifies is taken: another service's, or an older one of another path, does not hide ours.
///
/// An answer that sets it is made `Cache-Control: private`, so that no shared cache hands one journey to everybody:
/// `public`, `s-maxage` and what only content networks read are taken out, the rest stays.
///
/// Privacy: it holds a random number, and nothing of the visitor.
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
    previous: Option<SigningKey>,
    max_age: Duration,
    secure: bool,
}

impl std::fmt::Debug for JourneyCookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JourneyCookie")
            .field("max_age", &self.max_age)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

/// The cookies of our name that have the right form, in the order in which they were sent. There is mostly one.
#[derive(Debug)]
pub(crate) struct Candidates {
    first: Unverified,
    others: Vec<Unverified>,
}

/// A cookie in the right form. Anybody can write that.
#[derive(Clone, Copy)]
struct Unverified {
    journey: JourneyId,
    signature: [u8; SIGNATURE_BYTES],
}

impl std::fmt::Debug for Unverified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unverified(..)")
    }
}

impl JourneyCookie {
    /// A cookie named `journey`, signed with `key`.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self { name: "journey".into(), key, previous: None, max_age: 90 * DAY, secure: true }
    }

    /// Another name. Browsers hold a name that begins with `__Host-` to this very host.
    ///
    /// # Errors
    /// [`SettingError::CookieName`].
    pub fn name(mut self, name: impl Into<String>) -> Result<Self, SettingError> {
        self.name = name.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let bound = self.name.starts_with("__") && !self.secure;
        match self.name.is_empty() || !self.name.chars().all(plain) || bound {
            true => Err(SettingError::CookieName),
            false => Ok(self),
        }
    }

    /// Also accepts what `key` signed, while a rotation lasts.
    #[must_use]
    pub fn previous_key(mut self, key: SigningKey) -> Self {
        self.previous = Some(key);
        self
    }

    /// How long a visitor may stay away and still be the same journey. Default 90 days.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Whether browsers send it over TLS only. Default true; `false` is for development without TLS.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// The cookies of that name. The bytes of other cookies are nobody's business here: they need not be text.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<Candidates> {
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let values =
            pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(self.name.as_bytes())?.strip_prefix(b"="));
        let mut candidates = values.filter_map(Unverified::parse);
        let first = candidates.next()?;
        Some(Candidates { first, others: candidates.take(CANDIDATES_MAX - 1).collect() })
    }

    /// The first that one of the keys signed.
    pub(crate) fn verify(&self, candidates: &Candidates) -> Option<JourneyId> {
        std::iter::once(&candidates.first)
            .chain(&candidates.others)
            .find(|cookie| self.signed(cookie))
            .map(|cookie| cookie.journey)
    }

    fn signed(&self, cookie: &Unverified) -> bool {
        let mut keys = std::iter::once(&self.key).chain(&self.previous);
        keys.any(|key| key.verifies(PURPOSE, cookie.journey.as_uuid().as_bytes(), &cookie.signature))
    }

    pub(crate) fn write(&self, journey: JourneyId) -> String {
        let mut id = [0; UUID_CHARS];
        let id = journey.as_uuid().hyphenated().encode_lower(&mut id);
        let mut value = String::with_capacity(UUID_CHARS + 1 + SIGNATURE_CHARS);
        value.extend([id, "."]);
        URL_SAFE_NO_PAD.encode_string(self.key.sign(PURPOSE, journey.as_uuid().as_bytes()), &mut value);
        self.line(&value, self.max_age.as_secs())
    }

    pub(crate) fn removal(&self) -> String {
        self.line("", 0)
    }

    // Pieces put together by hand: a first visit pays for this, and `format!` is several times as dear.
    fn line(&self, value: &str, max_age: u64) -> String {
        let mut line = String::with_capacity(self.name.len() + value.len() + 80);
        line.extend([&*self.name, "=", value, "; Path=/; Max-Age=", &max_age.to_string()]);
        line.push_str("; HttpOnly; SameSite=Lax");
        if self.secure {
            line.push_str("; Secure");
        }
        line
    }
}

impl Unverified {
    /// With or without the quotes that RFC 6265 allows round a value.
    fn parse(value: &[u8]) -> Option<Self> {
        let quoted = value.strip_prefix(b"\"").and_then(|open| open.strip_suffix(b"\""));
        let (journey, signature) = quoted.unwrap_or(value).split_at_checked(UUID_CHARS)?;
        let signature = signature.strip_prefix(b".")?;
        if signature.len() != SIGNATURE_CHARS {
            return None;
        }
        let mut bytes = [0; SIGNATURE_BYTES];
        URL_SAFE_NO_PAD.decode_slice_unchecked(signature, &mut bytes).ok()?;
        let journey = JourneyId::parse(std::str::from_utf8(journey).ok()?).ok()?;
        Some(Self { journey, signature: bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(byte: u8) -> JourneyCookie {
        JourneyCookie::new(SigningKey::new([byte; 32]).unwrap())
    }

    fn pair(line: &str) -> &str {
        line.split(';').next().unwrap()
    }

    fn sent(line: &str) -> HeaderMap {
        lines(&[format!("theme=dark; {}; journey2=x", pair(line)).as_bytes()])
    }

    fn lines(lines: &[&[u8]]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, http::HeaderValue::from_bytes(line).unwrap())).collect()
    }

    fn found(headers: &HeaderMap) -> Option<JourneyId> {
        cookie(1).verify(&cookie(1).read(headers)?)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let journey = JourneyId::new();
        let line = cookie(1).write(journey);
        assert!(line.ends_with("; Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure"), "{line}");
        let unverified = cookie(1).read(&sent(&line)).unwrap();
        assert_eq!(cookie(1).verify(&unverified), Some(journey));
        let rotated = cookie(2).previous_key(SigningKey::new([1; 32]).unwrap());
        assert_eq!(rotated.verify(&unverified), Some(journey));
    }

    #[test]
    fn a_forged_or_altered_cookie_is_no_journey() {
        let line = cookie(1).write(JourneyId::new());
        assert_eq!(cookie(2).verify(&cookie(2).read(&sent(&line)).unwrap()), None);
        let (_, signature) = line.split_once('.').unwrap();
        let other = format!("journey={}.{signature}", JourneyId::new());
        assert_eq!(cookie(1).verify(&cookie(1).read(&sent(&other)).unwrap()), None);
        for broken in ["journey=", "journey=.", "journey=x.y", "journey", "journeys=1", &line[..60]] {
            assert!(cookie(1).read(&sent(broken)).is_none(), "{broken}");
        }
    }

    #[test]
    fn names_are_plain() {
        assert!(cookie(1).name("__Host-journey").is_ok());
        for bad in ["", "a b", "a;b", "a=b"] {
            assert_eq!(cookie(1).name(bad).unwrap_err(), SettingError::CookieName);
        }
        assert!(cookie(1).secure(false).name("__Host-journey").is_err());
    }

    #[test]
    fn the_first_cookie_of_the_name_that_verifies_is_the_journey() {
        let [first, second] = [JourneyId::new(), JourneyId::new()];
        let [ours, older] = [first, second].map(|journey| cookie(1).write(journey));
        let foreign = cookie(2).write(JourneyId::new());
        let [ours, older, foreign] = [&ours, &older, &foreign].map(|line| pair(line));
        for (line, expected) in [
            (format!("{foreign}; {ours}; {older}"), Some(first)),
            (format!("journey=; journey=x.y; {foreign}; {foreign}; {older}; {ours}"), Some(second)),
            (format!("{}{ours}", format!("{foreign}; ").repeat(60)), Some(first)),
            (format!("{foreign}; {foreign}"), None),
        ] {
            assert_eq!(found(&lines(&[line.as_bytes()])), expected, "{line}");
        }
        assert_eq!(found(&lines(&[foreign.as_bytes(), b"a=b", ours.as_bytes()])), Some(first));
    }

    #[test]
    fn the_bytes_of_other_cookies_do_not_matter() {
        let journey = JourneyId::new();
        let line = cookie(1).write(journey);
        let ours = pair(&line).as_bytes();
        for other in [
            &b"city=Z\xc3\xbcrich"[..],
            b"city=Z\xfcrich",
            b"\xff\xfe",
            b"q=\"a",
            b"=",
            b"a=journey=x",
            b"journey",
        ] {
            for line in [[other, b"; ", ours].concat(), [ours, b";", other].concat()] {
                assert_eq!(found(&lines(&[&line])), Some(journey), "{}", line.escape_ascii());
            }
            assert_eq!(found(&lines(&[other, ours])), Some(journey), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_value_may_stand_between_quotes() {
        let journey = JourneyId::new();
        let line = cookie(1).write(journey);
        let value = pair(&line).strip_prefix("journey=").unwrap();
        for (sent, expected) in [
            (format!("journey=\"{value}\""), Some(journey)),
            (format!(" a=b ;\tjourney=\"{value}\" ;"), Some(journey)),
            (format!("journey=\"{value}"), None),
            (format!("journey={value}\""), None),
            (format!("Journey={value}"), None),
        ] {
            assert_eq!(found(&lines(&[sent.as_bytes()])), expected, "{sent}");
        }
    }
}
