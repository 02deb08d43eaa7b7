//! Whether a visitor may be followed.

use crate::caller::{Ask, Function, answer};
use crate::head::RequestHead;
use http::HeaderName;
use instant_funnel::Funnel;

/// A visitor's word. What the law asks for is the service's to know; the layer does what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The journey is found or minted, and carried.
    Granted,
    /// Steps are still counted, and joined to nothing: no journey is read or minted, no cookie is set (an old one is
    /// removed), and no event that is recorded through the request's [`FunnelContext`](crate::FunnelContext) has a
    /// journey, a fingerprint or an e-mail hash, even if the handler gives it one.
    ///
    /// A `teamId` stays where the handler gives it. So do the fields that say nothing of the visitor.
    Denied,
}

impl Consent {
    /// Denied to those whose browser says so: Global Privacy Control (`Sec-GPC: 1`) or Do Not Track (`DNT: 1`).
    ///
    /// One value that says 1 is a no, whatever stands beside it and on whichever line; so is one that is written
    /// otherwise than the specifications have it (`?1`, `"1"`, `01`, `true`).
    ///
    /// ```
    /// # use instant_funnel::Funnel;
    /// use instant_funnel_tower::{Consent, FunnelLayer};
    /// # let funnel = Funnel::noop();
    /// let layer = FunnelLayer::new(funnel).consent(Consent::unless_opted_out);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn unless_opted_out(head: &RequestHead<'_>) -> Self {
        const SIGNALS: [HeaderName; 2] = [HeaderName::from_static("sec-gpc"), HeaderName::from_static("dnt")];
        let mut values = SIGNALS.into_iter().flat_map(|name| head.headers().get_all(name));
        match values.any(|value| says_one(value.as_bytes())) {
            true => Self::Denied,
            false => Self::Granted,
        }
    }
}

/// Whether a word of the value is 1 or yes.
fn says_one(value: &[u8]) -> bool {
    value.split(|byte| !byte.is_ascii_alphanumeric()).any(|word| {
        let number = word.iter().position(|byte| *byte != b'0').is_some_and(|at| &word[at..] == b"1");
        number || [&b"true"[..], b"yes", b"on"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
    })
}

static CONSENT: Function = Function::new("consent");

#[derive(Clone, Default)]
pub(crate) struct ConsentSettings {
    pub(crate) ask: Option<Ask<Consent>>,
}

impl ConsentSettings {
    /// The visitor's word: granted where nobody asks, denied where asking failed.
    pub(crate) fn of(&self, funnel: &Funnel, head: &RequestHead<'_>) -> Consent {
        match &self.ask {
            None => Consent::Granted,
            Some(ask) => answer(funnel, &CONSENT, || ask(head)).unwrap_or(Consent::Denied),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_says_one_is_a_no_however_it_is_written() {
        for no in [
            "1", " 1 ", "1, 1", "0, 1", "1;q=0.1", "?1", "\"1\"", "01", "1.0", "\t1", "true", "YES",
            "1\u{a0}", "é1",
        ] {
            assert!(says_one(no.as_bytes()), "{no}");
        }
        assert!(says_one(b"1\xff") && says_one(b"\xfe,1"));
        for silent in
            ["", "0", "0, 0", "?0", "null", "unspecified", "10", "11", "21", "a1", "false", "\u{ff}", "00"]
        {
            assert!(!says_one(silent.as_bytes()), "{silent}");
        }
    }
}
