//! Clauses.

use super::{Checker, Severity};
use crate::analysis::{has_aggregate, join_fault, limit_fault};
use crate::ast::{ExprKind, FacetValue, FromItem, Interval, Query, Select, TimePoint};

/// New Relic takes queries shorter than this.
const MAX_BYTES: usize = 4_096;

impl<'s> Checker<'s> {
    pub(super) fn text_size(&mut self, query: &Query) {
        let bytes = (query.span.end - query.span.start) as usize;
        if bytes >= MAX_BYTES {
            self.warn(
                "too-long",
                query.span,
                format!("the query has {bytes} bytes; New Relic documents a limit of 4 KB"),
            );
        }
    }

    pub(super) fn query(&mut self, query: &Query) {
        let known = self.sources(query);
        self.definitions(query);
        if let Select::Items(items) = &query.select {
            self.select(query, items);
        }
        for join in &query.joins {
            self.query(&join.query);
            self.expr(&join.outer, query);
            if let Some(fault) = join_fault(join) {
                self.fault("join", &fault, join.span);
            }
        }
        if let Some(filter) = &query.filter {
            self.expr(filter, query);
            self.row_level(filter, query, "WHERE");
            self.condition(filter, &known);
        }
        self.facet(query, &known);
        self.clauses(query);
        if !self.schema.is_empty() && !known.is_empty() {
            self.names(query, &known);
            self.funnels(query, &known);
        }
    }

    fn definitions(&mut self, query: &Query) {
        if query.clauses.second_with.end > 0 {
            let hint = Some("separate the definitions by commas".to_owned());
            let message = "a query can have only one WITH … AS";
            self.report(Severity::Error, "with", query.clauses.second_with, message, hint);
        }
        for definition in &query.definitions {
            self.expr(&definition.expr, query);
            if has_aggregate(&definition.expr, &query.definitions) {
                let message = "WITH … AS names a row's value and does not allow aggregates";
                self.error("with-aggregate", definition.expr.span, message);
            }
            for name in definition.names.iter().filter(|name| name.text.contains('%')) {
                self.error("with-name", name.span, "the name of a variable must not contain %");
            }
        }
    }

