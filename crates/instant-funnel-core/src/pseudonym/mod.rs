//! Keyed pseudonyms of networks, e-mail addresses and team ids.
//!
//! An unkeyed hash of a /24 prefix falls to a table of all 2^24 prefixes in seconds, and one of an e-mail address to
//! a list of addresses. So all are HMAC-SHA-256 under a key of the service's own, and without a key there are none.

mod email;
mod key;
mod network;

use std::net::IpAddr;

use sha2::{Digest, Sha256};

pub use self::key::{KeyError, PseudonymKey};
use self::network::Network;
pub use self::network::embedded_ipv4;
use crate::id::{EmailHash, Fingerprint, TeamId};

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
    /// address is never used. An IPv6 address that holds an IPv4 address (mapped, compatible, translated, 6to4, Teredo,
    /// NAT64) counts as that. `None` without a key.
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

    /// The pseudonym of an e-mail address. Letter case, surrounding white space and whether an accent is a character of
    /// its own make no difference. `None` without a key, and for a string that is not an address.
    ///
    /// In the compatibility mode it is what `strings.ToLower(strings.TrimSpace(address))` of Go gives. One such hash in
    /// 1,843 has no letter: it cannot be distinguished from a card number, so a [`Checker`](crate::Checker) refuses it and counts
    /// [`Violation::LegacyDigits`](crate::contract::Violation::LegacyDigits).
    #[must_use]
    pub fn email(&self, address: &str) -> Option<EmailHash> {
        match &self.mode {
            Mode::Omit => None,
            Mode::Keyed(keys) => email::keyed(address).map(|normal| EmailHash(keys.current.email(&normal))),
            Mode::LegacySha256 => {
                email::legacy(address).map(|normal| EmailHash(first(&Sha256::digest(&normal))))
            }
        }
    }

    /// The team that another database knows by `id`: any text, such as `org_123`, a number or a ULID, byte for byte.
    /// `None` without a key (the compatibility mode has none), and for no text at all.
    ///
    /// The id is a version 8 UUID of an HMAC, so another key gives another id: see
    /// [`team_id_before_rotation`](Self::team_id_before_rotation).
    ///
    /// ```
    /// use instant_funnel_core::{PseudonymKey, Pseudonymizer};
    ///
    /// let keyed = Pseudonymizer::keyed(PseudonymKey::new(&[7; 32])?, None);
    /// assert_eq!(keyed.team_id("org_123"), keyed.team_id("org_123"));
    /// assert_ne!(keyed.team_id("org_123"), keyed.team_id("org_124"));
    /// assert_eq!(Pseudonymizer::omit().team_id("org_123"), None);
    /// # Ok::<(), instant_funnel_core::KeyError>(())
    /// ```
    #[must_use]
    pub fn team_id(&self, id: &str) -> Option<TeamId> {
        match &self.mode {
            Mode::Keyed(keys) if !id.is_empty() => Some(keys.current.team_id(id)),
            Mode::Keyed(_) | Mode::Omit | Mode::LegacySha256 => None,
        }
    }

    /// What [`team_id`](Self::team_id) gave before the rotation.
    #[must_use]
    pub fn team_id_before_rotation(&self, id: &str) -> Option<TeamId> {
        match &self.mode {
            Mode::Keyed(keys) if !id.is_empty() => keys.previous.as_ref().map(|key| key.team_id(id)),
            Mode::Keyed(_) | Mode::Omit | Mode::LegacySha256 => None,
        }
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut kept = [0; N];
    kept.copy_from_slice(&bytes[..N]);
    kept
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
    fn a_team_of_any_form_has_one_id_of_version_8_a_key() {
        let keyed = Pseudonymizer::keyed(key(2), Some(key(1)));
        for id in ["org_123", "42", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "c232ab00-9414-11ec-b3c8-9e6bdeced846", " "]
        {
            let team = keyed.team_id(id).unwrap();
            assert_eq!(TeamId::parse(&team.to_string()), Ok(team));
            assert_eq!(team.as_uuid().get_version_num(), 8);
            let before = Pseudonymizer::keyed(key(1), None).team_id(id);
            assert_eq!(keyed.team_id_before_rotation(id), before);
            assert_ne!(Some(team), before);
            assert_eq!(Pseudonymizer::omit().team_id(id), None);
            assert_eq!(Pseudonymizer::legacy_sha256().team_id(id), None);
        }
        assert_eq!(keyed.team_id(""), None);
        assert_ne!(keyed.team_id("42"), keyed.team_id("042"));
    }

    #[test]
    fn a_keyed_pseudonym_always_holds_a_letter() {
        let keyed = Pseudonymizer::keyed(key(1), None);
        for number in 0..20_000 {
            let hash = keyed.email(&format!("{number}@example.com")).unwrap().to_string();
            assert!(hash.contains(|c: char| c.is_ascii_alphabetic()), "{hash}");
        }
    }
}
