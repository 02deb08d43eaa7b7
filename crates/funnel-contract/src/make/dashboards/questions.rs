//! The questions that every funnel has, and those that its own attributes and KPIs allow.

use crate::model::{ContractFile, KpiSpec, KpiStep, RuleSpec};

/// Whose question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Product,
    Operator,
}

/// A question with the query that answers it.
#[derive(Debug)]
pub(super) struct Question {
    /// The file's name without its ending.
    pub(super) name: String,
    pub(super) title: String,
    question: String,
    pub(super) reader: Reader,
    read: String,
    misleads: String,
    pub(super) query: String,
    /// New Relic's visualization.
    pub(super) drawn: &'static str,
    /// Of twelve columns.
    pub(super) width: usize,
    /// Whether the dashboard's time picker leaves it alone.
    pub(super) keeps_its_time: bool,
}

impl Question {
    pub(super) fn text(&self) -> String {
        let reader = match self.reader {
            Reader::Product => "product",
            Reader::Operator => "operator",
        };
        format!(
            "-- {}\n-- {}\n-- Reader: {reader}\n-- Read: {}\n-- Misleads: {}\n{}\n",
            self.title, self.question, self.read, self.misleads, self.query
        )
    }

    pub(super) fn guide(&self) -> String {
        format!(
            "**{}** {} *How to read it:* {} *Where it misleads:* {}",
            self.title, self.question, self.read, self.misleads
        )
    }
}

