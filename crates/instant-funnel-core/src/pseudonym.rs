//! Keyed pseudonyms of networks and e-mail addresses.
//!
//! An unkeyed hash of a /24 prefix falls to a table of all 2^24 prefixes in seconds, and one of an e-mail address to
//! a list of addresses. So both are HMAC-SHA-256 under a key of the service's own, and without a key there are none.

use crate::id::{EmailHash, Fingerprint};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// The shortest key, in bytes.
const KEY_BYTES_MIN: usize = 32;
/// The longest e-mail address that SMTP can deliver to is 254 bytes; a little slack for surrounding white space.
const EMAIL_BYTES_MAX: usize = 320;

/// A secret of at least 32 bytes. Its `Debug` form shows the key id only.
#[derive(Clone)]
pub struct PseudonymKey {
    state: Hmac<Sha256>,
    id: [u8; 4],
}

/// A pseudonym key that cannot be used. Holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Fewer than 32 bytes.
    #[error(
        "a pseudonym key needs at least {KEY_BYTES_MIN} bytes, this one has {0}; make one with `openssl rand -hex 32`"
    )]
    Short(usize),
    /// Neither hexadecimal nor base64.
    #[error("a pseudonym key is written in hexadecimal or base64; make one with `openssl rand -hex 32`")]
    Encoding,
}

impl PseudonymKey {
    /// A key from raw bytes.
    ///
    /// # Errors
    /// [`KeyError::Short`].
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < KEY_BYTES_MIN {
            return Err(KeyError::Short(secret.len()));
        }
        let state = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| KeyError::Short(secret.len()))?;
        let id = crate::id::lettered(&digest(&state, b"key-id", &[]));
        Ok(Self { state, id })
    }

    /// A key from configuration text: hexadecimal, else base64 (standard or URL alphabet, padding optional).
    ///
    /// # Errors
    /// [`KeyError`], which names how to make a good one.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match const_hex::decode(text) {
            Ok(bytes) => Self::new(&bytes),
            Err(_) => Self::new(&decode_base64(text).ok_or(KeyError::Encoding)?),
        }
    }

    /// The id that travels beside each fingerprint: eight hexadecimal digits, not reversible to the key.
    #[must_use]
    pub fn id(&self) -> String {
        const_hex::encode(self.id)
    }

    fn fingerprint(&self, network: &[u8], asn: u32) -> Fingerprint {
        let bucket = crate::id::lettered(&digest(&self.state, b"network", &[network, &asn.to_be_bytes()]));
        Fingerprint { bucket, key_id: Some(self.id) }
    }
}

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PseudonymKey(id {})", self.id())
    }
}

/// Makes pseudonyms, or none when it has no key.
#[derive(Debug, Clone, Default)]
pub struct Pseudonymizer {
    mode: Mode,
}

#[derive(Debug, Clone, Default)]
enum Mode {
    #[default]
    Omit,
    Keyed(Box<Keys>),
    LegacySha256,
}

#[derive(Debug, Clone)]
struct Keys {
    current: PseudonymKey,
    previous: Option<PseudonymKey>,
}

impl Pseudonymizer {
    /// Makes no pseudonym at all: the default.
    #[must_use]
    pub fn omit() -> Self {
        Self::default()
    }

    /// Makes pseudonyms under `current`; `previous` serves look-ups while a rotation lasts.
    #[must_use]
    pub fn keyed(current: PseudonymKey, previous: Option<PseudonymKey>) -> Self {
        Self { mode: Mode::Keyed(Box::new(Keys { current, previous })) }
    }

    /// The unkeyed form of the older Go code, for services that must match its buckets.
    ///
    /// Privacy: anybody can undo it by trying all networks. Choose it by name or not at all.
    #[must_use]
    pub fn legacy_sha256() -> Self {
        Self { mode: Mode::LegacySha256 }
    }

    /// Whether it makes pseudonyms.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !matches!(self.mode, Mode::Omit)
    }

    /// The pseudonym of the address's /24 or /48 with the network's ASN (0 when unknown). The host part of the
    /// address is never used. `None` without a key.
    #[must_use]
    pub fn network(&self, address: IpAddr, asn: u32) -> Option<Fingerprint> {
        let network = Network::of(address);
        match &self.mode {
            Mode::Omit => None,
            Mode::Keyed(keys) => Some(keys.current.fingerprint(network.prefix(), asn)),
            Mode::LegacySha256 => {
                let hash =
                    Sha256::new().chain_update(network.masked()).chain_update(asn.to_string()).finalize();
                Some(Fingerprint { bucket: first(&hash), key_id: None })
            }
        }
    }

    /// What [`network`](Self::network) gave before the rotation, to find what was stored under the previous key.
    #[must_use]
    pub fn network_before_rotation(&self, address: IpAddr, asn: u32) -> Option<Fingerprint> {
        match &self.mode {
            Mode::Keyed(keys) => {
                keys.previous.as_ref().map(|key| key.fingerprint(Network::of(address).prefix(), asn))
            }
            Mode::Omit | Mode::LegacySha256 => None,
        }
    }

    /// The pseudonym of an e-mail address, letter case and surrounding white space aside. `None` without a key, and
    /// for a text that is no address.
    #[must_use]
    pub fn email(&self, address: &str) -> Option<EmailHash> {
        if address.len() > EMAIL_BYTES_MAX {
            return None;
        }
        let normal = address.trim().to_lowercase();
        let (local, domain) = normal.rsplit_once('@')?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '"';
        if local.is_empty() || domain.is_empty() || normal.contains(odd) {
            return None;
        }
        match &self.mode {
            Mode::Omit => None,
            Mode::Keyed(keys) => Some(EmailHash(crate::id::lettered(&digest(
                &keys.current.state,
                b"email",
                &[normal.as_bytes()],
            )))),
            Mode::LegacySha256 => Some(EmailHash(first(&Sha256::digest(&normal)))),
        }
    }
}

