//! A compiled query.

use crate::answer::Column;
use crate::function::Aggregate;
use crate::node::{Condition, Node, Settings};

/// What the scan works from.
#[derive(Debug)]
pub(super) struct Plan {
    /// Attributes that are read, by name.
    pub(super) slots: Vec<String>,
    pub(super) filter: Option<Condition>,
    pub(super) facets: Vec<FacetPlan>,
    pub(super) aggregates: Vec<PlannedAggregate>,
    pub(super) columns: Vec<Node>,
    pub(super) settings: Settings,
}

/// One aggregate of a query.
#[derive(Debug)]
pub(super) struct PlannedAggregate {
    pub(super) aggregate: Box<dyn Aggregate>,
    /// Rows that count, beside WHERE.
    pub(super) filter: Option<Condition>,
    /// Its text with its filters: what is written twice is worked out once.
    pub(super) key: String,
}

/// One key of FACET.
#[derive(Debug)]
pub(super) enum FacetPlan {
    Value(Node),
    Cases(Vec<(Condition, String)>, Option<Node>),
}

/// How facets are chosen and ordered.
#[derive(Debug)]
pub(super) struct FacetOrder {
    /// The aggregate that counts a facet's rows.
    pub(super) rows: usize,
    /// Whether the first column's value ranks the facets; else their number of rows does.
    pub(super) by_value: bool,
    /// `FACET … ORDER BY`: what chooses the facets that are kept.
    pub(super) chosen_by: Option<Node>,
    /// An aggregate that is 0 for a facet that must not appear.
    pub(super) admission: Option<usize>,
}

/// A compiled query that aggregates.
#[derive(Debug)]
pub(super) struct AggregatePlan {
    pub(super) plan: Plan,
    pub(super) columns: Vec<Column>,
    pub(super) facet_names: Vec<String>,
    pub(super) order: FacetOrder,
}

/// A compiled query for rows.
#[derive(Debug)]
pub(super) struct RowPlan {
    pub(super) plan: Plan,
    pub(super) columns: Vec<Column>,
    /// Whether every attribute is asked for, and whether before the columns.
    pub(super) star: Option<bool>,
    pub(super) order_by: Vec<(Node, bool)>,
}
