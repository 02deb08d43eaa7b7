//! The checksum of an entry: 64 bits by folded multiplication, two streams side by side.
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

#[inline]
fn pair(chunk: &[u8; 16]) -> (u64, u64) {
    let wide = u128::from_le_bytes(*chunk);
    (wide as u64, (wide >> 64) as u64)
}

/// Never 0, so that an entry of a file always carries one.
#[inline]
pub(crate) fn checksum(seed: u64, head: u64, time: u64, payload: &[u8]) -> u64 {
    let mut left = fold(seed ^ K[0], head ^ K[1]);
    let mut right = fold(time ^ K[2], seed.rotate_left(32) ^ K[3]);
    let (double, rest) = payload.as_chunks::<32>();
    for chunk in double {
        let (low, high) = chunk.split_at(16);
        if let (Ok(low), Ok(high)) = (low.try_into(), high.try_into()) {
            let (a, b) = pair(low);
            left = fold(a ^ K[0] ^ left, b ^ K[1]);
            let (a, b) = pair(high);
            right = fold(a ^ K[2] ^ right, b ^ K[3]);
        }
    }
    let (single, tail) = rest.as_chunks::<16>();
    for chunk in single {
        let (a, b) = pair(chunk);
        left = fold(a ^ K[1] ^ left, b ^ K[2]);
    }
    if !tail.is_empty() {
        let mut last = [0; 16];
        last[..tail.len()].copy_from_slice(tail);
        let (a, b) = pair(&last);
        right = fold(a ^ K[3] ^ right, b ^ K[0]);
    }
    fold(left ^ K[2], right ^ K[3] ^ payload.len() as u64).max(1)
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
        assert_ne!(checksum(12, 22, 33, &payload), whole);
        assert_ne!(checksum(11, 23, 33, &payload), whole);
        assert_ne!(checksum(11, 22, 34, &payload), whole);
    }
}
