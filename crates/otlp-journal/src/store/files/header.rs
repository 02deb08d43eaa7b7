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
//! 56  u32 length of the extension; 0 in the files of the first release
//! 60  u32 flags: 1 = the writer locks its set's directory
//! 64      encoded `Resource`, encoded `InstrumentationScope`
//!         extension: u64 fingerprint of the endpoint, then the owner's label
//!         zeros to a multiple of 64
//! ```
//! The first release reads these files too: it does not look at the extension.

use crate::store::checksum::checksum;
use crate::store::identity::Identity;
use crate::store::raw::segment::SEED_AT;

const MAGIC: &[u8; 8] = b"OTLPJRNL";
const VERSION: u32 = 1;
const FIXED: usize = 64;
/// Bytes of the endpoint's fingerprint.
const ENDPOINT: usize = 8;
const LOCKS_DIRECTORY: u32 = 1;
const VERSION_AT: usize = 8;
/// No header is longer: a resource, a scope and an owner are bounded when a delivery is built.
pub(crate) const LONGEST: usize = 32 << 10;

/// A header that passed its checksum.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) data: usize,
    pub(crate) seed: u64,
    pub(crate) resource: Vec<u8>,
    pub(crate) scope: Vec<u8>,
    /// Whose records these are; `None` where nobody said.
    pub(crate) owner: Option<Vec<u8>>,
    /// Tells endpoints apart without naming one.
    pub(crate) endpoint: Option<u64>,
    pub(crate) locks_directory: bool,
    /// The file has the length that it says.
    pub(crate) whole: bool,
}

/// What a header says beside the identity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) owner: Option<&'a str>,
    pub(crate) endpoint: u64,
}

/// Why a file is not a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("it is not a journal segment")]
    Foreign,
    #[error("it has version {0}, which this build does not support")]
    Version(u32),
    #[error("its header is damaged")]
    Damaged,
}

/// The header of an empty segment.
pub(crate) fn encode(
    identity: &Identity,
    origin: Origin<'_>,
    length: usize,
    process: u32,
    made: u64,
) -> Vec<u8> {
    let (resource, scope) = (&identity.resource, &identity.scope);
    let owner = origin.owner.unwrap_or_default().as_bytes();
    let extension = ENDPOINT + owner.len();
    let data = (FIXED + resource.len() + scope.len() + extension).next_multiple_of(FIXED);
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
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&(extension as u32).to_le_bytes());
    out.extend_from_slice(&LOCKS_DIRECTORY.to_le_bytes());
    out.extend_from_slice(resource);
    out.extend_from_slice(scope);
    out.extend_from_slice(&origin.endpoint.to_le_bytes());
    out.extend_from_slice(owner);
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

/// Reads the header of a segment file of any content. A file with another length than it says is not an error.
pub(crate) fn parse(file: &[u8]) -> Result<Header, HeaderError> {
    if file.get(..8) != Some(MAGIC) {
        return Err(HeaderError::Foreign);
    }
    match u32_at(file, VERSION_AT) {
        Some(VERSION) => read(file).ok_or(HeaderError::Damaged),
        Some(other) if !is_damaged_version(file) => Err(HeaderError::Version(other)),
        _ => Err(HeaderError::Damaged),
    }
}

/// The checksum is right for our version, so that it is the version that is damaged.
fn is_damaged_version(file: &[u8]) -> bool {
    let mut head = file.get(..file.len().min(LONGEST)).unwrap_or_default().to_vec();
    if let Some(place) = head.get_mut(VERSION_AT..VERSION_AT + 4) {
        place.copy_from_slice(&VERSION.to_le_bytes());
    }
    read(&head).is_some()
}

fn read(file: &[u8]) -> Option<Header> {
    let data = u32_at(file, 12)? as usize;
    let head = file.get(..data).filter(|head| head.len() >= FIXED && data.is_multiple_of(8))?;
    if u64_at(file, 48)? != sum(head) {
        return None;
    }
    let resource = FIXED.checked_add(u32_at(file, 40)? as usize)?;
    let scope = resource.checked_add(u32_at(file, 44)? as usize)?;
    let end = scope.checked_add(u32_at(file, 56)? as usize)?;
    let extension = head.get(scope..end)?;
    let owner = extension.get(ENDPOINT..).filter(|owner| !owner.is_empty());
    Some(Header {
        data,
        seed: u64_at(file, SEED_AT)?,
        resource: head.get(FIXED..resource)?.to_vec(),
        scope: head.get(resource..scope)?.to_vec(),
        owner: owner.map(<[u8]>::to_vec),
        endpoint: u64_at(extension, 0),
        locks_directory: u32_at(file, 60)? & LOCKS_DIRECTORY != 0,
        whole: u32_at(file, 24)? as usize == file.len(),
    })
}

fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    file.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn u64_at(file: &[u8], at: usize) -> Option<u64> {
    file.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}

/// The seed as a damaged header has it, for who tries to find the entries all the same.
pub(crate) fn written_seed(file: &[u8]) -> Option<u64> {
    u64_at(file, SEED_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_damage_is_seen() {
        let identity = Identity::new(vec![1; 100], vec![2; 30]);
        let origin = Origin { owner: Some("event/shop"), endpoint: 99 };
        let mut file = encode(&identity, origin, 4096, 7, 8);
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
        assert_eq!((header.owner.as_deref(), header.endpoint), (Some(&b"event/shop"[..]), Some(99)));
        assert!(header.whole && header.locks_directory);
        assert!(!parse(&file[..2048]).unwrap().whole);
        file[VERSION_AT] = 9;
        assert_eq!(parse(&file), Err(HeaderError::Damaged), "no other version has our checksum");
        assert_eq!(parse(b"hello"), Err(HeaderError::Foreign));
    }
}