    /// The event types of FROM that the schema knows; empty when their attributes cannot be known.
    fn sources(&mut self, query: &Query) -> Vec<&'s super::EventSchema> {
        let mut known = Vec::new();
        let mut open = false;
        for item in &query.from {
            match item {
                FromItem::Query(inner) => {
                    self.query(inner);
                    self.nested_times(inner);
                    open = true;
                }
                FromItem::Lookup(_) => open = true,
                FromItem::EventType(name) => match self.schema.event_type(&name.text) {
                    Some(event) => known.push(event),
                    None if self.schema.is_empty() => {}
                    None => {
                        let near = crate::suggest::nearest(&name.text, self.schema.event_types());
                        let hint = near.map(|near| format!("did you mean {near}?"));
                        // A name near a known one is a slip; another may well be an event of somebody else's.
                        let severity = if hint.is_some() { Severity::Error } else { Severity::Warning };
                        let message = format!("the event type {} is not known, so this counts 0", name.text);
                        self.report(severity, "unknown-event-type", name.span, message, hint);
                        open = true;
                    }
                },
            }
        }
        if open || !query.joins.is_empty() { Vec::new() } else { known }
    }

    /// Clauses of time in a nested query: they belong to the outermost.
    fn nested_times(&mut self, inner: &Query) {
        if inner.compare_with.is_some() {
            let message = "COMPARE WITH belongs to the outermost query";
            self.error("nested-clause", inner.clauses.compare_with, message);
        }
        let times = [
            (inner.since.is_some(), inner.clauses.since, "SINCE"),
            (inner.until.is_some(), inner.clauses.until, "UNTIL"),
        ];
        for (there, span, clause) in times {
            if there {
                self.warn(
                    "nested-clause",
                    span,
                    format!("{clause} is documented for the outermost query only"),
                );
            }
        }
    }

    fn select(&mut self, query: &Query, items: &[crate::ast::SelectItem]) {
        let definitions = &query.definitions;
        let aggregates = items.iter().filter(|item| has_aggregate(&item.expr, definitions)).count();
        let mut keys: Vec<String> = Vec::new();
        for item in items {
            self.expr(&item.expr, query);
            if item.expr.kind == ExprKind::Star && aggregates > 0 {
                self.error(
                    "star-with-aggregate",
                    item.expr.span,
                    "SELECT * cannot be combined with aggregates",
                );
            }
            if aggregates > 0
                && query.facet.is_none()
                && matches!(item.expr.kind, ExprKind::Attribute(_))
                && !has_aggregate(&item.expr, definitions)
            {
                let defined = definitions
                    .iter()
                    .flat_map(|definition| &definition.names)
                    .any(|name| item.expr.kind == ExprKind::Attribute(name.text.clone()));
                if !defined {
                    let message = format!(
                        "{} is the value of one row, but the other results are aggregates of many rows",
                        item.expr
                    );
                    let hint = Some(format!("facet by it, or take latest({})", item.expr));
                    self.report(Severity::Error, "mixed-select", item.expr.span, message, hint);
                }
            }
            if item.alias.is_none()
                && let ExprKind::Call(call) = &item.expr.kind
            {
                let first = call.args.first().map(|arg| arg.value.expr().to_string()).unwrap_or_default();
                let key = format!("{}.{first}", call.name.text);
                if keys.contains(&key) {
                    let message =
                        format!("{} is selected twice, and both results have the same name", call.name.text);
                    self.report(
                        Severity::Warning,
                        "same-name",
                        item.expr.span,
                        message,
                        Some("name them with AS".to_owned()),
                    );
                }
                keys.push(key);
            }
        }
        if aggregates == 0 {
            self.on_events(query);
        }
        for key in &query.order_by {
            self.expr(&key.expr, query);
            if has_aggregate(&key.expr, &query.definitions) {
                let hint = Some("directly after FACET it chooses the facets".to_owned());
                let message = "ORDER BY sorts rows and takes no aggregate";
                self.report(Severity::Error, "order-by", key.expr.span, message, hint);
            } else if aggregates > 0 {
                let message = "ORDER BY sorts rows; with aggregates it has no effect";
                self.warn("order-by-aggregates", key.expr.span, message);
            }
        }
    }

    /// What needs an aggregate.
    fn on_events(&mut self, query: &Query) {
        let hint = || Some("select an aggregate, such as count(*)".to_owned());
        if let Some(facet) = &query.facet {
            let message = "FACET is not supported on events";
            self.report(Severity::Error, "facet-on-events", facet.span, message, hint());
        }
        if query.timeseries.is_some() {
            let message = "TIMESERIES is not supported on events";
            self.report(Severity::Error, "timeseries-on-events", query.clauses.timeseries, message, hint());
        }
    }

    fn facet(&mut self, query: &Query, known: &[&'s super::EventSchema]) {
        let Some(facet) = &query.facet else { return };
        if facet.keys.len() > 5 {
            let message = format!("FACET has {} keys; New Relic documents a limit of 5", facet.keys.len());
            self.warn("facet-keys", facet.span, message);
        }
        for key in &facet.keys {
            match &key.value {
                FacetValue::Expr(expr) => {
                    self.expr(expr, query);
                    self.row_level(expr, query, "FACET");
                    if matches!(expr.kind, ExprKind::Subquery(_)) {
                        self.error("subquery-in-facet", expr.span, "a subquery is not allowed in FACET");
                    }
                }
                FacetValue::Cases { cases, fallback, .. } => {
                    for case in cases {
                        self.expr(&case.condition, query);
                        self.condition(&case.condition, known);
                    }
                    fallback.iter().for_each(|expr| self.expr(expr, query));
                }
            }
        }
        for key in &facet.order_by {
            self.expr(&key.expr, query);
            if !has_aggregate(&key.expr, &query.definitions) {
                self.error("facet-order-by", key.expr.span, "FACET … ORDER BY takes an aggregate");
            }
            if key.direction.end > 0 {
                let message = "FACET … ORDER BY always takes the largest, without ASC or DESC";
                let severity = if key.descending { Severity::Warning } else { Severity::Error };
                self.report(severity, "facet-order-by", key.direction, message, None);
            }
        }
    }

    fn clauses(&mut self, query: &Query) {
        if let Some(fault) = limit_fault(query) {
            self.fault("limit", &fault, query.span);
        }
        if query.offset.is_some() && query.limit.is_none() {
            self.error("offset", query.clauses.offset, "OFFSET needs LIMIT");
        }
        if query.slide_by.is_some() {
            match query.timeseries {
                None => self.error("slide-by", query.clauses.slide_by, "SLIDE BY needs TIMESERIES before it"),
                Some(Interval::Auto | Interval::Max) => {
                    self.error(
                        "slide-by",
                        query.clauses.slide_by,
                        "SLIDE BY needs an explicit window: TIMESERIES with a number and a unit",
                    );
                }
                Some(_) => {}
            }
        }
        match &query.compare_with {
            Some(TimePoint::Ago(_)) if query.since.is_none() && query.until.is_none() => {
                self.warn(
                    "compare-with",
                    query.clauses.compare_with,
                    "COMPARE WITH is documented to need SINCE or UNTIL",
                );
            }
            Some(TimePoint::Ago(_)) | None => {}
            Some(_) => self.error(
                "compare-with",
                query.clauses.compare_with,
                "COMPARE WITH takes a number and a unit, as in 1 week AGO",
            ),
        }
        if query.predict.is_some() && (query.timeseries.is_none() || query.compare_with.is_some()) {
            self.error(
                "predict",
                query.clauses.predict,
                "PREDICT needs TIMESERIES and cannot be combined with COMPARE WITH",
            );
        }
        if let (Some(TimePoint::Ago(since)), Some(TimePoint::Ago(until))) = (&query.since, &query.until)
            && since.millis() <= until.millis()
        {
            self.error(
                "empty-range",
                query.clauses.since,
                "the time range is empty: SINCE is not before UNTIL",
            );
        }
        if let (Some(TimePoint::Ago(since)), Some(Interval::Every(step))) = (&query.since, query.timeseries)
            && query.until.is_none()
        {
            let buckets = since.millis() / step.millis().max(1);
            if buckets > 366 && query.slide_by.is_none() {
                self.error(
                    "buckets",
                    query.clauses.timeseries,
                    format!("TIMESERIES asks for {buckets} buckets; 366 are allowed"),
                );
            }
        }
    }
}
