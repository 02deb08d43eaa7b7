use instant_funnel::{EventId, Journey, TeamId};
use instant_funnel_tower::FunnelContext;
struct Token { id: String, journey: Journey }
struct Team { id: TeamId, journey: Option<Journey> }
struct Charge { id: String }
let (funnel, token, team, charge): (FunnelContext, Token, Team, Charge) = todo!();
let (plan, renewal) = ("pro", false);
