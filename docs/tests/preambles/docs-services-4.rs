use instant_funnel_tower::{Consent, FunnelLayer, RequestHead};
fn my_banner_cookie(head: &RequestHead<'_>) -> Option<bool> { None }
let layer: FunnelLayer = todo!();
