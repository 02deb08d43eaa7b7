//! Queries in use, from the file that `NRQL_CORPUS` names: a JSON array of strings.

#![allow(clippy::print_stdout, clippy::panic, reason = "tests report and fail")]

#[test]
fn queries_in_use_parse_and_survive_printing() {
    let Some(queries) = queries() else { return };
    let mut refused = Vec::new();
    for text in &queries {
        let query = match nrql::parse(text) {
            Ok(query) => query,
            Err(error) => {
                refused.push(format!("{}\n    {text}", error.summary()));
                continue;
            }
        };
        let printed = query.to_string();
        let again =
            nrql::parse(&printed).unwrap_or_else(|error| panic!("{text}\nprinted as {printed}\n{error}"));
        assert_eq!(query, again, "{text}\nprinted as {printed}");
        assert_eq!(printed, again.to_string(), "{text}");
    }
    for line in &refused {
        println!("refused: {line}");
    }
    let parsed = queries.len() - refused.len();
    println!("{parsed} of {} queries parse and round-trip", queries.len());
    assert!(parsed * 1_000 >= queries.len() * 995, "fewer than 99.5 % parse");
}

fn queries() -> Option<Vec<String>> {
    let Ok(path) = std::env::var("NRQL_CORPUS") else {
        println!("NRQL_CORPUS is unset: set it to a JSON array of queries to run this test over them");
        return None;
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let queries: Vec<String> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(!queries.is_empty(), "{path} holds no query");
    Some(queries)
}

#[test]
fn queries_in_use_are_answered_over_made_up_events() {
    let Some(queries) = queries() else { return };
    let mut unsupported = Vec::new();
    let mut invalid = Vec::new();
    let mut answered = 0;
    for text in &queries {
        let Ok(query) = nrql::parse(text) else { continue };
        let store = made_up::events_for(&query, NOW);
        match nrql::evaluate(&query, &store, NOW) {
            Ok(answer) => {
                answered += 1;
                let json = answer.to_nerdgraph();
                assert!(json["results"].is_array(), "{text}");
                assert!(!answer.to_table().is_empty(), "{text}");
                assert!(answer.to_csv().ends_with("\r\n"), "{text}");
            }
            Err(error @ nrql::EvalError::Unsupported { .. }) => {
                unsupported.push(format!("{error}\n    {text}"));
            }
            Err(error @ (nrql::EvalError::Invalid { .. } | nrql::EvalError::TimeRange(_))) => {
                invalid.push(format!("{error}\n    {text}"));
            }
            Err(error) => panic!("{text}: {error}"),
        }
    }
    for line in unsupported.iter().chain(&invalid) {
        println!("not answered: {line}");
    }
    let (unsupported, invalid) = (unsupported.len(), invalid.len());
    println!("{answered} of {} answered, {unsupported} unsupported, {invalid} refused", queries.len());
    assert!(unsupported * 10 <= queries.len(), "more than 10 % unsupported");
    assert!(answered * 10 >= queries.len() * 9, "fewer than 90 % answered");
}

const NOW: i64 = 1_782_000_000_000;

mod made_up {
    //! Events made so that a query finds something: every attribute it names, with the values it compares with.

    use std::collections::BTreeMap;

    use nrql::ast::{BinaryOp, Expr, ExprKind, FacetValue, FromItem, InList, Literal, Select};
    use nrql::{Datum, Query, Store};

    #[derive(Default)]
    struct Wanted {
        types: Vec<String>,
        attributes: BTreeMap<String, Vec<Literal>>,
    }

    pub(crate) fn events_for(query: &Query, now: i64) -> Store {
        let mut wanted = Wanted::default();
        wanted.query(query);
        let mut store = Store::default();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 11) as usize % below.max(1)
        };
        for event_type in &wanted.types {
            for _ in 0..40 {
                let mut row: Vec<(&str, Datum<'_>)> = Vec::new();
                for (name, values) in &wanted.attributes {
                    match random(values.len() + 2) {
                        0 if values.is_empty() => row.push((name, Datum::Float(random(1_000) as f64 / 8.0))),
                        0 => {}
                        1 => row.push((name, Datum::Int(random(100) as i64))),
                        place => row.push((name, datum(&values[place - 2]))),
                    }
                }
                store.append(event_type, now - 1 - random(3_000_000) as i64, row);
            }
        }
        store
    }

    fn datum(literal: &Literal) -> Datum<'_> {
        match literal {
            Literal::Text(text) => Datum::from(text.as_str()),
            Literal::Int(number) => Datum::Int(*number),
            Literal::Float(number) => Datum::Float(*number),
            Literal::Bool(value) => Datum::Bool(*value),
            Literal::Null => Datum::Null,
        }
    }

    impl Wanted {
        fn query(&mut self, query: &Query) {
            for item in &query.from {
                match item {
                    FromItem::EventType(name) => self.types.push(name.text.clone()),
                    FromItem::Query(inner) => self.query(inner),
                    FromItem::Lookup(_) => {}
                }
            }
            query.joins.iter().for_each(|join| self.query(&join.query));
            query.definitions.iter().for_each(|definition| self.expr(&definition.expr));
            if let Select::Items(items) = &query.select {
                items.iter().for_each(|item| self.expr(&item.expr));
            }
            query.filter.iter().for_each(|filter| self.expr(filter));
            for key in query.facet.iter().flat_map(|facet| &facet.keys) {
                match &key.value {
                    FacetValue::Expr(expr) => self.expr(expr),
                    FacetValue::Cases { cases, .. } => {
                        cases.iter().for_each(|case| self.expr(&case.condition));
                    }
                }
            }
        }

        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                ExprKind::Attribute(name) => {
                    self.attributes.entry(name.clone()).or_default();
                }
                ExprKind::Binary { op: BinaryOp::Equal, left, right } => {
                    self.values(left, std::slice::from_ref(right));
                }
                ExprKind::In { operand, list: InList::Values(values), .. } => self.values(operand, values),
                ExprKind::In { operand, list: InList::Subquery(query), .. } => {
                    self.expr(operand);
                    self.query(query);
                }
                ExprKind::Subquery(query) => self.query(query),
                _ => {}
            }
            expr.children().into_iter().for_each(|child| self.expr(child));
        }

        fn values<E: std::borrow::Borrow<Expr>>(&mut self, attribute: &Expr, values: &[E]) {
            let ExprKind::Attribute(name) = &attribute.kind else { return };
            let known = self.attributes.entry(name.clone()).or_default();
            known.extend(values.iter().filter_map(|value| match &value.borrow().kind {
                ExprKind::Literal(literal) => Some(literal.clone()),
                _ => None,
            }));
        }
    }
}
