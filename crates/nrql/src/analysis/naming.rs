//! What columns and facets are called.

use hashbrown::HashSet;

use super::constant::constant;
use crate::answer::Column;
use crate::ast::{Call, Expr, ExprKind, Facet, FacetValue, SelectItem};
use crate::function::{FunctionKind, Naming, find};

/// Keys and headings of SELECT's items. A key that occurs twice gets `.1`, `.2`, … from the second on.
pub(crate) fn columns(items: &[SelectItem]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut taken: HashSet<String> = HashSet::new();
    for item in items {
        let text = item.expr.to_string();
        let alias = item.alias.as_ref().map(|alias| alias.text.clone());
        let (function, attribute) = function_of(&item.expr);
        let base = alias.clone().unwrap_or_else(|| key(&item.expr));
        let mut key = base.clone();
        let mut copies = 0;
        while !taken.insert(key.clone()) {
            copies += 1;
            key = format!("{base}.{copies}");
        }
        let heading = alias.clone().unwrap_or(text);
        let (thresholds, steps) = details(&item.expr);
        let parameters = parameters(&item.expr);
        columns.push(Column {
            key,
            heading,
            alias,
            function,
            attribute,
            thresholds,
            steps,
            parameters,
            collided: copies > 0,
        });
    }
    columns
}

fn key(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Attribute(name) => name.clone(),
        ExprKind::Call(call) => {
            let names = argument_names(call);
            if names.is_empty() {
                call.name.text.clone()
            } else {
                format!("{}.{}", call.name.text, names.join("."))
            }
        }
        ExprKind::Binary { .. } | ExprKind::Unary { .. } => "result".to_owned(),
        _ => expr.to_string(),
    }
}

/// The attributes that belong to a function's key: those of `uniqueCount`, the first of any other; an aggregate
/// of a calculation has the calculation's text.
fn argument_names(call: &Call) -> Vec<String> {
    let Some(function) = find(&call.name.text) else { return Vec::new() };
    let several = function.naming == Naming::Every;
    let named = call.args.iter().filter(|arg| arg.label.is_none()).take(if several { 32 } else { 1 });
    let name = |expr: &Expr| match &expr.kind {
        ExprKind::Attribute(name) => Some(name.clone()),
        ExprKind::Star | ExprKind::Literal(_) | ExprKind::Period(_) => None,
        ExprKind::Call(inner) => {
            let found = find(&inner.name.text);
            (function.kind == FunctionKind::Aggregate
                && found.is_some_and(|found| found.kind == FunctionKind::Row))
            .then(|| expr.to_string())
        }
        _ if function.kind == FunctionKind::Aggregate && function.naming != Naming::Wrapped => {
            Some(expr.to_string())
        }
        _ => None,
    };
    named.filter_map(|arg| name(arg.value.expr())).collect()
}

fn function_of(expr: &Expr) -> (Option<String>, Option<String>) {
    match &expr.kind {
        ExprKind::Call(call) => {
            let attribute = call.args.first().and_then(|arg| match &arg.value.expr().kind {
                ExprKind::Attribute(name) => Some(name.clone()),
                _ => None,
            });
            (Some(call.name.text.clone()), attribute)
        }
        _ => (None, None),
    }
}

fn details(expr: &Expr) -> (Vec<f64>, Vec<String>) {
    let ExprKind::Call(call) = &expr.kind else { return (Vec::new(), Vec::new()) };
    let rest = call.args.iter().skip(1);
    match find(&call.name.text).map(|function| function.naming) {
        Some(Naming::Thresholds) => {
            let number = |expr: &Expr| match &expr.kind {
                ExprKind::Literal(crate::ast::Literal::Int(number)) => Some(*number as f64),
                ExprKind::Literal(crate::ast::Literal::Float(number)) => Some(*number),
                _ => None,
            };
            let points: Vec<f64> = rest.filter_map(|arg| number(arg.value.expr())).collect();
            (if points.is_empty() { vec![95.0] } else { points }, Vec::new())
        }
        Some(Naming::Steps) => {
            let label = |arg: &crate::ast::Arg| {
                arg.alias.as_ref().map_or_else(|| arg.value.expr().to_string(), |alias| alias.text.clone())
            };
            (Vec::new(), rest.map(label).collect())
        }
        Some(Naming::First | Naming::Every | Naming::Wrapped | Naming::Parts) | None => {
            (Vec::new(), Vec::new())
        }
    }
}

/// What the function was given by label, or has by default.
fn parameters(expr: &Expr) -> Vec<(String, f64)> {
    let ExprKind::Call(call) = &expr.kind else { return Vec::new() };
    let Some(function) = find(&call.name.text) else { return Vec::new() };
    let number = |expr: &Expr| constant(expr, &[]).and_then(|value| value.number());
    let given = |label: &str, place: usize| {
        let labelled = call.args.iter().find(|arg| arg.label.as_ref().is_some_and(|name| name.text == label));
        let plain = || call.args.iter().filter(|arg| arg.label.is_none()).nth(place);
        labelled.or_else(plain).and_then(|arg| number(arg.value.expr()))
    };
    let told = function.parameters.iter().enumerate();
    told.map(|(place, (label, name, default))| {
        ((*name).to_owned(), given(label, place + 1).unwrap_or(*default))
    })
    .collect()
}

/// The names under which an outer query finds what a query gives, and those among them that `*` does not show.
pub(crate) fn projected(
    facets: &[String],
    columns: &[Column],
    aggregates: bool,
) -> (Vec<String>, Vec<String>) {
    let label = |column: &Column| if aggregates { inner_name(column) } else { column.key.clone() };
    let names = facets.iter().cloned().chain(columns.iter().map(label)).collect();
    // A calculation without a label is found by its own text too.
    let texts = columns.iter().filter(|column| column.alias.is_none() && column.heading != column.key);
    (names, texts.map(|column| column.heading.clone()).collect())
}

/// Names of the facet's keys.
pub(crate) fn facet_names(facet: &Facet) -> Vec<String> {
    let mut names = Vec::new();
    for key in &facet.keys {
        let alias = key.alias.as_ref().map(|alias| alias.text.clone());
        match &key.value {
            FacetValue::Expr(expr) => {
                names.extend(key_texts(expr, alias).into_iter().map(|(text, name)| name.unwrap_or(text)));
            }
            FacetValue::Cases { .. } => names.push(alias.unwrap_or_else(|| key.value.to_string())),
        }
    }
    names
}

/// Text and name of a key; several for a tuple.
pub(crate) fn key_texts(expr: &Expr, name: Option<String>) -> Vec<(String, Option<String>)> {
    let text = |expr: &Expr| match &expr.kind {
        ExprKind::Attribute(name) => name.clone(),
        _ => expr.to_string(),
    };
    if let ExprKind::Call(call) = &expr.kind
        && find(&call.name.text).is_some_and(|found| found.naming == Naming::Parts)
    {
        let part = |arg: &crate::ast::Arg| {
            (text(arg.value.expr()), arg.alias.as_ref().map(|alias| alias.text.clone()))
        };
        return call.args.iter().map(part).collect();
    }
    vec![(text(expr), name)]
}

/// The name under which an outer query finds a column: its label, else the function's name.
pub(crate) fn inner_name(column: &Column) -> String {
    match (&column.alias, &column.function) {
        (Some(alias), _) => alias.clone(),
        (None, Some(function)) if !column.collided => function.clone(),
        _ => column.key.clone(),
    }
}
