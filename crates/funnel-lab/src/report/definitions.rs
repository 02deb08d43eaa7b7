//! The key figures: those of InstantFunnel, as `docs/kpi.md` words them, and those of other contracts' files.

use funnel_contract::{KpiSpec, KpiStep};
use instant_funnel_core::contract::{CONTRACT, Rule};

use crate::contracts::Layout;
use crate::kpi::{Bounded, Condition, Kpi, StepRule, View};

const DAY: i64 = 24 * 3_600 * 1_000;

/// The key figures of a contract, over its journeys.
pub(super) fn kpis(layout: &Layout, view: &View) -> Vec<Kpi> {
    if layout.contract.is(&CONTRACT) {
        return [claimed(view), paid(view)].into_iter().flatten().collect();
    }
    layout.kpis.iter().filter_map(|spec| of_file(layout, view, spec)).collect()
}

/// A key figure as a contract file has it.
fn of_file(layout: &Layout, view: &View, spec: &KpiSpec) -> Option<Kpi> {
    let title = if spec.brief.is_empty() { &spec.name } else { &spec.brief };
    Some(Kpi {
        name: spec.name.clone(),
        title: title.clone(),
        from: bounded(layout, view, &spec.from)?,
        to: bounded(layout, view, &spec.to)?,
        target: spec.target,
    })
}

fn bounded(layout: &Layout, view: &View, spec: &KpiStep) -> Option<Bounded> {
    let mut rule = StepRule::any(view.steps().get(spec.step)?, spec.step);
    for (key, value) in &spec.only {
        let (dimension, at) = (view.dimension(key)?, layout.contract.position(key)?);
        // An absent boolean is not true.
        let is_false = layout.contract.attributes[at].rule == Rule::Bool && value == "false";
        rule = rule.when(match is_false {
            true => Condition::is_not(dimension, "true"),
            false => Condition::is(dimension, value),
        });
    }
    let millis = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let within = spec.within.as_ref().map_or(i64::MAX, |within| millis(within.seconds));
    Some(Bounded { rule, within })
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
        target: Some(0.02),
    })
}

fn paid(view: &View) -> Option<Kpi> {
    let first = Condition::is_not(view.dimension("renewal")?, "true");
    Some(Kpi {
        name: "paid_per_claimed".to_owned(),
        title: "Paid for the first time within 30 days, of those claimed within 7 days".to_owned(),
        from: Bounded { rule: step(view, "claim")?, within: 7 * DAY },
        to: Bounded { rule: step(view, "paid")?.when(first), within: 30 * DAY },
        target: Some(0.20),
    })
}

#[cfg(test)]
mod tests {
    use funnel_contract::ContractFile;

    use super::*;
    use crate::contracts::Contracts;
    use crate::kpi::Journeys;

    #[test]
    fn the_key_figures_are_those_of_the_contract_file() {
        let file = ContractFile::parse(include_str!("../../../../contracts/instant-funnel.toml")).unwrap();
        let steps: Vec<_> = file.steps.iter().map(|step| step.name.as_str()).collect();
        let view = Journeys::new(&steps, &["tier", "renewal"]).view();
        let contracts = Contracts::standard();
        let known = kpis(contracts.at(0), &view);
        let of_file = file.kpis.iter().filter_map(|spec| of_file(contracts.at(0), &view, spec));
        let of_file: Vec<Kpi> = of_file.collect();
        assert_eq!((known.len(), of_file.len()), (2, file.kpis.len()));
        for kpi in of_file {
            let mut known = known.iter().find(|known| known.name == kpi.name).unwrap().clone();
            known.title.clone_from(&kpi.title);
            assert_eq!(known, kpi);
        }
    }
}
