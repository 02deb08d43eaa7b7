//! What leaves the service under a signature: `<content>~<purpose>~<expiry>~<signature>`.
//!
//! Everything in it can be read by anybody; nothing in it can be changed by anybody without the key. All its characters
//! may stand in a cookie, a header and a query string.

mod carried;
mod key;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::carried::CarriedFacts;
pub use self::key::{SIGNING_KEY_BYTES_MIN, ShortSigningKey, SigningKey};
use crate::journey::Journey;

/// Goes under the signature before the text, so that nothing else which the key has signed is a sealed text.
const LABEL: &[u8] = b"instant-funnel/sealed/1";
const SEPARATOR: char = '~';
/// 32 bytes in base64 without padding.
const SIGNATURE_CHARS: usize = 43;
/// Room for most sealed texts.
const TEXT_USUAL: usize = 160;
/// Longer than any sealed text.
const TEXT_MAX: usize = 1024;

/// A string that is not, or is no longer, what was sealed. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No sealed text at all.
    #[error("not a sealed string: give `open` exactly what `seal` returned")]
    Malformed,
    /// Altered, or sealed under another key.
    #[error(
        "the signature does not match this key: the string was altered or sealed with another key; after a rotation, give the older key to `SigningKey::with_previous`"
    )]
    Signature,
    /// Sealed for something else.
    #[error("sealed for a different purpose from the one given to `open`")]
    Purpose,
    /// Too old.
    #[error("expired")]
    Expired,
}

impl SigningKey {
    /// The journey as text under the key, for whatever leaves the service: a link in a mail, a token, a message.
    ///
    /// `purpose` is a word of your own for the use, such as `onboarding`; who opens the text has to say the same, so
    /// that a string which was made for one use is not valid for another. `expiry` counts in whole seconds.
    ///
    /// The result is made of letters, digits and `-_.~%`, so that it may stand in a URL, a cookie and a header as it is.
    ///
    /// Privacy: sealed is not encrypted. Who has the text can read the journey's id, time, actor and cohort.
    ///
    /// ```
    /// use instant_funnel_core::{Actor, Journey, OpenError, SigningKey};
    /// use std::time::{Duration, SystemTime};
    ///
    /// # let secret = [7; 32];
    /// let key = SigningKey::new(secret)?;
    /// let journey = Journey::begin(Actor::AgentClaude);
    /// let link = key.seal(&journey, "onboarding", SystemTime::now() + Duration::from_secs(48 * 60 * 60));
    ///
    /// assert_eq!(key.open(&link, "onboarding"), Ok(journey));
    /// assert_eq!(key.open(&link, "password-reset"), Err(OpenError::Purpose));
    /// # Ok::<(), instant_funnel_core::ShortSigningKey>(())
    /// ```
    #[must_use]
    pub fn seal(&self, journey: &Journey, purpose: &str, expiry: SystemTime) -> String {
        let mut text = String::with_capacity(TEXT_USUAL);
        self.seal_to(&mut text, journey, purpose, expiry);
        text
    }

    /// Appends what [`seal`](Self::seal) returns, for a longer string such as a cookie.
    pub fn seal_to(&self, out: &mut String, journey: &Journey, purpose: &str, expiry: SystemTime) {
        self.seal_text(out, |out| journey.push_to(out), purpose, expiry);
    }

    /// The journey that was [sealed](Self::seal) for `purpose`, if it has not expired.
    ///
    /// # Errors
    /// [`OpenError`]. A string that was altered in any byte is none.
    pub fn open(&self, sealed: &str, purpose: &str) -> Result<Journey, OpenError> {
        self.open_at(sealed, purpose, SystemTime::now())
    }

    /// [`open`](Self::open) at another time than now.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_at(&self, sealed: &str, purpose: &str, now: SystemTime) -> Result<Journey, OpenError> {
        self.open_text(sealed, Some(purpose), now)?.parse().map_err(|_| OpenError::Malformed)
    }

    /// The journey of a string that was sealed for any purpose.
    ///
    /// # Errors
    /// [`OpenError`].
    pub(crate) fn open_any(&self, sealed: &str, now: SystemTime) -> Result<Journey, OpenError> {
        self.open_text(sealed, None, now)?.parse().map_err(|_| OpenError::Malformed)
    }

    fn seal_text(
        &self,
        out: &mut String,
        content: impl FnOnce(&mut String),
        purpose: &str,
        expiry: SystemTime,
    ) {
        let start = out.len();
        content(out);
        out.push(SEPARATOR);
        push_purpose(out, purpose);
        out.push(SEPARATOR);
        let seconds = expiry.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        push_decimal(out, seconds);
        let signature = self.sign(LABEL, &out.as_bytes()[start..]);
        out.push(SEPARATOR);
        URL_SAFE_NO_PAD.encode_string(signature, out);
    }

    fn open_text<'t>(
        &self,
        sealed: &'t str,
        purpose: Option<&str>,
        now: SystemTime,
    ) -> Result<&'t str, OpenError> {
        let parts = Parts::of(sealed).ok_or(OpenError::Malformed)?;
        if !self.verifies(LABEL, parts.signed.as_bytes(), &parts.signature) {
            return Err(OpenError::Signature);
        }
        if purpose.is_some_and(|purpose| !is_purpose(parts.purpose, purpose)) {
            return Err(OpenError::Purpose);
        }
        match UNIX_EPOCH.checked_add(Duration::from_secs(parts.expiry)) {
            Some(expiry) if expiry <= now => Err(OpenError::Expired),
            _ => Ok(parts.content),
        }
    }
}

/// A string in the right form. Anybody can write that.
struct Parts<'t> {
    signed: &'t str,
    content: &'t str,
    purpose: &'t str,
    expiry: u64,
    signature: [u8; 32],
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Option<Self> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let (signed, signature) = text.split_at_checked(text.len().checked_sub(SIGNATURE_CHARS)?)?;
        let signed = signed.strip_suffix(SEPARATOR)?;
        let (front, expiry) = signed.rsplit_once(SEPARATOR)?;
        let (content, purpose) = front.rsplit_once(SEPARATOR)?;
        if !expiry.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut bytes = [0; 32];
        URL_SAFE_NO_PAD.decode_slice_unchecked(signature, &mut bytes).ok()?;
        Some(Self { signed, content, purpose, expiry: expiry.parse().ok()?, signature: bytes })
    }
}

/// Whether a string could be a sealed one, without a look at its signature.
pub(crate) fn looks_sealed(text: &str) -> bool {
    text.contains(SEPARATOR)
}

/// By hand, since a first visit pays for it: `to_string` would allocate.
fn push_decimal(out: &mut String, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first = at;
        if number == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[first..]).unwrap_or_default());
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Letters, digits and `-_.` as they are, any other byte as `%` and two digits.
fn push_purpose(out: &mut String, purpose: &str) {
    if purpose.bytes().all(plain) {
        return out.push_str(purpose);
    }
    for byte in purpose.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&const_hex::encode([byte]));
        }
    }
}

fn is_purpose(written: &str, purpose: &str) -> bool {
    if purpose.bytes().all(plain) {
        return written == purpose;
    }
    let mut expected = String::new();
    push_purpose(&mut expected, purpose);
    written == expected
}

#[cfg(test)]
mod tests;
