//! Whether a visitor may be followed.

use crate::head::{Ask, RequestHead};
use http::HeaderName;

/// A visitor's word. What the law asks for is the service's to know; the layer does what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The journey is found or minted, and carried.
    Granted,
    /// No journey is read or minted, no cookie is set (an old one is removed), no fingerprint is made. Steps are
    /// still counted, and joined by nothing.
    Denied,
}

impl Consent {
    /// Denied to those whose browser says so: Global Privacy Control (`Sec-GPC: 1`) or Do Not Track (`DNT: 1`).
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
        match SIGNALS.iter().any(|name| head.header(name) == Some("1")) {
            true => Self::Denied,
            false => Self::Granted,
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct ConsentSettings {
    pub(crate) ask: Option<Ask<Consent>>,
}

impl ConsentSettings {
    /// The visitor's word; granted where nobody asks.
    pub(crate) fn of(&self, head: &RequestHead<'_>) -> Consent {
        self.ask.as_ref().map_or(Consent::Granted, |ask| ask(head))
    }
}
