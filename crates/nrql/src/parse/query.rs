//! The frame of a query: which clause begins here.

use super::chain::{balanced, flatten, levels};
use super::{Parsed, Parser};
use crate::ast::{BinaryOp, ClauseSpans, Expr, Interval, Query, Select};
use crate::error::ParseError;
use crate::lex::Kind;
use crate::span::Span;

/// Words that begin a clause, for guesses.
const CLAUSES: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "FACET",
    "LIMIT",
    "OFFSET",
    "ORDER BY",
    "SINCE",
    "UNTIL",
    "TIMESERIES",
    "SLIDE BY",
    "COMPARE WITH",
    "WITH",
    "JOIN",
    "EXTRAPOLATE",
    "PREDICT",
    "AS",
    "AND",
    "OR",
    "SHOW",
];

/// Words of SQL that NRQL lacks, and what takes their place.
const FROM_SQL: &[(&str, &str)] = &[
    ("group", "NRQL groups with FACET"),
    ("having", "NRQL has no HAVING: filter the result of a nested query, FROM (SELECT … FACET …) … WHERE …"),
    ("union", "NRQL has no UNION: list several event types after FROM"),
    ("distinct", "NRQL has no DISTINCT: use uniques() or uniqueCount()"),
    ("between", "NRQL has no BETWEEN: write x >= a AND x <= b"),
    ("contains", "NRQL searches text with LIKE '%text%'"),
    ("case", "NRQL has no CASE: use if(condition, a, b), or FACET CASES(…)"),
    ("asc", "only ORDER BY takes ASC and DESC"),
    ("desc", "only ORDER BY takes ASC and DESC"),
    ("delete", "DELETE belongs to pipeline rules; a query only reads"),
    ("ago", "AGO follows a number and a unit, as in SINCE 1 hour AGO"),
];

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Parsed<Query> {
        let start = self.span();
        let mut draft = Draft::default();
        while *self.kind() != Kind::End && !self.is_symbol(")") && !self.is_symbol(";") {
            let start = self.span();
            let word = self.kind().clone();
            if !self.clause(&mut draft)? {
                return Err(self.unexpected_clause());
            }
            if let Kind::Word(word) = word {
                let clauses = &mut draft.query.clauses;
                let place = match word.to_ascii_lowercase().as_str() {
                    "limit" => &mut clauses.limit,
                    "offset" => &mut clauses.offset,
                    "order" => &mut clauses.order_by,
                    "since" => &mut clauses.since,
                    "until" => &mut clauses.until,
                    "compare" => &mut clauses.compare_with,
                    "timeseries" => &mut clauses.timeseries,
                    "slide" => &mut clauses.slide_by,
                    "predict" => &mut clauses.predict,
                    _ => continue,
                };
                *place = self.since(start);
            }
        }
        if self.is_symbol(")") && self.depth == 0 {
            return Err(self.unexpected_clause());
        }
        let mut query = draft.query;
        if !draft.filters.is_empty() {
            self.tallest = self.tallest.max(draft.height + levels(draft.filters.len()));
            query.filter = Some(balanced(BinaryOp::And, draft.filters));
        }
        query.select = match draft.select {
            Some(select) => select,
            None => return Err(self.error("SELECT: a query needs SELECT and FROM")),
        };
        let bare = matches!(query.select, Select::EventTypes) || !query.definitions.is_empty();
        if query.from.is_empty() && !bare {
            return Err(self.error("FROM: a query needs SELECT and FROM"));
        }
        query.span = self.since(start);
        Ok(query)
    }

    /// Reads one clause; false when none begins here.
    fn clause(&mut self, draft: &mut Draft) -> Parsed<bool> {
        let Kind::Word(word) = self.kind().clone() else { return Ok(false) };
        let query = &mut draft.query;
        match word.to_ascii_lowercase().as_str() {
            "select" => {
                self.once(draft.select.is_some(), "SELECT")?;
                draft.select = Some(self.select()?);
            }
            "show" => {
                self.once(draft.select.is_some(), "SELECT or SHOW")?;
                self.advance();
                self.expect_word("event")?;
                self.expect_word("types")?;
                draft.select = Some(Select::EventTypes);
            }
            "from" => {
                self.once(!query.from.is_empty(), "FROM")?;
                if let Some(place) = draft.early_filter {
                    return Err(self.error_with(place, "FROM", "WHERE comes after FROM"));
                }
                query.from = self.from()?;
            }
            "join" | "inner" | "left" => {
                if query.from.is_empty() {
                    return Err(self.error("FROM before JOIN"));
                }
                query.joins.push(self.join()?);
            }
            "where" => self.filter(draft)?,
            "facet" => {
                self.once(query.facet.is_some(), "FACET")?;
                query.facet = Some(self.facet()?);
            }
            "limit" => {
                self.once(query.limit.is_some(), "LIMIT")?;
                query.limit = Some(self.limit()?);
            }
            "offset" => {
                self.once(query.offset.is_some(), "OFFSET")?;
                self.advance();
                query.offset = Some(self.whole_number("a whole number after OFFSET")?);
            }
            "order" => {
                self.once(!query.order_by.is_empty(), "ORDER BY")?;
                query.order_by = self.order_by()?;
            }
            "with" => self.with(query)?,
            "predict" => query.predict = Some(self.predict()?),
            "extrapolate" => {
                self.advance();
                query.extrapolate = true;
            }
            "raw" => {
                self.advance();
                query.raw = true;
            }
            word => return self.time_clause(word, query),
        }
        Ok(true)
    }

    /// Reads a clause of time; false when none begins here.
    fn time_clause(&mut self, word: &str, query: &mut Query) -> Parsed<bool> {
        match word {
            "since" => {
                self.once(query.since.is_some(), "SINCE")?;
                self.advance();
                query.since = Some(self.time_point("SINCE")?);
            }
            "until" => {
                self.once(query.until.is_some(), "UNTIL")?;
                self.advance();
                query.until = Some(self.time_point("UNTIL")?);
            }
            "compare" => {
                self.once(query.compare_with.is_some(), "COMPARE WITH")?;
                self.advance();
                self.expect_word("with")?;
                query.compare_with = Some(self.time_point("COMPARE WITH")?);
            }
            "timeseries" => {
                self.once(query.timeseries.is_some(), "TIMESERIES")?;
                self.advance();
                query.timeseries = Some(self.step()?.unwrap_or(Interval::Auto));
            }
            "slide" => {
                self.once(query.slide_by.is_some(), "SLIDE BY")?;
                self.advance();
                self.expect_word("by")?;
                let expected = "a step after SLIDE BY: AUTO, MAX, or a number and a unit";
                query.slide_by = Some(self.step()?.ok_or_else(|| self.error(expected))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Several WHEREs are joined by AND.
    fn filter(&mut self, draft: &mut Draft) -> Parsed<()> {
        let place = self.advance();
        if draft.query.from.is_empty() && draft.select.is_some() {
            draft.early_filter.get_or_insert(place);
        }
        let condition = self.expr()?;
        draft.height = draft.height.max(self.height);
        flatten(BinaryOp::And, condition, &mut draft.filters);
        self.bound(&draft.filters)
    }

    pub(super) fn once(&self, again: bool, clause: &str) -> Parsed<()> {
        if again {
            return Err(self.error_with(self.span(), "", format!("a query can have only one {clause}")));
        }
        Ok(())
    }

    /// What stands here begins no clause.
    pub(super) fn unexpected_clause(&self) -> ParseError {
        let expected =
            if self.at == 0 { "SELECT or FROM" } else { "an operator, a comma or the next clause" };
        let mut error = self.error(expected);
        error.hint = match self.kind() {
            Kind::Word(word) => {
                let lower = word.to_ascii_lowercase();
                let sql = FROM_SQL.iter().find(|(sql, _)| *sql == lower).map(|(_, hint)| (*hint).to_owned());
                let near = || {
                    let near = crate::suggest::nearest(word, CLAUSES.iter().copied());
                    near.filter(|clause| !clause.eq_ignore_ascii_case(word))
                };
                sql.or_else(|| near().map(|clause| format!("did you mean {clause}?")))
            }
            Kind::Text(_) | Kind::Quoted(_) => Some("a label needs AS before it".to_owned()),
            Kind::Symbol(")") => Some("perhaps there is one ) too many".to_owned()),
            Kind::Symbol("(") => Some("is a function's name or an operator missing before it?".to_owned()),
            _ => None,
        };
        error
    }
}

/// A query in the making.
struct Draft {
    query: Query,
    select: Option<Select>,
    /// What WHERE asks for, and how high that is.
    filters: Vec<Expr>,
    height: usize,
    /// A WHERE before FROM.
    early_filter: Option<Span>,
}

impl Default for Draft {
    fn default() -> Self {
        let query = Query {
            definitions: Vec::new(),
            select: Select::EventTypes,
            from: Vec::new(),
            joins: Vec::new(),
            filter: None,
            facet: None,
            limit: None,
            offset: None,
            order_by: Vec::new(),
            since: None,
            until: None,
            timezone: None,
            compare_with: None,
            timeseries: None,
            slide_by: None,
            predict: None,
            extrapolate: false,
            raw: false,
            metric_format: false,
            metric_pattern: None,
            clauses: ClauseSpans::default(),
            span: Span::default(),
        };
        Self { query, select: None, filters: Vec::new(), height: 0, early_filter: None }
    }
}