/// Question, how to read the answer, where it misleads.
type Words = [&'static str; 3];

fn one(
    name: &str,
    title: &str,
    [question, read, misleads]: Words,
    query: String,
    (drawn, width): (&'static str, usize),
) -> Question {
    Question {
        name: name.to_owned(),
        title: title.to_owned(),
        question: question.to_owned(),
        reader: Reader::Product,
        read: read.to_owned(),
        misleads: misleads.to_owned(),
        query,
        drawn,
        width,
        keeps_its_time: false,
    }
}

pub(super) fn of(file: &ContractFile) -> Vec<Question> {
    let mut questions = Vec::new();
    if file.is_funnel() {
        questions.extend(journeys(file));
        questions.extend(file.kpis.iter().map(|kpi| of_kpi(file, kpi)));
    }
    questions.push(over_time(file));
    let own = file.attributes.iter().filter(|attribute| {
        matches!(
            attribute.rule,
            RuleSpec::OneOf(_) | RuleSpec::SlugOf(_) | RuleSpec::Boolean | RuleSpec::Country
        )
    });
    questions.extend(own.map(|attribute| by_attribute(file, &attribute.key)));
    questions.extend(quality(file).into_iter().map(|one| Question { reader: Reader::Operator, ..one }));
    questions
}

fn journeys(file: &ContractFile) -> [Question; 4] {
    let event = &file.event;
    let steps: Vec<_> =
        file.steps.iter().map(|step| format!("  WHERE funnelStep = '{0}' AS '{0}'", step.name)).collect();
    let funnel =
        format!("FROM {event}\nSELECT funnel(journeyId,\n{})\nWHERE cohort = 'real'\n", steps.join(",\n"));
    let reached: Vec<_> = file
        .steps
        .iter()
        .map(|step| format!("  filter(uniqueCount(journeyId), WHERE funnelStep = '{0}') AS '{0}'", step.name))
        .collect();
    [
        one(
            "funnel",
            "The funnel",
            [
                "How many journeys reached each step, having taken every step before it?",
                "each step shows the number of journeys that took it and every step before it.",
                "the order in time is ignored, a journey that began before the window lacks its first steps, and from 256 journeys up New Relic estimates the counts.",
            ],
            format!("{funnel}SINCE 1 week ago"),
            ("viz.funnel", 6),
        ),
        one(
            "funnel-by-entry-actor",
            "The funnel by entry actor",
            [
                "Who brings the journeys that get through: agents or people?",
                "one funnel for each kind of actor that began a journey, no matter who took the later steps.",
                "journeys whose beginning is unknown are in no row; at most ten rows are shown.",
            ],
            format!("{funnel}FACET entryActor\nSINCE 1 week ago"),
            ("viz.funnel", 6),
        ),
        one(
            "conversion-by-start",
            "Conversion by start day",
            [
                "Do the journeys that began on a later day convert better?",
                "one row for each day on which journeys began, with the journeys that reached each step.",
                "the most recent days are low because their journeys have had less time, and steps before the window are not seen.",
            ],
            format!(
                "FROM {event}\nSELECT\n{}\nWHERE cohort = 'real' AND journeyStart IS NOT NULL\nFACET dateOf(journeyStart)\nLIMIT 100\nSINCE 30 days ago",
                reached.join(",\n")
            ),
            ("viz.table", 6),
        ),
        one(
            "time-from-start",
            "Time from the start",
            [
                "How many hours after its beginning does a journey take each step?",
                "the mean and the longest time, by step.",
                "a few slow journeys raise the mean, and a journey that has not taken the step yet is not in it.",
            ],
            format!(
                "FROM {event}\nSELECT average((timestamp - journeyStart) / 3600000) AS 'mean hours',\n  max((timestamp - journeyStart) / 3600000) AS 'most hours', uniqueCount(journeyId) AS 'journeys'\nWHERE cohort = 'real' AND journeyStart IS NOT NULL\nFACET funnelStep\nLIMIT {}\nSINCE 30 days ago",
                file.steps.len()
            ),
            ("viz.table", 6),
        ),
    ]
}

/// Mature journeys only, by the day of their beginning. NRQL has no name for the present moment, so maturity is measured
/// from the newest event.
fn of_kpi(file: &ContractFile, kpi: &KpiSpec) -> Question {
    let bound = kpi.to.within.as_ref().or(kpi.from.within.as_ref());
    let days = bound.map_or(30, |bound| bound.seconds.div_ceil(86_400) + 30);
    let event = &file.event;
    let (mature, counted) = match bound {
        Some(bound) => (
            format!(
                "\n  AND journeyStart >= (FROM {event} SELECT min(timestamp))\n  AND journeyStart < (FROM {event} SELECT max(timestamp) - {})",
                bound.seconds * 1_000
            ),
            format!("only journeys that began {} or more before the newest event are counted", bound.text),
        ),
        None => (String::new(), "the KPI has no bound, so no day is ever final".to_owned()),
    };
    let target = kpi
        .target
        .map_or(String::new(), |target| format!(", target {} %", (target * 100_000.0).round() / 1_000.0));
    let (from, to) = (name(file, &kpi.from), name(file, &kpi.to));
    let question = if kpi.brief.is_empty() {
        format!("Of the journeys that took {from}, how many took {to}?")
    } else {
        kpi.brief.clone()
    };
    Question {
        name: format!("kpi-{}", kpi.name.replace('_', "-")),
        title: format!("KPI: {}{target}", kpi.name.replace('_', " ")),
        question,
        reader: Reader::Product,
        read: format!(
            "divide the second number by the first; one row for each day on which journeys began; {counted}."
        ),
        misleads: format!(
            "it needs {days} days of events, and journeys that began before the oldest event are left out, as are those whose beginning is unknown; the oldest and the most recent day are partial days; from 256 journeys up New Relic estimates the counts."
        ),
        query: format!(
            "FROM {event}\nSELECT funnel(journeyId,\n  WHERE {} AS 'from {from}',\n  WHERE {} AS 'to {to}')\nWHERE cohort = 'real' AND journeyStart IS NOT NULL{mature}\nFACET dateOf(journeyStart)\nLIMIT 100\nSINCE {days} days ago",
            place(file, &kpi.from),
            place(file, &kpi.to)
        ),
        drawn: "viz.table",
        width: 6,
        keeps_its_time: true,
    }
}

fn name<'f>(file: &'f ContractFile, place: &KpiStep) -> &'f str {
    file.steps.get(place.step).map_or("", |step| step.name.as_str())
}

