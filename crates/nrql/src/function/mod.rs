//! The functions: one table from which the parser's spelling, the checker's arity, the evaluator's dispatch and
//! the page in the docs are all made.

mod aggregate;
mod markdown;
mod row;

pub use markdown::functions_markdown;

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
    pub(crate) id: Id,
}

impl Function {
    const fn new(
        id: Id,
        kind: FunctionKind,
        name: &'static str,
        arity: (usize, usize),
        signature: &'static str,
        about: &'static str,
    ) -> Self {
        let standing = Standing::Documented;
        Self { name, aliases: &[], kind, arity, labels: &[], signature, about, standing, id }
    }

    const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    const fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }
}

/// Every function, aggregates first.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    aggregate::AGGREGATES.iter().chain(row::ROWS)
}

/// The function of that name, in any case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| {
        function.name.eq_ignore_ascii_case(name)
            || function.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

/// The function that a misspelt name was probably meant to be.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    crate::suggest::nearest(name, functions().map(|function| function.name))
}

/// What the evaluator dispatches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::enum_variant_names, reason = "the variants are named as the functions are")]
pub(crate) enum Id {
    AggregationEndTime,
    Apdex,
    Average,
    BucketPercentile,
    ByteCountEstimate,
    Cardinality,
    CdfPercentage,
    Count,
    DataPointCount,
    Derivative,
    Dimensions,
    Earliest,
    Filter,
    Funnel,
    Histogram,
    IDelta,
    IRate,
    Keyset,
    Latest,
    LatestRate,
    Max,
    Min,
    Percentage,
    Percentile,
    PredictLinear,
    Rate,
    StdDev,
    StdVar,
    Sum,
    UniqueCount,
    Uniques,
    Median,
    // Rows.
    Abs,
    AccountId,
    Aparse,
    Blob,
    Boolean,
    Buckets,
    Capture,
    Ceil,
    CidrAddress,
    ClampMax,
    ClampMin,
    Concat,
    Contains,
    Convert,
    DateOf,
    DayOfMonthOf,
    DaysInMonthOf,
    Decode,
    Encode,
    EventType,
    Exp,
    Floor,
    GetCdfCount,
    GetField,
    HourOf,
    If,
    Jparse,
    Length,
    Ln,
    Log,
    Log10,
    Log2,
    Lower,
    MapKeys,
    MapValues,
    MinuteOf,
    Mod,
    MonthOf,
    Numeric,
    Position,
    Pow,
    QuarterOf,
    Round,
    Sqrt,
    String,
    Substring,
    ToDatetime,
    ToTimestamp,
    Tuple,
    Upper,
    WeekOf,
    WeekdayOf,
    YearOf,
}
