//! Choosing between values, and keys of several parts.

use crate::ast::ArgValue;
use crate::function::build::{Args, Build, Built};
use crate::function::entry::{Function, Naming};
use crate::node::Node;
use crate::value::Value;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::row(
        "if",
        (2, 3),
        "if(condition, a[, b])",
        "a where the condition holds, else b, or NULL without b.",
        choice,
    )
    .also(&["ifThen"]),
    Function::row(
        "tuple",
        (1, 32),
        "tuple(a, b, …)",
        "A key of several parts, for FACET and uniques.",
        tuple,
    )
    .naming(Naming::Parts),
];

fn choice<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    let condition = match args.plain.first().map(|arg| &arg.value) {
        Some(ArgValue::Expr(condition) | ArgValue::Where(condition)) => condition,
        None => args.needed(0)?,
    };
    let condition = build.condition(condition)?;
    let yes = build.value(args.needed(1)?)?;
    let no = args.expr(2).map_or(Ok(Node::Const(Value::Null)), |no| build.value(no))?;
    Ok(Node::If(Box::new(condition), Box::new(yes), Box::new(no)))
}

fn tuple<'q>(build: &mut (dyn Build<'q> + '_), args: &Args<'q>) -> Built<Node> {
    build.values(args).map(Node::Tuple)
}
