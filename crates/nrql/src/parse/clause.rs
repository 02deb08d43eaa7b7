//! Parses the content of each clause.

use super::{Parsed, Parser};
use crate::ast::{
    Case, Definition, ExprKind, Facet, FacetKey, FacetValue, FromItem, Interval, Join, Limit, OrderKey,
    Predict, Query, Select, SelectItem, Text,
};
use crate::lex::Kind;
use crate::span::Span;

impl Parser<'_> {
    pub(super) fn select(&mut self) -> Parsed<Select> {
        self.advance();
        if self.is_word("distinct")
            && !matches!(self.ahead(1), Kind::Symbol(_))
            && !self.word_ahead(1, "from")
        {
            let hint = "NRQL has no DISTINCT: use uniques() or uniqueCount()";
            return Err(self.error_with(self.span(), "what to select", hint));
        }
        let mut items = Vec::new();
        loop {
            let expr = self.expr()?;
            items.push(SelectItem { expr, alias: self.alias()? });
            if !self.eat_symbol(",") {
                return Ok(Select::Items(items));
            }
        }
    }

    pub(super) fn from(&mut self) -> Parsed<Vec<FromItem>> {
        self.advance();
        let mut items = Vec::new();
        loop {
            items.push(self.source()?);
            if !self.eat_symbol(",") {
                return Ok(items);
            }
        }
    }

    fn source(&mut self) -> Parsed<FromItem> {
        if self.eat_symbol("(") {
            if !self.at_query() {
                return Err(self.error("SELECT or FROM: a query in the parentheses"));
            }
            return self.subquery().map(|query| FromItem::Query(Box::new(query)));
        }
        if self.is_word("lookup") && matches!(self.ahead(1), Kind::Symbol("(")) {
            self.advance();
            self.advance();
            let name = self.name("the name of a lookup table")?;
            self.expect_symbol(")", "after the table's name")?;
            return Ok(FromItem::Lookup(name));
        }
        let expected = "an event type, or a query in parentheses";
        if self.is_word("where") || self.is_word("select") {
            return Err(self.error(expected));
        }
        self.name(expected).map(FromItem::EventType)
    }

    pub(super) fn join(&mut self) -> Parsed<Join> {
        let start = self.span();
        let left = self.eat_word("left");
        if !left {
            self.eat_word("inner");
        }
        self.expect_word("join")?;
        self.expect_symbol("(", "after JOIN: what is joined is a query in parentheses")?;
        if !self.at_query() {
            return Err(self.error("SELECT or FROM: a query in the parentheses"));
        }
        let query = Box::new(self.subquery()?);
        self.expect_word("on")?;
        let outer = self.expr()?;
        // `outer = inner` was read as a comparison.
        let (outer, inner) = match outer.kind {
            ExprKind::Binary { op: crate::ast::BinaryOp::Equal, left, right } => (*left, Some(*right)),
            _ => (outer, None),
        };
        Ok(Join { left, query, outer, inner, span: self.since(start) })
    }

    pub(super) fn with(&mut self, query: &mut Query) -> Parsed<()> {
        let start = self.advance();
        if self.is_word("timezone") && matches!(self.ahead(1), Kind::Text(_)) {
            self.once(query.timezone.is_some(), "WITH TIMEZONE")?;
            self.advance();
            let span = self.span();
            let Kind::Text(text) = self.kind().clone() else { return Err(self.error("a time zone")) };
            if let Err(expected) = crate::calendar::zone::find(&text) {
                return Err(self.error(expected));
            }
            self.advance();
            query.timezone = Some(Text { text, span });
            return Ok(());
        }
        if self.eat_word("metric_format") {
            query.metric_format = true;
            if let Kind::Text(text) = self.kind().clone() {
                query.metric_pattern = Some(Text { text, span: self.advance() });
            }
            return Ok(());
        }
        if !query.definitions.is_empty() && query.clauses.second_with.end == 0 {
            query.clauses.second_with = start;
        }
        loop {
            let expr = self.expr()?;
            self.expect_word("as")?;
            let mut names = Vec::new();
            let destructured = self.eat_symbol("(");
            if destructured {
                loop {
                    names.push(self.name("a name for the value")?);
                    if !self.eat_symbol(",") {
                        break;
                    }
                }
                self.expect_symbol(")", "after the names")?;
            } else {
                names.push(self.name("a name for the value")?);
            }
            query.definitions.push(Definition { expr, names, destructured });
            if !self.eat_symbol(",") {
                return Ok(());
            }
        }
    }

    pub(super) fn facet(&mut self) -> Parsed<Facet> {
        let start = self.advance();
        if self.is_word("by") && matches!(self.ahead(1), Kind::Word(_) | Kind::Quoted(_)) {
            return Err(self.error_with(self.span(), "what to group by", "FACET takes no BY"));
        }
        let mut keys = Vec::new();
        loop {
            let value = self.facet_value()?;
            keys.push(FacetKey { value, alias: self.alias()? });
            if !self.eat_symbol(",") {
                break;
            }
        }
        let mut order_by = Vec::new();
        if self.is_word("order") {
            order_by = self.order_by()?;
        }
        Ok(Facet { keys, order_by, span: self.since(start) })
    }

    fn facet_value(&mut self) -> Parsed<FacetValue> {
        let start = self.span();
        if !(self.is_word("cases") && matches!(self.ahead(1), Kind::Symbol("("))) {
            return self.expr().map(FacetValue::Expr);
        }
        self.advance();
        self.advance();
        let mut cases = Vec::new();
        loop {
            self.eat_word("where");
            let condition = self.expr()?;
            cases.push(Case { condition, alias: self.alias()? });
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.expect_symbol(")", "after the cases, or a comma before the next one")?;
        let fallback = if self.eat_word("or") { Some(self.expr()?) } else { None };
        Ok(FacetValue::Cases { cases, fallback, span: self.since(start) })
    }

    pub(super) fn limit(&mut self) -> Parsed<Limit> {
        self.advance();
        if self.eat_word("max") {
            return Ok(Limit::Max);
        }
        self.whole_number("a whole number or MAX after LIMIT").map(Limit::Count)
    }

    pub(super) fn whole_number(&mut self, expected: &str) -> Parsed<u64> {
        match *self.kind() {
            Kind::Int(number) if number >= 0 => {
                self.advance();
                Ok(number.unsigned_abs())
            }
            _ => Err(self.error(expected)),
        }
    }

    pub(super) fn order_by(&mut self) -> Parsed<Vec<OrderKey>> {
        self.advance();
        self.expect_word("by")?;
        let mut keys = Vec::new();
        loop {
            let expr = self.expr()?;
            let start = self.span();
            let descending = self.eat_word("desc");
            let directed = descending || self.eat_word("asc");
            let direction = if directed { start } else { Span::default() };
            keys.push(OrderKey { expr, descending, direction });
            if !self.eat_symbol(",") {
                return Ok(keys);
            }
        }
    }

    /// What may follow TIMESERIES and SLIDE BY.
    pub(super) fn step(&mut self) -> Parsed<Option<Interval>> {
        if self.eat_word("auto") {
            return Ok(Some(Interval::Auto));
        }
        if self.eat_word("max") {
            return Ok(Some(Interval::Max));
        }
        if !matches!(self.kind(), Kind::Int(_) | Kind::Float(_)) {
            return Ok(None);
        }
        let span = self.span();
        if let Some(period) = self.period()? {
            return Ok(Some(Interval::Every(period)));
        }
        let millis = self.whole_number("a whole number and a unit")?;
        if millis == 0 {
            return Err(self.error_with(span, "a step above 0", "a bare number here is milliseconds"));
        }
        Ok(Some(Interval::Millis(millis)))
    }

    pub(super) fn predict(&mut self) -> Parsed<Predict> {
        self.advance();
        let mut predict = Predict { by: None, using: None, model: None };
        loop {
            if self.eat_word("by") {
                predict.by = Some(self.required_period("BY")?);
            } else if self.eat_word("using") {
                match self.kind() {
                    Kind::Word(_) if matches!(self.ahead(1), Kind::Symbol("(")) => {
                        predict.model = Some(self.expr()?);
                    }
                    _ => predict.using = Some(self.required_period("USING")?),
                }
            } else if self.is_word("holtwinters") {
                predict.model = Some(self.expr()?);
            } else {
                return Ok(predict);
            }
        }
    }
}