/// The part of an address that is shared by a neighbourhood.
struct Network {
    octets: [u8; 16],
    prefix: usize,
    width: usize,
}

impl Network {
    fn of(address: IpAddr) -> Self {
        let mut octets = [0; 16];
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                octets[..3].copy_from_slice(&v4.octets()[..3]);
                Self { octets, prefix: 3, width: 4 }
            }
            IpAddr::V6(v6) => {
                octets[..6].copy_from_slice(&v6.octets()[..6]);
                Self { octets, prefix: 6, width: 16 }
            }
        }
    }

    fn prefix(&self) -> &[u8] {
        &self.octets[..self.prefix]
    }

    /// The whole address with its host part zeroed, as the older code hashed it.
    fn masked(&self) -> &[u8] {
        &self.octets[..self.width]
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut kept = [0; N];
    kept.copy_from_slice(&bytes[..N]);
    kept
}

/// HMAC over a purpose and parts, each with its length before it, so that no two inputs run into one another.
fn digest(state: &Hmac<Sha256>, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = state.clone();
    for part in std::iter::once(&purpose).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> PseudonymKey {
        PseudonymKey::new(&[byte; 32]).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn without_a_key_there_is_no_pseudonym() {
        let none = Pseudonymizer::omit();
        assert_eq!(none.network(ip("192.0.2.7"), 64_500), None);
        assert_eq!(none.email("jane@example.com"), None);
    }

    #[test]
    fn a_neighbourhood_shares_a_fingerprint_and_only_it() {
        let keyed = Pseudonymizer::keyed(key(1), None);
        let of = |address: &str, asn| keyed.network(ip(address), asn).unwrap().to_string();
        assert_eq!(of("192.0.2.7", 1), of("192.0.2.200", 1));
        assert_eq!(of("192.0.2.7", 1), of("::ffff:192.0.2.7", 1));
        assert_eq!(of("2001:db8:1::1", 1), of("2001:db8:1:ffff::2", 1));
        assert_ne!(of("192.0.2.7", 1), of("192.0.3.7", 1));
        assert_ne!(of("192.0.2.7", 1), of("192.0.2.7", 2));
        assert_ne!(of("2001:db8:1::1", 1), of("2001:db8:2::1", 1));
    }

    #[test]
    fn a_rotation_keeps_one_previous_key() {
        let before = Pseudonymizer::keyed(key(1), None).network(ip("192.0.2.7"), 1).unwrap();
        let rotating = Pseudonymizer::keyed(key(2), Some(key(1)));
        let now = rotating.network(ip("192.0.2.7"), 1).unwrap();
        assert_eq!(rotating.network_before_rotation(ip("192.0.2.7"), 1), Some(before));
        assert_ne!(now.key_id(), before.key_id());
        assert_ne!(now.to_string(), before.to_string());
    }

    // Expected values computed with `printf … | sha256sum` over the bytes that the older code hashes.
    #[test]
    fn the_compatibility_mode_matches_the_older_buckets() {
        let legacy = Pseudonymizer::legacy_sha256();
        let bucket = legacy.network(ip("192.0.2.7"), 64_500).unwrap();
        assert_eq!(
            (bucket.to_string().as_str(), bucket.key_id()),
            ("dc2e3e1e73df50e2d956f69dfbea5fa4", None)
        );
        let bucket = legacy.network(ip("2001:db8:1:2::3"), 0).unwrap();
        assert_eq!(bucket.to_string(), "be3294dfa50bad7b1f4ef47685139b0d");
        assert_eq!(legacy.email("  Jane@Example.COM ").unwrap().to_string(), "8c87b489ce35cf2e");
    }

    #[test]
    fn an_e_mail_is_hashed_without_its_letter_case_and_only_if_it_is_one() {
        let keyed = Pseudonymizer::keyed(key(1), None);
        assert_eq!(keyed.email("Jane@Example.com "), keyed.email("jane@example.com"));
        for bad in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "\"jane@example.com\"",
            "to jane@example.com",
            &"a@".repeat(200),
        ] {
            assert_eq!(keyed.email(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_are_long_enough_and_never_shown() {
        assert_eq!(PseudonymKey::parse("00ff").unwrap_err(), KeyError::Short(2));
        assert_eq!(PseudonymKey::parse("not base64!").unwrap_err(), KeyError::Encoding);
        let hex = PseudonymKey::parse(&"61".repeat(32)).unwrap();
        let base64 = PseudonymKey::parse("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=").unwrap();
        assert_eq!(hex.id(), base64.id());
        assert_eq!(format!("{hex:?}"), format!("PseudonymKey(id {})", hex.id()));
    }
}
