//! The value of version 1's cookie: `<id>.<signature>`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use instant_funnel::{JourneyId, SigningKey};

const PURPOSE: &[u8] = b"instant-funnel/journey-cookie/1";
const UUID_CHARS: usize = 36;
const SIGNATURE_BYTES: usize = 32;
/// The same in base64 without padding.
const SIGNATURE_CHARS: usize = 43;

/// A value in the right form. Anybody can write that.
#[derive(Clone, Copy)]
pub(super) struct Unverified {
    pub(super) id: JourneyId,
    signature: [u8; SIGNATURE_BYTES],
}

pub(super) fn parse(value: &[u8]) -> Option<Unverified> {
    let (id, signature) = value.split_at_checked(UUID_CHARS)?;
    let signature = signature.strip_prefix(b".")?;
    if signature.len() != SIGNATURE_CHARS {
        return None;
    }
    let mut bytes = [0; SIGNATURE_BYTES];
    URL_SAFE_NO_PAD.decode_slice_unchecked(signature, &mut bytes).ok()?;
    let id = JourneyId::parse(std::str::from_utf8(id).ok()?).ok()?;
    Some(Unverified { id, signature: bytes })
}

/// Whether a value has the right form and this id. Its signature is not looked at.
pub(super) fn is_of(value: &[u8], journey: JourneyId) -> bool {
    let mut id = [0; UUID_CHARS];
    let id: &str = journey.as_uuid().hyphenated().encode_lower(&mut id);
    let signature = value.strip_prefix(id.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
    signature.is_some_and(|signature| signature.len() == SIGNATURE_CHARS)
}

pub(super) fn verifies(key: &SigningKey, value: &Unverified) -> bool {
    key.verifies(PURPOSE, value.id.as_uuid().as_bytes(), &value.signature)
}

pub(super) fn write(key: &SigningKey, journey: JourneyId, out: &mut String) {
    let mut id = [0; UUID_CHARS];
    let id: &str = journey.as_uuid().hyphenated().encode_lower(&mut id);
    out.extend([id, "."]);
    URL_SAFE_NO_PAD.encode_string(key.sign(PURPOSE, journey.as_uuid().as_bytes()), out);
}
