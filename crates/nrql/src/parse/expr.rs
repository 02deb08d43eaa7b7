//! Values and conditions, weakest operator first.

use super::chain::{balanced, binary, flatten, levels};
use super::{MAX_CONDITIONS, MAX_HEIGHT, Parsed, Parser};
use crate::ast::{
    Arg, ArgValue, BinaryOp, Call, Expr, ExprKind, InList, Literal, Name, Period, Test, UnaryOp, Unit,
};
use crate::error::ParseError;
use crate::lex::{Kind, is_reserved};
use crate::span::Span;

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nested(|parser| parser.joined(Self::conjunction, BinaryOp::Or, "or"))
    }

    fn conjunction(&mut self) -> Parsed<Expr> {
        self.joined(Self::negation, BinaryOp::And, "and")
    }

    /// Operands joined by one word. How they are grouped has no effect, so the tree is as low as can be.
    fn joined(&mut self, operand: fn(&mut Self) -> Parsed<Expr>, op: BinaryOp, word: &str) -> Parsed<Expr> {
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut height = self.height;
        let mut operands = Vec::new();
        flatten(op, first, &mut operands);
        while self.eat_word(word) {
            let next = operand(self)?;
            height = height.max(self.height);
            flatten(op, next, &mut operands);
            self.bound(&operands)?;
        }
        self.height = height + levels(operands.len()) - 1;
        self.grow(0)?;
        Ok(balanced(op, operands))
    }

    /// Refuses more operands of AND or OR than a query may have.
    pub(super) fn bound(&self, operands: &[Expr]) -> Parsed<()> {
        if operands.len() <= MAX_CONDITIONS {
            return Ok(());
        }
        let expected = format!("at most {MAX_CONDITIONS} conditions");
        let hint = "a long run of OR over one attribute is better written with IN (…)";
        Err(self.error_with(self.span(), expected, hint))
    }

    fn negation(&mut self) -> Parsed<Expr> {
        if !self.is_word("not") {
            return self.comparison();
        }
        let start = self.advance();
        let operand = self.nested(Self::negation)?;
        self.unary(start, UnaryOp::Not, operand)
    }

    fn sum(&mut self) -> Parsed<Expr> {
        self.chain(Self::product, |kind| match kind {
            Kind::Symbol("+") => Some(BinaryOp::Add),
            Kind::Symbol("-") => Some(BinaryOp::Subtract),
            _ => None,
        })
    }

    fn product(&mut self) -> Parsed<Expr> {
        self.chain(Self::signed, |kind| match kind {
            Kind::Symbol("*") => Some(BinaryOp::Multiply),
            Kind::Symbol("/") => Some(BinaryOp::Divide),
            _ => None,
        })
    }

    fn signed(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.eat_symbol("+") {
            return self.nested(Self::signed);
        }
        if !self.eat_symbol("-") {
            return self.indexed();
        }
        let operand = self.nested(Self::signed)?;
        self.unary(start, UnaryOp::Negate, operand)
    }

    /// A left-associative chain of operators over operands of the next stronger level.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed<Expr>,
        operator: fn(&Kind) -> Option<BinaryOp>,
    ) -> Parsed<Expr> {
        let mut left = operand(self)?;
        while let Some(op) = operator(self.kind()) {
            let height = self.height;
            self.advance();
            let right = operand(self)?;
            self.grow(height)?;
            left = binary(op, left, right);
        }
        Ok(left)
    }

    /// Records that a node stands above the expression read last and above one of the given height.
    fn grow(&mut self, height: usize) -> Result<(), ParseError> {
        self.height = self.height.max(height) + 1;
        self.tallest = self.tallest.max(self.height);
        if self.height <= MAX_HEIGHT {
            return Ok(());
        }
        let expected = format!("at most {MAX_HEIGHT} operators in a chain");
        Err(self.error_with(self.span(), expected, "compute such a long sum before the values are recorded"))
    }

    fn unary(&mut self, start: Span, op: UnaryOp, operand: Expr) -> Parsed<Expr> {
        self.grow(0)?;
        let span = start.to(operand.span);
        Ok(Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, span })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        loop {
            let height = self.height;
            let negated = self.is_word("not");
            let by = usize::from(negated);
            let regex = self.word_ahead(by, "rlike");
            if regex || self.word_ahead(by, "like") {
                self.skip(by + 1);
                let pattern = self.sum()?;
                if self.is_word("escape") {
                    let hint = "LIKE has no ESCAPE; a literal % can only be matched by RLIKE";
                    return Err(self.error_with(self.span(), "AND, OR or the next clause", hint));
                }
                let span = left.span.to(pattern.span);
                let (operand, pattern) = (Box::new(left), Box::new(pattern));
                left = Expr { kind: ExprKind::Like { operand, negated, regex, pattern }, span };
            } else if self.word_ahead(by, "in") {
                self.skip(by + 1);
                let list = self.in_list()?;
                let span = self.since(left.span);
                left = Expr { kind: ExprKind::In { operand: Box::new(left), negated, list }, span };
            } else if negated {
                self.advance();
                return Err(self.error("LIKE, RLIKE or IN after NOT"));
            } else if self.eat_word("is") {
                let negated = self.eat_word("not");
                let test = self.tested()?;
                let span = self.since(left.span);
                left = Expr { kind: ExprKind::Is { operand: Box::new(left), negated, test }, span };
            } else if let Some(op) = self.comparator()? {
                let right = self.sum()?;
                if right.kind == ExprKind::Literal(Literal::Null) {
                    let test = if op == BinaryOp::NotEqual { "IS NOT NULL" } else { "IS NULL" };
                    return Err(self.error_with(
                        right.span,
                        "a value",
                        format!("a missing value is tested with {test}"),
                    ));
                }
                left = binary(op, left, right);
            } else {
                return Ok(left);
            }
            self.grow(height)?;
        }
    }

    fn skip(&mut self, tokens: usize) {
        for _ in 0..tokens {
            self.advance();
        }
    }

    fn tested(&mut self) -> Parsed<Test> {
        let tests = [("null", Test::Null), ("true", Test::True), ("false", Test::False)];
        for (word, test) in tests {
            if self.eat_word(word) {
                return Ok(test);
            }
        }
        let mut error = self.error("NULL, TRUE or FALSE after IS");
        if matches!(self.kind(), Kind::Text(_) | Kind::Int(_) | Kind::Float(_)) {
            error.hint = Some("values are compared with = and !=".to_owned());
        }
        Err(error)
    }

    fn comparator(&mut self) -> Parsed<Option<BinaryOp>> {
        let op = match self.kind() {
            Kind::Symbol("=") => BinaryOp::Equal,
            Kind::Symbol("!=") => BinaryOp::NotEqual,
            Kind::Symbol("<") => BinaryOp::Less,
            Kind::Symbol("<=") => BinaryOp::LessOrEqual,
            Kind::Symbol(">") => BinaryOp::Greater,
            Kind::Symbol(">=") => BinaryOp::GreaterOrEqual,
            _ => return Ok(None),
        };
        let start = self.advance();
        match (op, self.kind()) {
            (BinaryOp::Equal, Kind::Symbol("=")) => {
                Err(self.error_with(start.to(self.span()), "=", "equality is written with one ="))
            }
            (BinaryOp::Less, Kind::Symbol(">")) => {
                Err(self.error_with(start.to(self.span()), "!=", "inequality is written !="))
            }
            _ => Ok(Some(op)),
        }
    }

    fn in_list(&mut self) -> Parsed<InList> {
        self.expect_symbol("(", "after IN: values in parentheses, or a query")?;
        if self.at_query() {
            let query = self.subquery()?;
            return Ok(InList::Subquery(Box::new(query)));
        }
        if self.is_symbol(")") {
            return Err(self.error("at least one value in IN (…)"));
        }
        let mut values = Vec::new();
        let mut height = 0;
        loop {
            values.push(self.expr()?);
            height = height.max(self.height);
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.height = height;
        self.expect_symbol(")", "after the values of IN, or a comma before the next one")?;
        Ok(InList::Values(values))
    }

    /// Whether a query begins here, which only happens inside parentheses.
    pub(super) fn at_query(&self) -> bool {
        self.is_word("select") || self.is_word("from") || self.is_word("with")
    }

    /// A query and the parenthesis that closes it; the opening one is already read.
    pub(super) fn subquery(&mut self) -> Parsed<crate::ast::Query> {
        let start = self.span();
        let query = self.nested(Self::query)?;
        if query.select == crate::ast::Select::EventTypes {
            return Err(self.error_with(start, "SELECT", "SHOW EVENT TYPES cannot be part of another query"));
        }
        if !self.is_symbol(")") && *self.kind() != Kind::End {
            return Err(self.unexpected_clause());
        }
        self.expect_symbol(")", "at the end of the inner query")?;
        self.height = self.tallest;
        self.grow(0)?;
        Ok(query)
    }

    fn indexed(&mut self) -> Parsed<Expr> {
        let mut base = self.primary()?;
        while self.eat_symbol("[") {
            let height = self.height;
            let index = self.expr()?;
            self.expect_symbol("]", "after the index")?;
            self.grow(height)?;
            let span = self.since(base.span);
            base = Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, span };
        }
        Ok(base)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.height = 1;
        let kind = match self.kind().clone() {
            Kind::Text(text) => ExprKind::Literal(Literal::Text(text)),
            Kind::Regex(pattern) => ExprKind::Regex(pattern),
            Kind::Int(number) => {
                self.advance();
                return Ok(self.number_or_period(start, number));
            }
            Kind::Float(number) => ExprKind::Literal(Literal::Float(number)),
            Kind::Symbol("*") => ExprKind::Star,
            Kind::Symbol("(") => return self.parenthesised(),
            Kind::Symbol("{") => return self.set(),
            Kind::Quoted(name) => ExprKind::Attribute(name),
            Kind::Word(word) => {
                if matches!(self.ahead(1), Kind::Symbol("(")) && !is_reserved(&word) {
                    return self.call();
                }
                match word.to_ascii_lowercase().as_str() {
                    "true" => ExprKind::Literal(Literal::Bool(true)),
                    "false" => ExprKind::Literal(Literal::Bool(false)),
                    "null" => ExprKind::Literal(Literal::Null),
                    lower if is_reserved(lower) => return Err(self.missing_value(&word)),
                    _ => {
                        self.whole_name(&word)?;
                        ExprKind::Attribute(word)
                    }
                }
            }
            Kind::Label(_) | Kind::Symbol(_) | Kind::End => {
                return Err(self.error("a value, an attribute or a function"));
            }
        };
        self.advance();
        Ok(Expr { kind, span: start })
    }

    fn missing_value(&self, word: &str) -> ParseError {
        let upper = word.to_ascii_uppercase();
        let expected = "a value, an attribute or a function";
        match upper.as_str() {
            "FROM" | "WHERE" | "SELECT" | "FACET" | "SINCE" | "UNTIL" | "LIMIT" | "TIMESERIES" | "WITH"
            | "COMPARE" => {
                let named = matches!(self.ahead(1), Kind::Symbol("=" | "!=" | "<" | ">" | "<=" | ">="));
                let hint = if named {
                    format!("as a name, {word} needs backticks: `{word}`")
                } else {
                    format!("something is missing before {upper}, or there is an extra comma")
                };
                self.error_with(self.span(), expected, hint)
            }
            _ => {
                self.error_with(self.span(), expected, format!("as a name, {word} needs backticks: `{word}`"))
            }
        }
    }

    fn number_or_period(&mut self, start: Span, number: i64) -> Expr {
        let unit = match self.kind() {
            // A span of time is an argument, and no value of its own.
            Kind::Word(word) if self.calls > 0 => Unit::from_word(word),
            _ => None,
        };
        let kind = match (unit, u64::try_from(number)) {
            (Some(unit), Ok(amount)) => {
                self.advance();
                ExprKind::Period(Period { amount, unit })
            }
            _ => ExprKind::Literal(Literal::Int(number)),
        };
        Expr { kind, span: self.since(start) }
    }

    fn parenthesised(&mut self) -> Parsed<Expr> {
        let start = self.advance();
        if self.at_query() {
            let query = self.subquery()?;
            return Ok(Expr { kind: ExprKind::Subquery(Box::new(query)), span: self.since(start) });
        }
        let inner = self.expr()?;
        self.expect_symbol(")", "to close the parenthesis")?;
        Ok(Expr { kind: inner.kind, span: self.since(start) })
    }

    fn set(&mut self) -> Parsed<Expr> {
        let start = self.advance();
        let mut values = Vec::new();
        let mut height = 0;
        while !self.is_symbol("}") {
            values.push(self.expr()?);
            height = height.max(self.height);
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.expect_symbol("}", "after the values")?;
        self.height = height;
        self.grow(0)?;
        Ok(Expr { kind: ExprKind::Set(values), span: self.since(start) })
    }

    fn call(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let Kind::Word(text) = self.kind().clone() else { return Err(self.error("a function")) };
        self.skip(2);
        let mut args = Vec::new();
        let mut height = 0;
        self.calls += 1;
        while !self.is_symbol(")") {
            args.push(self.arg()?);
            height = height.max(self.height);
            if !self.eat_symbol(",") {
                break;
            }
            if self.is_symbol(")") {
                return Err(self.error("another argument after the comma"));
            }
        }
        self.calls -= 1;
        self.height = height;
        if self.is_word("where") {
            return Err(self.error_with(
                self.span(),
                "a comma",
                format!("the condition is a further argument: {text}(…, WHERE …)"),
            ));
        }
        self.expect_symbol(")", &format!("after the arguments of {text}, or a comma before the next one"))?;
        self.grow(0)?;
        let mut text = crate::function::find(&text).map_or(text, |function| function.name.to_owned());
        // With the condition first it chooses a row's value, and is no `filter`.
        if text == "conditional" && matches!(args.first().map(|arg| &arg.value), Some(ArgValue::Where(_))) {
            "if".clone_into(&mut text);
        }
        let name = Name { text, span: start };
        Ok(Expr { kind: ExprKind::Call(Call { name, args }), span: self.since(start) })
    }

    fn arg(&mut self) -> Parsed<Arg> {
        let span = self.span();
        let label = match self.kind().clone() {
            Kind::Label(text) => {
                self.advance();
                Some(Name { text, span })
            }
            _ => None,
        };
        let value =
            if self.eat_word("where") { ArgValue::Where(self.expr()?) } else { ArgValue::Expr(self.expr()?) };
        Ok(Arg { label, value, alias: self.alias()? })
    }
}
