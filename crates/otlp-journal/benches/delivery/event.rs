//! A log record with eight attributes, encoded by hand: what a caller of the journal does.

use std::time::{SystemTime, UNIX_EPOCH};

const KEYS: [&str; 8] =
    ["newrelic.event.type", "funnelStep", "serviceName", "cohort", "eventId", "journeyId", "tier", "service"];

/// An event whose ids differ from call to call.
pub(crate) struct Event {
    pub(crate) time: u64,
    event_id: [u8; 32],
    journey: [u8; 36],
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64)
}

#[allow(dead_code, reason = "two benches use it, each a part")]
impl Event {
    /// `n` goes through a mixer, so that ids compress as badly as real ones.
    pub(crate) fn new(n: u64) -> Self {
        let mut event =
            Self { time: now(), event_id: [0; 32], journey: *b"00000000-0000-4000-8000-000000000000" };
        let mut state = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut next = || {
            state ^= state >> 29;
            state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state ^= state >> 32;
            state
        };
        let (a, b, c) = (next(), next(), next());
        hex(a, &mut event.event_id[..16]);
        hex(b, &mut event.event_id[16..]);
        hex(c, &mut event.journey[..8]);
        hex(c >> 32, &mut event.journey[28..]);
        event
    }

    fn values(&self) -> [&[u8]; 8] {
        [b"InstantFunnel", b"provision", b"api", b"real", &self.event_id, &self.journey, b"anonymous", b"db"]
    }

    /// The attributes as text, for a pipe that does its own encoding.
    pub(crate) fn pairs(&self) -> [(&'static str, &str); 8] {
        let mut pairs = [("", ""); 8];
        for (pair, (key, value)) in pairs.iter_mut().zip(KEYS.into_iter().zip(self.values())) {
            *pair = (key, std::str::from_utf8(value).unwrap_or_default());
        }
        pairs
    }

    pub(crate) fn len(&self) -> usize {
        let attributes: usize =
            KEYS.iter().zip(self.values()).map(|(key, value)| 2 + 2 + key.len() + 2 + 2 + value.len()).sum();
        9 + 2 + 9 + 15 + 17 + attributes
    }

    pub(crate) fn write(&self, buf: &mut [u8]) {
        let mut out = Out(buf);
        out.put(&[0x09]);
        out.put(&self.time.to_le_bytes());
        out.put(&[0x10, 9]);
        out.put(&[0x2a, 15, 0x0a, 13]);
        out.put(b"InstantFunnel");
        for (key, value) in KEYS.iter().zip(self.values()) {
            let (k, v) = (key.len() as u8, value.len() as u8);
            out.put(&[0x32, 6 + k + v, 0x0a, k]);
            out.put(key.as_bytes());
            out.put(&[0x12, 2 + v, 0x0a, v]);
            out.put(value);
        }
        out.put(&[0x59]);
        out.put(&self.time.to_le_bytes());
        out.put(&[0x62, 13]);
        out.put(b"InstantFunnel");
        assert!(out.0.is_empty());
    }
}

fn hex(mut value: u64, out: &mut [u8]) {
    for byte in out {
        *byte = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

struct Out<'a>(&'a mut [u8]);

impl Out<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let (front, rest) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        front.copy_from_slice(bytes);
        self.0 = rest;
    }
}