/// The condition of a KPI's step.
fn place(file: &ContractFile, place: &KpiStep) -> String {
    let mut text = format!("funnelStep = '{}'", name(file, place));
    for (key, value) in &place.only {
        let boolean = file.attributes.iter().any(|one| one.key == *key && one.rule == RuleSpec::Boolean);
        text += &match (boolean, value.as_str()) {
            (true, "true") => format!(" AND `{key}` IS TRUE"),
            // What is not recorded is not true.
            (true, _) => format!(" AND (`{key}` IS NULL OR `{key}` IS FALSE)"),
            (false, value) => format!(" AND `{key}` = '{value}'"),
        };
    }
    if let Some(within) = &place.within {
        text += &format!(" AND timestamp - journeyStart <= {}", within.seconds * 1_000);
    }
    text
}

fn over_time(file: &ContractFile) -> Question {
    let counted: Vec<_> = file
        .steps
        .iter()
        .map(|step| format!("  filter(uniqueCount(eventId), WHERE funnelStep = '{0}') AS '{0}'", step.name))
        .collect();
    let counted = if counted.is_empty() {
        "  uniqueCount(eventId) AS 'events'".to_owned()
    } else {
        counted.join(",\n")
    };
    one(
        "events-over-time",
        "Events over time",
        [
            "How many events are there, and did anything stop?",
            "a line that falls to zero while others go on means that the service that records this step has stopped.",
            "points count events, not journeys, and the last point is incomplete.",
        ],
        format!(
            "FROM {}\nSELECT\n{counted}\nWHERE cohort = 'real'\nTIMESERIES AUTO\nSINCE 1 week ago",
            file.event
        ),
        ("viz.line", 6),
    )
}

fn by_attribute(file: &ContractFile, key: &str) -> Question {
    let (counted, facet) = match file.is_funnel() {
        true => ("uniqueCount(journeyId) AS 'journeys'", ", funnelStep"),
        false => ("uniqueCount(eventId) AS 'events'", ""),
    };
    Question {
        title: format!("By {key}"),
        question: format!("How is `{key}` distributed?"),
        ..one(
            &format!("by-{}", crate::names::snake(key).replace('_', "-")),
            "",
            [
                "",
                "one row for each value, and for each step where there are steps.",
                "events without the attribute are in no row; at most a hundred rows are shown.",
            ],
            format!(
                "FROM {}\nSELECT {counted}\nWHERE cohort = 'real' AND `{key}` IS NOT NULL\nFACET `{key}`{facet}\nLIMIT 100\nSINCE 1 week ago",
                file.event
            ),
            ("viz.table", 6),
        )
    }
}

fn quality(file: &ContractFile) -> Vec<Question> {
    let event = &file.event;
    let facet = if file.is_funnel() { "FACET funnelStep\nLIMIT 32\n" } else { "" };
    let mut questions = vec![
        one(
            "freshness",
            "Freshness",
            [
                "When did each service last record an event?",
                "a service that is missing, or whose last event is old, has stopped.",
                "a service that sent nothing in the window has no row at all.",
            ],
            format!(
                "FROM {event}\nSELECT latest(timestamp) AS 'last event', count(*) AS 'events'\nFACET serviceName\nLIMIT 100\nSINCE 1 week ago"
            ),
            ("viz.table", 6),
        ),
        one(
            "duplicates",
            "Duplicates",
            [
                "How many events arrived more than once?",
                "repeats should be a fraction of a percent; counts of distinct ids are not affected by them.",
                "repeats are seen only when both events are in the window.",
            ],
            format!(
                "FROM {event}\nSELECT count(*) AS 'events', uniqueCount(eventId) AS 'distinct', count(*) - uniqueCount(eventId) AS 'repeats'\n{facet}SINCE 1 week ago"
            ),
            ("viz.table", 6),
        ),
    ];
    if file.is_funnel() {
        questions.push(one(
            "journeys-not-carried",
            "Steps without a journey",
            [
                "Which steps lose the id by which journeys are followed?",
                "percent of the events of a step; above a few percent the funnel is too low from that step on.",
                "a step that is recorded with a new id each time is not seen here.",
            ],
            format!(
                "FROM {event}\nSELECT percentage(count(*), WHERE journeyId IS NULL) AS 'without a journey %',\n  percentage(count(*), WHERE journeyStart IS NULL) AS 'without a beginning %', count(*) AS 'events'\nWHERE cohort = 'real'\n{facet}SINCE 1 week ago"
            ),
            ("viz.table", 6),
        ));
    }
    questions
}
