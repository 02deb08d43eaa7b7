//! Reads a generated collector block as the collector would: the conditions under which it deletes or keeps an attribute
//! or drops a record. Only the functions and operators that the blocks use.

use std::collections::BTreeMap;

use regex::Regex;

/// A record or a resource: its attributes, and its own ids under `log.trace_id.string` and `log.span_id.string`.
pub(crate) type Fields = BTreeMap<String, Field>;

/// A value, of the types that records have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Text(String),
    Bool(bool),
    Integer(i64),
}

/// One statement of a block.
#[derive(Debug)]
pub(crate) struct Block {
    /// Of version 1, which deletes what breaks a rule.
    deletions: Vec<(String, Condition)>,
    /// Since version 2, which keeps only what holds its rule.
    kept: BTreeMap<String, Condition>,
    drops: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    Any(Vec<Self>),
    All(Vec<Self>),
    Not(Box<Self>),
    IsString(String),
    IsBool(String),
    IsInt(String),
    IsMatch(String, Box<Regex>),
    AtLeast(String, i64),
    /// With what is added to the record's time, if that is the bound.
    AtMost(String, i64, bool),
    Differs(String, Operand),
}

#[derive(Debug)]
enum Operand {
    Text(String),
    Path(String),
}

impl Block {
    /// The statements on `place`: `log` or `resource`.
    pub(crate) fn parse(block: &str, place: &str) -> Self {
        let delete = format!("delete_key({place}.attributes, \"");
        let keep = format!("set({place}.cache[\"");
        let (mut deletions, mut kept, mut drops) = (Vec::new(), BTreeMap::new(), Vec::new());
        for item in items(block) {
            if let Some((key, condition)) =
                item.strip_prefix(&delete).and_then(|rest| rest.split_once("\") where "))
            {
                deletions.push((key.to_owned(), Parser::whole(condition)));
            } else if let Some((key, rest)) = item.strip_prefix(&keep).and_then(|rest| rest.split_once("\"], "))
                // Not the mark, which is a constant and is gone behind the filter.
                && !rest.starts_with('"')
            {
                let (_, condition) = rest.split_once(") where ").unwrap();
                kept.insert(key.to_owned(), Parser::whole(condition));
            } else if place == "log" {
                if let Some(condition) = item.strip_prefix("set(log.event_name, \"\") where ") {
                    drops.push(Parser::whole(condition));
                } else if let Some(condition) =
                    item.strip_prefix("set(log.event_name, \"InstantFunnel\") where ")
                {
                    drops.push(Condition::Not(Box::new(Parser::whole(condition))));
                }
            }
        }
        assert!(!deletions.is_empty() || !kept.is_empty());
        Self { deletions, kept, drops }
    }

    /// What is left of a record or a resource; `None` when the record is dropped.
    pub(crate) fn apply(&self, mut fields: Fields) -> Option<Fields> {
        for (key, condition) in &self.deletions {
            if fields.contains_key(key) && condition.holds(&fields) {
                fields.remove(key);
            }
        }
        if !self.kept.is_empty() {
            let holds = |key: &String| self.kept.get(key).is_some_and(|condition| condition.holds(&fields));
            let kept: Vec<_> =
                fields.keys().filter(|key| key.starts_with("log.") || holds(key)).cloned().collect();
            fields.retain(|key, _| kept.contains(key));
        }
        (!self.drops.iter().any(|condition| condition.holds(&fields))).then_some(fields)
    }
}

impl Condition {
    fn holds(&self, fields: &Fields) -> bool {
        match self {
            Self::Any(all) => all.iter().any(|one| one.holds(fields)),
            Self::All(all) => all.iter().all(|one| one.holds(fields)),
            Self::Not(one) => !one.holds(fields),
            Self::IsString(path) => matches!(fields.get(path), Some(Field::Text(_))),
            Self::IsBool(path) => matches!(fields.get(path), Some(Field::Bool(_))),
            Self::IsInt(path) => matches!(fields.get(path), Some(Field::Integer(_))),
            Self::AtLeast(path, bound) => {
                matches!(fields.get(path), Some(Field::Integer(value)) if value >= bound)
            }
            Self::AtMost(path, bound, after_event) => {
                let time = match fields.get("log.time_unix_nano") {
                    Some(Field::Integer(nanos)) if *after_event => nanos / 1_000_000,
                    _ => 0,
                };
                matches!(fields.get(path), Some(Field::Integer(value)) if *value <= time + bound)
            }
            Self::IsMatch(path, pattern) => {
                matches!(fields.get(path), Some(Field::Text(text)) if pattern.is_match(text))
            }
            Self::Differs(path, Operand::Text(text)) => fields.get(path) != Some(&Field::Text(text.clone())),
            Self::Differs(path, Operand::Path(other)) => fields.get(path) != fields.get(other),
        }
    }
}

