//! Consent: whether events may be linked to a visitor.

use http::HeaderName;
use instant_funnel::Funnel;

use crate::caller::{Ask, Function, answer};
use crate::head::RequestHead;

/// A visitor's decision. What the law requires is for the service to decide; the layer follows the decision.
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
    /// One value that says 1 is a no, whatever stands beside it and on whichever line. So is any value that is neither
    /// empty nor `0`, `?0`, `null`, `unspecified`, `false`, `no` or `off`: the specifications know no other, and in
    /// doubt the visitor has said no.
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
        match values.any(|value| opts_out(value.as_bytes())) {
            true => Self::Denied,
            false => Self::Granted,
        }
    }
}

/// Whether the value is anything but a list of words that say nothing or 0.
fn opts_out(value: &[u8]) -> bool {
    const SILENT: [&[u8]; 8] = [b"", b"0", b"?0", b"null", b"unspecified", b"false", b"no", b"off"];
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|word| !SILENT.iter().any(|silent| word.eq_ignore_ascii_case(silent)))
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
    fn a_value_that_does_not_say_0_is_a_no_however_it_is_written() {
        for no in [
            "1", " 1 ", "1, 1", "0, 1", "1;q=0.1", "?1", "\"1\"", "01", "1.0", "\t1", "true", "YES",
            "1\u{a0}", "é1", "1e0", "0x1", "%31", "t", "y", "enabled", "10", "\u{ff}", "0;1", "0 1",
        ] {
            assert!(opts_out(no.as_bytes()), "{no}");
        }
        assert!(opts_out(b"1\xff") && opts_out(b"\xfe,1"));
        for silent in ["", " ", "0", "0, 0", " ?0", "null", "unspecified", "False", "no", "OFF", ",", "0,"] {
            assert!(!opts_out(silent.as_bytes()), "{silent}");
        }
    }
}
