//! Functions over many rows.

use super::{Function, FunctionKind, Id, Standing};

pub(super) const AGGREGATES: &[Function] = &[
    entry(Id::Count, "count", (0, 1), "count(*) | count(attr)", "Rows, or rows where the attribute is not NULL."),
    entry(Id::Sum, "sum", (1, 1), "sum(value)", "Sum of the numbers; 0 when there is none."),
    entry(Id::Average, "average", (1, 1), "average(value)", "Mean of the numbers; NULL when there is none.").also(&["avg"]),
    entry(Id::Min, "min", (1, 1), "min(value)", "Least number; NULL when there is none."),
    entry(Id::Max, "max", (1, 1), "max(value)", "Greatest number; NULL when there is none."),
    entry(Id::Median, "median", (1, 1), "median(value)", "`percentile(value, 50)`. Exact."),
    entry(Id::Percentile, "percentile", (1, 32), "percentile(value[, p, …])", "Value at each percentile, 95 by default, interpolated between neighbours. Exact, where New Relic estimates within 1.6 to 6.3 %.").also(&["percentiles"]),
    entry(Id::StdDev, "stddev", (1, 1), "stddev(value)", "Standard deviation of the population; 0 when there is no number."),
    entry(Id::StdVar, "stdvar", (1, 1), "stdvar(value)", "Variance of the population; 0 when there is no number."),
    entry(Id::UniqueCount, "uniqueCount", (1, 32), "uniqueCount(attr[, attr, …][, precision: n])", "Distinct values, or distinct tuples. Exact, where New Relic estimates above 256.").labels(&["precision"]),
    entry(Id::Uniques, "uniques", (1, 2), "uniques(attr[, n])", "Up to n (1,000; at most 10,000) distinct values in the order they are met, oldest row first."),
    entry(Id::Latest, "latest", (1, 1), "latest(value)", "Value of the newest row where it is not NULL."),
    entry(Id::Earliest, "earliest", (1, 1), "earliest(value)", "Value of the oldest row where it is not NULL."),
    entry(Id::Percentage, "percentage", (2, 2), "percentage(aggregate, WHERE condition)", "100 × the aggregate over the rows that match ÷ the aggregate over all."),
    entry(Id::Filter, "filter", (2, 2), "filter(aggregate, WHERE condition)", "The aggregate over the rows that match."),
    entry(Id::Filter, "conditional", (2, 2), "conditional(aggregate, WHERE condition)", "Taken as `filter`.").standing(Standing::Undocumented),
    entry(Id::Rate, "rate", (1, 2), "rate(aggregate[, n unit])", "The aggregate per n units (1 second by default) of the bucket or of the whole range."),
    entry(Id::Derivative, "derivative", (1, 2), "derivative(value[, n unit])", "Slope of the least-squares line, per n units (1 second by default); NULL for fewer than two points.").also(&["deriv"]),
    entry(Id::PredictLinear, "predictLinear", (2, 2), "predictLinear(value, n unit)", "The least-squares line, n units past the end of the range."),
    entry(Id::LatestRate, "latestrate", (1, 2), "latestrate(value, n unit)", "Change between the last two points, per n units."),
    entry(Id::Histogram, "histogram", (1, 4), "histogram(value[, width: 10][, buckets: 40][, start: 0])", "Rows per interval; values below and above go to the first and the last. The positional arguments are width, buckets, start.").labels(&["width", "buckets", "start"]),
    entry(Id::CdfPercentage, "cdfPercentage", (2, 11), "cdfPercentage(value, t1[, …])", "Share of the numbers that are at most t, for each of up to ten thresholds."),
    entry(Id::Apdex, "apdex", (1, 2), "apdex(value, t: 0.5)", "(rows ≤ t + half of the rows ≤ 4t) ÷ rows.").labels(&["t"]),
    entry(Id::Funnel, "funnel", (3, 11), "funnel(attr [AS 'l'], WHERE c1 [AS 'l1'], WHERE c2 [AS 'l2'], …)", "For each of 2 to 10 steps, the distinct values of the attribute that met this condition and all before it in some row; time order has no effect. Exact, where New Relic estimates from 256 up."),
    entry(Id::Keyset, "keyset", (0, 0), "keyset()", "Attribute names that hold a value, by type."),
    entry(Id::ByteCountEstimate, "bytecountestimate", (0, 0), "bytecountestimate()", "Bytes of the names and values of the rows: 8 a number, 1 a boolean, the length of a text. New Relic's formula is not published."),
    entry(Id::AggregationEndTime, "aggregationendtime", (0, 0), "aggregationendtime()", "End of the bucket, or of the range, in milliseconds."),
    entry(Id::BucketPercentile, "bucketPercentile", (1, 32), "bucketPercentile(attr_bucket[, p, …])", "Percentiles of cumulative buckets told apart by the attribute `le`; without `le`, those of the values.").standing(Standing::Metrics),
    entry(Id::Percentile, "histogramPercentile", (1, 32), "histogramPercentile(value[, p, …])", "Over events, `percentile`.").standing(Standing::Metrics),
    entry(Id::Cardinality, "cardinality", (0, 1), "cardinality([attr][, include: {…}][, exclude: {…}])", "Distinct combinations of the text and boolean attributes of the rows, where the attribute is not NULL.").labels(&["include", "exclude"]).standing(Standing::Metrics),
    entry(Id::Dimensions, "dimensions", (0, 0), "dimensions()", "Names of the text and boolean attributes that hold a value.").labels(&["include", "exclude"]).standing(Standing::Metrics),
    entry(Id::DataPointCount, "datapointcount", (0, 1), "datapointcount()", "Over events, the number of rows.").standing(Standing::Metrics),
    entry(Id::IRate, "irate", (1, 2), "irate(value[, n unit])", "Change between the last two points, per n units (1 second by default).").standing(Standing::Metrics),
    entry(Id::IDelta, "idelta", (1, 1), "idelta(value)", "Change between the last two points.").standing(Standing::Metrics),
];

const fn entry(
    id: Id,
    name: &'static str,
    arity: (usize, usize),
    signature: &'static str,
    about: &'static str,
) -> Function {
    Function::new(id, FunctionKind::Aggregate, name, arity, signature, about)
}
