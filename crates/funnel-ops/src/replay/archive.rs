//! The collector's archive: each request after its length, four bytes, most significant first.

use crate::wire::is_request;

/// Twice what the collector takes.
const LONGEST: usize = 8 << 20;

/// The whole requests of an archive.
#[derive(Debug)]
pub(crate) struct Messages<'a> {
    data: &'a [u8],
    at: usize,
    /// Bytes that belong to no whole request, as a killed collector leaves them.
    pub(crate) lost: usize,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, lost: 0 }
    }

    /// How long the request is whose length stands at `at`, if all of it is there.
    fn whole(&self, at: usize) -> Option<usize> {
        let length = u32::from_be_bytes(*self.data.get(at..)?.first_chunk()?) as usize;
        if length == 0 || length > LONGEST || *self.data.get(at + 4)? != 0x0a {
            return None;
        }
        self.data.get(at + 4..at + 4 + length).filter(|body| is_request(body)).map(<[u8]>::len)
    }

    /// Whether a request could begin at `at`, as far as its first bytes tell.
    fn may_start(&self, at: usize) -> bool {
        let Some(head) = self.data.get(at..at + 5) else { return true };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        length > 0 && length <= LONGEST && head[4] == 0x0a
    }
}

impl<'a> Iterator for Messages<'a> {
    /// Where the request ends in the archive, and the request.
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at + 4 < self.data.len() {
            let Some(length) = self.whole(self.at) else {
                self.at += 1;
                self.lost += 1;
                continue;
            };
            let end = self.at + 4 + length;
            if !self.may_start(end) {
                // Perhaps half a request, whose length reaches into what was written behind it.
                if let Some(start) = (self.at + 1..end).find(|start| self.whole(*start).is_some()) {
                    self.lost += start - self.at;
                    self.at = start;
                    continue;
                }
            }
            let body = &self.data[self.at + 4..end];
            self.at = end;
            return Some((end, body));
        }
        self.lost += self.data.len().saturating_sub(self.at);
        self.at = self.data.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::wrap;

    fn framed(body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32).to_be_bytes(), body].concat()
    }

    #[test]
    fn half_a_request_is_passed_over_and_its_bytes_are_told() {
        let bodies: Vec<Vec<u8>> =
            (0..3_u8).map(|at| wrap(b"", b"s", [[at; 300].as_slice(), &[at + 10; 200]])).collect();
        let [before, torn, after] = [framed(&bodies[0]), framed(&bodies[1]), framed(&bodies[2])];
        for kept in [2, 4, 5, torn.len() / 2, torn.len() - 1] {
            let data = [&before[..], &torn[..kept], &after[..], &torn[..kept]].concat();
            let mut messages = Messages::new(&data);
            let found: Vec<&[u8]> = messages.by_ref().map(|(_, body)| body).collect();
            assert_eq!(found, [&bodies[0][..], &bodies[2][..]], "{kept}");
            assert_eq!(messages.lost, 2 * kept);
        }
    }
}
