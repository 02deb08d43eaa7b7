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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::Journeys;
    use funnel_contract::{ContractFile, KpiSpec, KpiStep};

    fn within(step: &KpiStep) -> i64 {
        i64::try_from(step.within.as_ref().unwrap().seconds * 1_000).unwrap()
    }

    fn conditions(view: &View, step: &KpiStep) -> Vec<Condition> {
        let only = step.only.iter().map(|(key, value)| match value.as_str() {
            // An absent boolean is not true.
            "false" => Condition::is_not(view.dimension(key).unwrap(), "true"),
            value => Condition::is(view.dimension(key).unwrap(), value),
        });
        only.collect()
    }

    #[test]
    fn the_key_figures_are_those_of_the_contract_file() {
        let file = ContractFile::parse(include_str!("../../../../contracts/instant-funnel.toml")).unwrap();
        let steps: Vec<_> = file.steps.iter().map(|step| step.name.as_str()).collect();
        let view = Journeys::new(&steps, &["tier", "renewal"]).view();
        let kpis = kpis(&view);
        assert_eq!(kpis.len(), file.kpis.len());
        for KpiSpec { name, from, to, target, .. } in &file.kpis {
            let kpi = kpis.iter().find(|kpi| kpi.name == *name).unwrap();
            assert_eq!(Some(kpi.target), *target, "{name}");
            for (bounded, step) in [(&kpi.from, from), (&kpi.to, to)] {
                assert_eq!(bounded.rule.step, step.step, "{name}");
                assert_eq!(bounded.within, within(step), "{name}");
                assert_eq!(bounded.rule.conditions, conditions(&view, step), "{name}");
            }
        }
    }
}
