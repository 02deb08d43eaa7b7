//! The head of a segment file.
//!
//! ```text
//!  0   8  "OTLPJRNL"
//!  8  u32 version, 1
//! 12  u32 offset of the first entry
//! 16  u64 seed of the entries' checksums; 0 = nothing in it
//! 24  u32 length of the file
//! 28  u32 process
//! 32  u64 made at, Unix nanoseconds
//! 40  u32 length of the resource
//! 44  u32 length of the scope
//! 48  u64 checksum of all of this but the seed, and of resource and scope
//! 56  u64 0
//! 64      encoded `Resource`, encoded `InstrumentationScope`, zeros to a multiple of 64
//! ```

use crate::store::checksum::checksum;
use crate::store::identity::Identity;
use crate::store::raw::segment::SEED_AT;

const MAGIC: &[u8; 8] = b"OTLPJRNL";
const VERSION: u32 = 1;
const FIXED: usize = 64;

/// A header that passed its checksum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) data: usize,
    pub(crate) seed: u64,
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
}

/// Why a file is not a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("it is not a journal segment")]
    Foreign,
    #[error("it is of version {0}, which this build does not know")]
    Version(u32),
    #[error("its header is damaged")]
    Damaged,
}

/// The header of an empty segment.
pub(crate) fn encode(identity: &Identity, length: usize, process: u32, made: u64) -> Vec<u8> {
    let (resource, scope) = (&identity.resource, &identity.scope);
    let data = (FIXED + resource.len() + scope.len()).next_multiple_of(FIXED);
    let mut out = Vec::with_capacity(data);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(data as u32).to_le_bytes());
    out.extend_from_slice(&0_u64.to_le_bytes());
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&process.to_le_bytes());
    out.extend_from_slice(&made.to_le_bytes());
    out.extend_from_slice(&(resource.len() as u32).to_le_bytes());
    out.extend_from_slice(&(scope.len() as u32).to_le_bytes());
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(resource);
    out.extend_from_slice(scope);
    out.resize(data, 0);
    let sum = sum(&out).to_le_bytes();
    if let Some(place) = out.get_mut(48..56) {
        place.copy_from_slice(&sum);
    }
    out
}

/// Over everything but the seed and the checksum itself.
fn sum(header: &[u8]) -> u64 {
    let part = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
    let front = checksum(1, 0, 0, part(0, SEED_AT));
    let middle = checksum(2, front, 0, part(24, 48));
    checksum(3, middle, 0, part(56, header.len()))
}

/// Reads the header of a segment file of any content.
pub(crate) fn parse(file: &[u8]) -> Result<Header, HeaderError> {
    let u32_at =
        |at: usize| file.get(at..at + 4).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b));
    let u64_at =
        |at: usize| file.get(at..at + 8).and_then(|b| b.first_chunk()).map(|b| u64::from_le_bytes(*b));
    if file.get(..8) != Some(MAGIC) {
        return Err(HeaderError::Foreign);
    }
    match u32_at(8) {
        Some(VERSION) => {}
        Some(other) => return Err(HeaderError::Version(other)),
        None => return Err(HeaderError::Damaged),
    }
    let read = || {
        let data = u32_at(12)? as usize;
        let head = file.get(..data).filter(|head| head.len() >= FIXED && data.is_multiple_of(8))?;
        if u64_at(48)? != sum(head) || u32_at(24)? as usize != file.len() {
            return None;
        }
        let (resource, scope) = (u32_at(40)? as usize, u32_at(44)? as usize);
        let end = FIXED.checked_add(resource)?;
        Some(Header {
            data,
            seed: u64_at(SEED_AT)?,
            resource: head.get(FIXED..end)?.to_vec(),
            scope: head.get(end..end.checked_add(scope)?)?.to_vec(),
        })
    };
    read().ok_or(HeaderError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_damage_is_seen() {
        let identity = Identity { resource: vec![1; 100], scope: vec![2; 30] };
        let mut file = encode(&identity, 4096, 7, 8);
        let data = file.len();
        file.resize(4096, 0);
        let header = parse(&file).unwrap();
        assert_eq!((header.data, header.seed), (data, 0));
        assert_eq!((header.resource, header.scope), (identity.resource, identity.scope));
        for at in (0..data).filter(|at| !(SEED_AT..SEED_AT + 8).contains(at)) {
            let mut torn = file.clone();
            torn[at] ^= 4;
            assert!(parse(&torn).is_err(), "byte {at}");
        }
        assert_eq!(parse(&file[..2048]), Err(HeaderError::Damaged));
        assert_eq!(parse(b"hello"), Err(HeaderError::Foreign));
    }
}
