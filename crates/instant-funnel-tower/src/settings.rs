//! The layer's settings, collected from its parts and shared by all its services.

use instant_funnel::Funnel;

use crate::caller::let_go;
use crate::client::ClientSettings;
use crate::consent::ConsentSettings;
use crate::journey::JourneySettings;
use crate::probe::ProbeSettings;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) funnel: Funnel,
    pub(crate) consent: ConsentSettings,
    pub(crate) journey: JourneySettings,
    pub(crate) client: ClientSettings,
    pub(crate) probe: ProbeSettings,
}

impl Settings {
    pub(crate) fn new(funnel: Funnel) -> Self {
        Self {
            funnel,
            consent: ConsentSettings::default(),
            journey: JourneySettings::default(),
            client: ClientSettings::default(),
            probe: ProbeSettings::default(),
        }
    }
}

/// The last service may be dropped at the end of a request.
impl Drop for Settings {
    fn drop(&mut self) {
        let_go(&self.funnel, &mut self.consent.ask);
        let_go(&self.funnel, &mut self.journey.from);
        let_go(&self.funnel, &mut self.client.peer);
        let_go(&self.funnel, &mut self.client.asn);
    }
}
