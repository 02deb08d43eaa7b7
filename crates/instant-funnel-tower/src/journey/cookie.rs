//! The signed cookie: `<journey>.<signature>`.

use crate::error::SettingError;
use crate::secret::{SIGNATURE_BYTES, SigningKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header::COOKIE};
use instant_funnel::JourneyId;
use std::time::Duration;

const PURPOSE: &[u8] = b"instant-funnel/journey-cookie/1";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const UUID_CHARS: usize = 36;
/// 32 bytes in base64 without padding.
const SIGNATURE_CHARS: usize = 43;

/// The cookie that carries a journey: a random id and its HMAC-SHA-256, so that a visitor can bring back an id of
/// ours and no other.
///
/// `HttpOnly`, `SameSite=Lax`, `Path=/`, `Secure` unless told otherwise, for 90 days.
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
#[derive(Debug, Clone)]
pub struct JourneyCookie {
    name: String,
    key: SigningKey,
    previous: Option<SigningKey>,
    max_age: Duration,
    secure: bool,
}

/// A cookie in the right form. Anybody can write that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unverified {
    journey: JourneyId,
    signature: [u8; SIGNATURE_BYTES],
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

    /// The first cookie of that name in the right form.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<Unverified> {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|pairs| pairs.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(&*self.name)?.strip_prefix('='))
            .find_map(Unverified::parse)
    }

    pub(crate) fn verify(&self, cookie: &Unverified) -> Option<JourneyId> {
        let signed = cookie.journey.as_uuid().as_bytes();
        let keys = std::iter::once(&self.key).chain(&self.previous);
        let mut verified = keys.filter(|key| key.verifies(PURPOSE, signed, &cookie.signature));
        verified.next().map(|_| cookie.journey)
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
    fn parse(value: &str) -> Option<Self> {
        let (journey, signature) = value.split_once('.')?;
        if journey.len() != UUID_CHARS || signature.len() != SIGNATURE_CHARS {
            return None;
        }
        let mut bytes = [0; SIGNATURE_BYTES];
        URL_SAFE_NO_PAD.decode_slice_unchecked(signature, &mut bytes).ok()?;
        Some(Self { journey: JourneyId::parse(journey).ok()?, signature: bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(byte: u8) -> JourneyCookie {
        JourneyCookie::new(SigningKey::new([byte; 32]).unwrap())
    }

    fn sent(line: &str) -> HeaderMap {
        let pair = line.split(';').next().unwrap();
        HeaderMap::from_iter([(COOKIE, format!("theme=dark; {pair}; journey2=x").parse().unwrap())])
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
}
