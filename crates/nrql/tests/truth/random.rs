//! Random queries against SQL that is made beside them, from the same choices and not from the query.

use super::{data, differences};

const QUERIES: usize = 600;

#[test]
fn random_queries_agree_with_sql() {
    let (store, database) = data::small();
    let mut random = Random(0x00d1_ffe7_e47a_11ed);
    let mut wrong = Vec::new();
    for _ in 0..QUERIES {
        let (nrql, sql) = random.query();
        wrong.extend(differences(store, database, &nrql, &sql));
    }
    assert!(
        wrong.is_empty(),
        "{} of {QUERIES} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}

struct Random(u64);

/// The same in NRQL and in SQL.
type Both = (String, String);

const TEXTS: &[(&str, &[&str])] = &[
    ("tier", &["free", "pro", "hobby", "nobody"]),
    ("service", &["db", "cache", "queue"]),
    ("funnelStep", &["landing", "provision", "claim", "paid"]),
    ("code", &["200", "404", "x1"]),
];

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A condition that is true or false in both, never unknown.
    fn condition(&mut self, depth: usize) -> Both {
        let truth = |nrql: String, sql: String| (nrql, format!("coalesce({sql}, 0)"));
        let (name, values) = self.of(TEXTS);
        match self.below(if depth == 0 { 9 } else { 13 }) {
            0 => {
                let value = self.of(values);
                truth(format!("{name} = '{value}'"), format!("{name} = '{value}'"))
            }
            1 => {
                let value = self.of(values);
                (format!("{name} != '{value}'"), format!("{name} IS NOT '{value}'"))
            }
            2 => {
                let list = format!("('{}', '{}')", self.of(values), self.of(values));
                truth(format!("{name} IN {list}"), format!("{name} IN {list}"))
            }
            3 => {
                let list = format!("('{}', '{}')", self.of(values), self.of(values));
                (format!("{name} NOT IN {list}"), format!("NOT coalesce({name} IN {list}, 0)"))
            }
            4 => {
                let pattern = self.of(&["%e%", "p%", "%E", "%o%l%", "free", "%"]);
                truth(format!("{name} LIKE '{pattern}'"), format!("{name} LIKE '{pattern}'"))
            }
            5 => (format!("{name} IS NULL"), format!("{name} IS NULL")),
            6 => (format!("{name} IS NOT NULL"), format!("{name} IS NOT NULL")),
            7 => {
                let (value, op) = (self.number(0), self.of(&["<", "<=", ">", ">=", "="]));
                let bound = self.of(&["0", "3", "100.5", "2500", "-1"]);
                truth(format!("{} {op} {bound}", value.0), format!("{} {op} {bound}", value.1))
            }
            8 => ("renewal IS NOT TRUE".to_owned(), "coalesce(renewal, 0) = 0".to_owned()),
            9 => {
                let inner = self.condition(depth - 1);
                (format!("NOT ({})", inner.0), format!("NOT ({})", inner.1))
            }
            op => {
                let (a, b) = (self.condition(depth - 1), self.condition(depth - 1));
                let word = if op == 10 { "AND" } else { "OR" };
                (format!("({} {word} {})", a.0, b.0), format!("({} {word} {})", a.1, b.1))
            }
        }
    }

    fn number(&mut self, depth: usize) -> Both {
        let same = |text: &str| (text.to_owned(), text.to_owned());
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 | 1 => same("duration"),
            2 => same("retries"),
            3 => same("length(note)"),
            4 => ("(retries OR 0)".to_owned(), "coalesce(retries, 0)".to_owned()),
            5 => {
                let (a, b) = (self.number(depth - 1), self.number(depth - 1));
                let op = self.of(&["+", "-", "*"]);
                (format!("({} {op} {})", a.0, b.0), format!("({} {op} {})", a.1, b.1))
            }
            6 => {
                let (c, a, b) = (self.condition(0), self.number(depth - 1), self.number(depth - 1));
                (
                    format!("if({}, {}, {})", c.0, a.0, b.0),
                    format!("CASE WHEN {} THEN {} ELSE {} END", c.1, a.1, b.1),
                )
            }
            _ => {
                let a = self.number(depth - 1);
                (format!("abs({})", a.0), format!("abs({})", a.1))
            }
        }
    }

    /// An aggregate over the rows that a condition of SQL keeps, and what must not be NULL everywhere in its facet.
    fn aggregate(&mut self, kept: &str) -> (String, String, Option<String>) {
        let of = |value: &str| format!("CASE WHEN {kept} THEN {value} END");
        let (nrql, sql) = self.number(1);
        let (name, _) = self.of(TEXTS);
        let needs = Some(sql.clone());
        match self.below(11) {
            0 | 1 => ("count(*)".to_owned(), format!("count({})", of("1")), None),
            2 => (format!("count({name})"), format!("count({})", of(name)), Some(name.to_owned())),
            3 => (format!("sum({nrql})"), format!("coalesce(sum({}), 0)", of(&sql)), needs),
            4 => (format!("average({nrql})"), format!("avg({})", of(&sql)), needs),
            5 => (format!("max({nrql})"), format!("max({})", of(&sql)), needs),
            6 => (format!("min({nrql})"), format!("min({})", of(&sql)), needs),
            7 => (
                format!("uniqueCount({name})"),
                format!("count(DISTINCT {})", of(name)),
                Some(name.to_owned()),
            ),
            8 => {
                let (width, start) = (self.of(&[10, 900, 4_000]), self.of(&[0, -2, 100]));
                let edge =
                    |at: i64| format!("({sql}) < {}", f64::from(start) + f64::from(width) * at as f64 / 4.0);
                let counts: Vec<String> = (0..4)
                    .map(|at| {
                        let below = if at == 3 { format!("({sql}) IS NOT NULL") } else { edge(at + 1) };
                        let above = if at == 0 { "1".to_owned() } else { format!("NOT {}", edge(at)) };
                        format!("coalesce(sum({}), 0)", of(&format!("{below} AND {above}")))
                    })
                    .collect();
                (format!("histogram({nrql}, {width}, 4, {start})"), counts.join(", "), needs)
            }
            9 => {
                let share =
                    |t: i64| format!("100.0 * sum({}) / count({})", of(&format!("({sql}) <= {t}")), of(&sql));
                (format!("cdfPercentage({nrql}, 3, 2000)"), format!("{}, {}", share(3), share(2_000)), needs)
            }
            _ => {
                let score = format!(
                    "(sum({}) + sum({}) / 2.0) / count({})",
                    of(&format!("({sql}) <= 800")),
                    of(&format!("({sql}) > 800 AND ({sql}) <= 3200")),
                    of(&sql)
                );
                (format!("apdex({nrql}, t: 800)"), score, needs)
            }
        }
    }

    fn item(&mut self) -> (String, String, Option<String>) {
        match self.below(5) {
            0 => {
                let condition = self.condition(1);
                let (nrql, sql, needs) = self.aggregate(&condition.1);
                (format!("filter({nrql}, WHERE {})", condition.0), sql, needs)
            }
            1 => {
                let condition = self.condition(1);
                let share = format!("100.0 * sum({}) / count(*)", condition.1);
                (format!("percentage(count(*), WHERE {})", condition.0), share, None)
            }
            _ => self.aggregate("1"),
        }
    }

    fn facet(&mut self) -> (String, String) {
        match self.below(6) {
            0 => ("tier".to_owned(), "tier".to_owned()),
            1 => ("funnelStep, service".to_owned(), "funnelStep, service".to_owned()),
            2 => ("(tier OR 'none')".to_owned(), "coalesce(tier, 'none')".to_owned()),
            3 => {
                let condition = self.condition(1);
                (
                    format!("if({}, 'y', 'n')", condition.0),
                    format!("CASE WHEN {} THEN 'y' ELSE 'n' END", condition.1),
                )
            }
            4 => {
                let (a, b) = (self.condition(1), self.condition(0));
                (
                    format!("CASES(WHERE {} AS 'a', WHERE {} AS 'b')", a.0, b.0),
                    format!("CASE WHEN {} THEN 'a' WHEN {} THEN 'b' END", a.1, b.1),
                )
            }
            _ => ("upper(service)".to_owned(), "upper(service)".to_owned()),
        }
    }

    fn query(&mut self) -> Both {
        let items: Vec<_> = (0..=self.below(3)).map(|_| self.item()).collect();
        // Equal items would be one column of two names.
        let nrql: Vec<String> =
            items.iter().enumerate().map(|(at, item)| format!("{} AS 'c{at}'", item.0)).collect();
        let sql: Vec<&str> = items.iter().map(|item| item.1.as_str()).collect();
        let (nrql, sql) = (nrql.join(", "), sql.join(", "));
        let filter = self.condition(2);
        let (nrql_filter, sql_filter) = match self.below(3) {
            0 => (String::new(), "1".to_owned()),
            _ => (format!(" WHERE {}", filter.0), filter.1),
        };
        if self.below(5) == 0 {
            let day = format!("{} + (t - {}) / 86400000 * 86400000", data::BEGIN, data::BEGIN);
            let text = format!("SELECT {nrql} FROM Small TIMESERIES 1 day");
            return (text, format!("SELECT {day}, {sql} FROM e GROUP BY 1"));
        }
        if self.below(2) == 0 {
            return (
                format!("SELECT {nrql} FROM Small{nrql_filter}"),
                format!("SELECT {sql} FROM e WHERE {sql_filter}"),
            );
        }
        let (key, sql_key) = self.facet();
        let known: Vec<String> = split(&sql_key).map(|key| format!("({key}) IS NOT NULL")).collect();
        let needs = items[0].2.as_ref().map_or("1".to_owned(), |value| format!("count({value}) > 0"));
        (
            format!("SELECT {nrql} FROM Small{nrql_filter} FACET {key}"),
            format!(
                "SELECT {sql_key}, {sql} FROM e WHERE {sql_filter} AND {} GROUP BY {sql_key} HAVING {needs}",
                known.join(" AND ")
            ),
        )
    }
}

/// Keys are separated by the comma of a plain list.
fn split(keys: &str) -> impl Iterator<Item = &str> {
    let plain = !keys.contains('(') && !keys.starts_with("CASE");
    let parts = if plain { keys.split(", ").collect() } else { vec![keys] };
    parts.into_iter()
}
