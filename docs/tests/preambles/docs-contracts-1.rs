use instant_funnel::contract::CONTRACT;
use instant_funnel::{Funnel, JourneyId};

use crate::shop;

let journey = JourneyId::new();
