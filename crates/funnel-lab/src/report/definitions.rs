//! The key figures of InstantFunnel, as `docs/kpi.md` words them.

use crate::kpi::{Bounded, Condition, Kpi, StepRule, View};

const DAY: i64 = 24 * 3_600 * 1_000;

/// The key figures whose steps and dimensions the contract has.
pub(super) fn kpis(view: &View) -> Vec<Kpi> {
    [claimed(view), paid(view)].into_iter().flatten().collect()
}

fn step(view: &View, name: &str) -> Option<StepRule> {
    let step = view.steps().iter().position(|step| step == name)?;
    Some(StepRule::any(name, step))
}

fn claimed(view: &View) -> Option<Kpi> {
    let anonymous = Condition::is(view.dimension("tier")?, "anonymous");
    Some(Kpi {
        name: "claimed_per_provisioned".to_owned(),
        title: "Claimed within 7 days, of those provisioned anonymously within 1 day".to_owned(),
        from: Bounded { rule: step(view, "provision")?.when(anonymous), within: DAY },
        to: Bounded { rule: step(view, "claim")?, within: 7 * DAY },
        target: 0.02,
    })
}

fn paid(view: &View) -> Option<Kpi> {
    let first = Condition::is_not(view.dimension("renewal")?, "true");
    Some(Kpi {
        name: "paid_per_claimed".to_owned(),
        title: "Paid for the first time within 30 days, of those claimed within 7 days".to_owned(),
        from: Bounded { rule: step(view, "claim")?, within: 7 * DAY },
        to: Bounded { rule: step(view, "paid")?.when(first), within: 30 * DAY },
        target: 0.20,
    })
}
