//! The description of a function: name, arguments, documentation and compilation.

use super::build::{Args, Build, Built};
use super::measure::Aggregate;
use crate::node::{Arguments, Callable, Node};
use crate::value::Datum;

/// What a function works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Many rows to one value.
    Aggregate,
    /// One row to one value.
    Row,
}

/// How well a function is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// New Relic documents it.
    Documented,
    /// It occurs in queries in use, but no document names it.
    Undocumented,
    /// It is meant for metrics; over events its result is what the table says.
    Metrics,
    /// Known by name, not evaluated.
    Refused,
}

/// One function of NRQL.
#[derive(Debug)]
#[non_exhaustive]
pub struct Function {
    /// Its name as New Relic spells it; any case is understood.
    pub name: &'static str,
    /// Other names for the same.
    pub aliases: &'static [&'static str],
    /// What it works on.
    pub kind: FunctionKind,
    /// The fewest and the most positional arguments.
    pub arity: (usize, usize),
    /// Names that arguments may carry.
    pub labels: &'static [&'static str],
    /// How it is written.
    pub signature: &'static str,
    /// What it gives, and where our result differs from New Relic's.
    pub about: &'static str,
    /// How well it is founded.
    pub standing: Standing,
    pub(crate) body: Body,
    /// Constants that the raw response tells, in the order of the arguments: label, name there, default.
    pub(crate) parameters: &'static [(&'static str, &'static str, f64)],
    pub(crate) naming: Naming,
    pub(crate) uses: Uses,
}

/// How a call is made ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    /// From the values of its arguments alone. Each is to be asked for once: it may be a call itself.
    Plain(Plain),
    /// To a value of a row.
    Row(ToNode),
    /// To what is kept for each group.
    Aggregate(ToAggregate),
    /// To a value over the results of aggregates.
    Results(ToNode),
    /// Not at all: it is known by name only.
    Unknown,
}

/// The value of a function that has nothing to make ready.
pub(crate) type Plain = for<'a, 'e, 'g> fn(&'g Arguments<'a, 'e>) -> Datum<'a>;
/// Makes a call ready as a value.
pub(crate) type ToNode = for<'q, 'b, 'c> fn(&'b mut (dyn Build<'q> + 'c), &'b Args<'q>) -> Built<Node>;
/// Makes a call ready as an aggregate.
pub(crate) type ToAggregate =
    for<'q, 'b, 'c> fn(&'b mut (dyn Build<'q> + 'c), &'b Args<'q>) -> Built<Box<dyn Aggregate>>;

/// What the column of a call is named after, and what it tells beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Its first argument.
    First,
    /// All of its arguments.
    Every,
    /// Its first argument, if that is an attribute; what it wraps is not named.
    Wrapped,
    /// Its first argument; the others are the thresholds.
    Thresholds,
    /// Its first argument; the others are the steps of a funnel.
    Steps,
    /// It stands for its arguments, one by one.
    Parts,
}

/// How a function may be used, beyond its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uses {
    /// Whether facets are ranked by its value, and not by their number of rows.
    pub(crate) ranks: bool,
    /// Whether an alert condition takes it.
    pub(crate) alerts: bool,
    /// Whether the arguments after the first are words or fields, and no attributes.
    pub(crate) words: bool,
    /// Whether the second argument is a condition.
    pub(crate) conditioned: bool,
    /// How often a query may call it.
    pub(crate) most_calls: usize,
}

impl Function {
    const fn new(
        kind: FunctionKind,
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
        body: Body,
    ) -> Self {
        let uses =
            Uses { ranks: false, alerts: true, words: false, conditioned: false, most_calls: usize::MAX };
        Self {
            name,
            aliases: &[],
            kind,
            arity,
            labels: &[],
            signature,
            about,
            standing: Standing::Documented,
            body,
            parameters: &[],
            naming: Naming::First,
            uses,
        }
    }

    pub(super) const fn plain(
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
        value: Plain,
    ) -> Self {
        Self::new(FunctionKind::Row, name, arity, signature, about, Body::Plain(value))
    }

    pub(super) const fn row(
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
        prepare: ToNode,
    ) -> Self {
        Self::new(FunctionKind::Row, name, arity, signature, about, Body::Row(prepare))
    }

    pub(super) const fn unknown(name: &'static str, signature: &'static str, about: &'static str) -> Self {
        let mut function = Self::new(FunctionKind::Row, name, (0, 32), signature, about, Body::Unknown);
        function.standing = Standing::Refused;
        function
    }

    pub(super) const fn aggregate(
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
        prepare: ToAggregate,
    ) -> Self {
        Self::new(FunctionKind::Aggregate, name, arity, signature, about, Body::Aggregate(prepare))
    }

    pub(super) const fn over_results(
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
        prepare: ToNode,
    ) -> Self {
        let mut function =
            Self::new(FunctionKind::Aggregate, name, arity, signature, about, Body::Results(prepare));
        function.naming = Naming::Wrapped;
        function
    }

    pub(super) const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(super) const fn labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    pub(super) const fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    pub(super) const fn parameters(
        mut self,
        parameters: &'static [(&'static str, &'static str, f64)],
    ) -> Self {
        self.parameters = parameters;
        self
    }

    pub(super) const fn naming(mut self, naming: Naming) -> Self {
        self.naming = naming;
        self
    }

    pub(super) const fn ranks(mut self) -> Self {
        self.uses.ranks = true;
        self
    }

    pub(super) const fn no_alerts(mut self) -> Self {
        self.uses.alerts = false;
        self
    }

    pub(super) const fn words(mut self) -> Self {
        self.uses.words = true;
        self
    }

    pub(super) const fn conditioned(mut self) -> Self {
        self.uses.conditioned = true;
        self
    }

    pub(super) const fn most_calls(mut self, most: usize) -> Self {
        self.uses.most_calls = most;
        self
    }

    /// Whether it works on rows, and is not a wrapper of what does.
    pub(crate) fn takes_rows(&self) -> bool {
        matches!(self.body, Body::Aggregate(_))
    }

    /// Whether its first argument is an aggregate.
    pub(crate) fn wraps(&self) -> bool {
        matches!(self.body, Body::Results(_)) && self.arity.1 > 0
    }
}

/// A function that has nothing to make ready, as a value.
#[derive(Debug)]
pub(crate) struct PlainCall(pub(crate) Plain);

impl Callable for PlainCall {
    fn call<'a>(&'a self, args: &Arguments<'a, '_>) -> Datum<'a> {
        (self.0)(args)
    }
}