/// The items of the block's lists, each as one line.
fn items(block: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in block.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("- ") {
            Some(">-") => items.push(String::new()),
            Some(text) => {
                let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                items.push(quoted.unwrap_or(text).to_owned());
            }
            None => {
                if let Some(item) = items.last_mut() {
                    let space = if item.is_empty() { "" } else { " " };
                    item.push_str(&format!("{space}{line}"));
                }
            }
        }
    }
    // What follows a list belongs to no item of it.
    let ends = [" - context:", " statements:", " conditions:", " filter/", " transform/"];
    for item in &mut items {
        let end = ends.iter().filter_map(|end| item.find(end)).min();
        item.truncate(end.unwrap_or(item.len()));
    }
    items
}

struct Parser<'t>(&'t str);

impl<'t> Parser<'t> {
    fn whole(text: &'t str) -> Condition {
        let mut parser = Self(text);
        let condition = parser.any();
        assert_eq!(parser.0, "", "not read to its end: {text}");
        condition
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) {
        assert!(self.eat(token), "`{token}` is due at {}", self.0);
    }

    fn any(&mut self) -> Condition {
        let mut all = vec![self.all()];
        while self.eat(" or ") {
            all.push(self.all());
        }
        Condition::Any(all)
    }

    fn all(&mut self) -> Condition {
        let mut all = vec![self.one()];
        while self.eat(" and ") {
            all.push(self.one());
        }
        Condition::All(all)
    }

    fn one(&mut self) -> Condition {
        if self.eat("not ") {
            return Condition::Not(Box::new(self.one()));
        }
        if self.eat("(") {
            let condition = self.any();
            self.eat(" ");
            self.expect(")");
            return condition;
        }
        if self.eat("IsString(") {
            let path = self.path();
            self.expect(")");
            return Condition::IsString(path);
        }
        if self.eat("IsBool(") {
            let path = self.path();
            self.expect(")");
            return Condition::IsBool(path);
        }
        if self.eat("IsInt(") {
            let path = self.path();
            self.expect(")");
            return Condition::IsInt(path);
        }
        if self.eat("IsMatch(") {
            let path = self.path();
            self.expect(", ");
            let pattern = self.text();
            self.expect(")");
            return Condition::IsMatch(path, Box::new(Regex::new(&pattern).unwrap()));
        }
        let path = self.path();
        if self.eat(" >= ") {
            return Condition::AtLeast(path, self.number());
        }
        if self.eat(" <= ") {
            let after_event = self.eat("log.time_unix_nano / 1000000 + ");
            return Condition::AtMost(path, self.number(), after_event);
        }
        let equal = self.eat(" == ");
        if !equal {
            self.expect(" != ");
        }
        // No field is called `nil`, so it stands for one that is not there.
        let operand =
            if self.0.starts_with('"') { Operand::Text(self.text()) } else { Operand::Path(self.path()) };
        let differs = Condition::Differs(path, operand);
        if equal { Condition::Not(Box::new(differs)) } else { differs }
    }

    fn number(&mut self) -> i64 {
        let end = self.0.find([' ', ')']).unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        number.parse().unwrap()
    }

    /// An attribute's key, or the name of a field of the record.
    fn path(&mut self) -> String {
        for place in ["log.attributes[", "resource.attributes["] {
            if self.eat(place) {
                let key = self.text();
                self.expect("]");
                return key;
            }
        }
        let end = self.0.find([' ', ')']).unwrap_or(self.0.len());
        let (path, rest) = self.0.split_at(end);
        self.0 = rest;
        path.to_owned()
    }

    /// The blocks' texts hold neither a quotation mark nor a backslash.
    fn text(&mut self) -> String {
        self.expect("\"");
        let (text, rest) = self.0.split_once('"').unwrap();
        assert!(!text.contains('\\'));
        self.0 = rest;
        text.to_owned()
    }
}
