//! The target `nrql-schema`: what `funnel lint --schema` knows of the event.

use instant_funnel_core::contract::{Attribute, Contract, DerivationMethod, Presence, Rule};
use instant_funnel_core::export::{listed_texts, portable_pattern};

use super::json_schema::step_key;
use crate::json::Json;
use crate::model::{ContractFile, KpiSpec, KpiStep};

pub(super) fn text(file: &ContractFile) -> String {
    let contract = file.table();
    let attributes = contract.attributes.iter().map(|one| (one.key, attribute(contract, one)));
    let mut event = Vec::new();
    // The id that the retries of one event share.
    let is_id = |one: &&Attribute| {
        one.derived_from.is_some_and(|from| matches!(from.method, DerivationMethod::EventId))
    };
    if let Some(id) = contract.attributes.iter().find(is_id) {
        event.push(("distinctBy", Json::text(id.key)));
    }
    let kpis: Vec<Json> = step_key(contract)
        .map(|key| file.kpis.iter().filter_map(|one| kpi(contract, key, one)).collect())
        .unwrap_or_default();
    if !kpis.is_empty() {
        event.push(("kpis", Json::List(kpis)));
    }
    event.push(("attributes", Json::object(attributes)));
    Json::object([("events", Json::object([(contract.event_name, Json::object(event))]))]).file()
}

/// A KPI with a bound, which says how much time a query has to cover.
fn kpi(contract: &Contract, key: &str, kpi: &KpiSpec) -> Option<Json> {
    let within = kpi.to.within.as_ref()?;
    let step = |place: &KpiStep| Json::text(contract.steps[place.step].name);
    Some(Json::object([
        ("name", Json::text(&kpi.name)),
        ("key", Json::text(key)),
        ("from", step(&kpi.from)),
        ("to", step(&kpi.to)),
        ("within", Json::text(&within.text)),
    ]))
}

fn attribute(contract: &Contract, attribute: &Attribute) -> Json {
    let kind = match attribute.rule {
        Rule::Bool => "boolean",
        Rule::Integer { .. } | Rule::Number { .. } | Rule::Instant { .. } => "number",
        _ => "text",
    };
    let mut said = vec![("type", Json::text(kind))];
    if let Some(texts) = listed_texts(&attribute.rule) {
        said.push(("values", Json::texts(texts)));
    } else if let Some(pattern) = portable_pattern(&attribute.rule) {
        let whole = pattern.whole.trim_start_matches('^').trim_end_matches('$');
        said.push(("pattern", Json::text(whole)));
    }
    if let Some(key) = step_key(contract) {
        let on = contract.steps.iter().enumerate().filter(|(at, _)| attribute.steps.contains(*at));
        let on: Vec<_> = on.map(|(_, step)| step.name).collect();
        if on.len() < contract.steps.len() {
            said.push(("onlyWhen", Json::object([(key, Json::texts(on))])));
        }
    }
    if attribute.presence != Presence::Always {
        said.push(("optional", Json::plain(true)));
    }
    // Nearly every event has another value.
    if matches!(attribute.rule, Rule::Hex { .. } | Rule::Uuid { .. }) {
        said.push(("id", Json::plain(true)));
    }
    Json::object(said)
}
