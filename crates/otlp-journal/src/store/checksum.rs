//! The checksum of an entry: 64 bits by folded multiplication.
//!
//! It guards against torn writes and flipped bits, not against an adversary; a CRC instruction is not at hand on
//! every target, and 16 bytes a multiplication cost less than a table.

const K: [u64; 4] =
    [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93, 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// Never 0, so that an entry of a file always carries one.
#[inline]
pub(crate) fn checksum(seed: u64, head: u64, time: u64, payload: &[u8]) -> u64 {
    let mut sum = fold(seed ^ K[0], head ^ K[1]).wrapping_add(fold(time ^ K[2], seed.rotate_left(32) ^ K[3]));
    // A key of its own for each place, so that what is moved is seen; no product waits for the one before.
    let mut key = seed ^ K[3];
    let mut add = |chunk: &[u8; 16]| {
        let wide = u128::from_le_bytes(*chunk);
        key = key.wrapping_add(K[0]);
        sum = sum.wrapping_add(fold(wide as u64 ^ key, (wide >> 64) as u64 ^ key.rotate_left(29) ^ K[1]));
    };
    let (chunks, tail) = payload.as_chunks::<16>();
    chunks.iter().for_each(&mut add);
    if !tail.is_empty() {
        let mut last = [0; 16];
        last[..tail.len()].copy_from_slice(tail);
        add(&last);
    }
    fold(sum ^ K[2], payload.len() as u64 ^ K[3]).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let payload: Vec<u8> = (0..301_u32).map(|i| (i * 7) as u8).collect();
        let whole = checksum(11, 22, 33, &payload);
        for bit in 0..payload.len() * 8 {
            let mut torn = payload.clone();
            torn[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(checksum(11, 22, 33, &torn), whole, "bit {bit}");
        }
        for cut in 0..payload.len() {
            assert_ne!(checksum(11, 22, 33, &payload[..cut]), whole, "cut at {cut}");
        }
        let mut moved = payload.clone();
        moved.rotate_left(16);
        assert_ne!(checksum(11, 22, 33, &moved), whole);
        assert_ne!(checksum(12, 22, 33, &payload), whole);
        assert_ne!(checksum(11, 23, 33, &payload), whole);
        assert_ne!(checksum(11, 22, 34, &payload), whole);
    }
}
