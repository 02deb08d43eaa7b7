use crate::shop;
use instant_funnel::contract::CONTRACT;
use instant_funnel::{Funnel, JourneyId};
let journey = JourneyId::new();
