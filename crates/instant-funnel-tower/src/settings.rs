//! What the layer was told, gathered from the parts and shared by all its services.

use crate::client::ClientSettings;
use crate::consent::ConsentSettings;
use crate::journey::JourneySettings;
use crate::probe::ProbeSettings;
use instant_funnel::Funnel;

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
