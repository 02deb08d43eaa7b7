//! The attributes that a query reads.

use crate::ast::{Expr, ExprKind, FacetValue, Query, Select};
use crate::function::find;

/// Names of the attributes that a query itself reads, once each, in the order they are met; not those of its
/// subqueries, nor names that it defines.
pub(crate) fn attributes_of(query: &Query) -> Vec<String> {
    let mut names = Vec::new();
    each_attribute(query, &mut |name, _| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    });
    names
}

/// Calls `each` with every attribute of the query itself and the expression that names it.
pub(crate) fn each_attribute<'q>(query: &'q Query, each: &mut dyn FnMut(&'q str, &'q Expr)) {
    let defined: Vec<&str> = query
        .definitions
        .iter()
        .flat_map(|definition| &definition.names)
        .map(|name| name.text.as_str())
        .collect();
    let aliases = aliases(query);
    let mut roots: Vec<&'q Expr> = query.definitions.iter().map(|definition| &definition.expr).collect();
    if let Select::Items(items) = &query.select {
        roots.extend(items.iter().map(|item| &item.expr));
    }
    roots.extend(&query.filter);
    roots.extend(query.order_by.iter().map(|key| &key.expr));
    roots.extend(query.joins.iter().map(|join| &join.outer));
    if let Some(facet) = &query.facet {
        roots.extend(facet.order_by.iter().map(|key| &key.expr));
        for key in &facet.keys {
            match &key.value {
                FacetValue::Expr(expr) => roots.push(expr),
                FacetValue::Cases { cases, fallback, .. } => {
                    roots.extend(cases.iter().map(|case| &case.condition));
                    roots.extend(fallback);
                }
            }
        }
    }
    for root in roots {
        walk(root, &mut |name, expr| {
            if !defined.contains(&name) && !aliases.contains(&name) {
                each(name, expr);
            }
        });
    }
}

/// Labels of the facet's keys: SELECT may name them.
fn aliases(query: &Query) -> Vec<&str> {
    let keys = query.facet.iter().flat_map(|facet| &facet.keys);
    keys.filter_map(|key| key.alias.as_ref()).map(|alias| alias.text.as_str()).collect()
}

fn walk<'q>(expr: &'q Expr, each: &mut dyn FnMut(&'q str, &'q Expr)) {
    match &expr.kind {
        ExprKind::Attribute(name) => each(name, expr),
        ExprKind::Index { base, index } => {
            walk(base, each);
            if !matches!(index.kind, ExprKind::Attribute(_)) {
                walk(index, each);
            }
        }
        ExprKind::Call(call) => {
            // What follows may be a word or a field, and not an attribute.
            let words = find(&call.name.text).is_some_and(|function| function.uses.words);
            for (place, arg) in call.args.iter().enumerate() {
                let word = words && place > 0;
                if !word && !matches!(arg.value.expr().kind, ExprKind::Set(_)) {
                    walk(arg.value.expr(), each);
                }
            }
        }
        _ => expr.children().into_iter().for_each(|child| walk(child, each)),
    }
}
