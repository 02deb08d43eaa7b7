//! Checks one query and maps problems to positions in its file.

use std::ops::Range;

use nrql::ast::{FromItem, Query, TimePoint};
use nrql::{Mode, Position, Severity, Span};

use crate::catalogue::Catalogue;
use crate::extract::{Extract, IGNORE, Lines};
use crate::find::is_slip;
use crate::fix::{self, Fix};
use crate::found::{Found, Use};
use crate::rules;
use crate::template::{Filled, fill};

/// A place in a file as people count it: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Something wrong with a query, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A short name of the rule, stable for tools and for ignore comments.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What would fix it.
    pub hint: Option<String>,
    /// The same as a change to the file, where only a word is misspelt.
    pub fix: Option<Fix>,
    /// Where it begins in the file.
    pub start: FilePlace,
    /// Where it ends in the file, behind its last character.
    pub end: FilePlace,
    /// Where it begins in the query's own text, as New Relic's messages count.
    pub in_query: Position,
}

/// A query that was found and judged.
#[derive(Clone, Debug)]
pub struct LintedQuery {
    /// The file, as it was named.
    pub file: String,
    /// Where the query begins.
    pub start: FilePlace,
    /// The query as it will be read by New Relic, with the places that are filled in later as they stand in the file.
    pub query: String,
    /// Whether it was held to the rules of alert conditions.
    pub alert: bool,
    /// What is wrong, in the order of the text.
    pub findings: Vec<Finding>,
}

impl LintedQuery {
    /// Whether nothing is wrong; warnings leave it so.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

/// How queries are held to account.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// Every query is for an alert condition.
    pub alerts: bool,
    /// What a dashboard's picker is set to, such as `3 hours ago`: takes the place of SINCE in widgets, and is meant where
    /// another query says none.
    pub since: Option<TimePoint>,
}

pub(crate) struct Judge<'j> {
    pub(crate) catalogue: &'j Catalogue,
    pub(crate) options: &'j LintOptions,
}

impl Judge<'_> {
    pub(crate) fn judge(&self, file: &str, lines: &Lines<'_>, found: &Found) -> LintedQuery {
        let alert = self.options.alerts || found.used == Use::Alert;
        let mut findings = match fill(&found.query, found.template) {
            Filled::Wrong { error, text } => {
                let mut message = if error.found.is_empty() {
                    "unexpected end of query".to_owned()
                } else {
                    format!("unexpected '{}'", error.found)
                };
                if !error.expected.is_empty() {
                    message.push_str(&format!("; expected {}", error.expected));
                }
                let draft = Draft {
                    rule: "syntax",
                    severity: Severity::Error,
                    message,
                    hint: error.hint,
                    span: error.span,
                };
                vec![place(draft, &text, lines)]
            }
            Filled::Open(hole) => {
                let draft = Draft {
                    rule: "template",
                    severity: Severity::Warning,
                    message: "the query cannot be checked: its meaning depends on the value inserted here"
                        .to_owned(),
                    hint: None,
                    span: Span::new(hole.start, hole.end),
                };
                vec![place(draft, &found.query, lines)]
            }
            Filled::Query { query, text, filled } => {
                self.checked(*query, &text, &filled, found, alert, lines)
            }
        };
        findings.retain(|finding| !ignored(lines, finding, found));
        let (line, column) = lines.place(found.query.place(0));
        LintedQuery {
            file: file.to_owned(),
            start: FilePlace { line, column },
            query: found.query.text.clone(),
            alert,
            findings,
        }
    }

    fn checked(
        &self,
        mut query: Query,
        text: &Extract,
        filled: &[Range<usize>],
        found: &Found,
        alert: bool,
        lines: &Lines<'_>,
    ) -> Vec<Finding> {
        if let Some(since) = &self.options.since
            && (query.since.is_none() || found.used == Use::Widget)
        {
            query.since = Some(since.clone());
            if found.used == Use::Widget {
                query.until = None;
            }
        }
        let mode = if alert { Mode::Alert } else { Mode::Query };
        let open = !self.all_closed(&query);
        let mut drafts: Vec<Draft> = nrql::check_for(&query, &self.catalogue.schema, mode)
            .into_iter()
            .filter(|problem| !open || !is_a_name_of_ones_own(problem, text))
            .map(|problem| Draft {
                rule: problem.rule,
                severity: if open && about_the_schema(problem.rule)
                    || self.depends_on_the_picker(problem.rule)
                {
                    Severity::Warning
                } else {
                    problem.severity
                },
                message: problem.message,
                hint: problem.hint,
                span: problem.span,
            })
            .collect();
        drafts.extend(rules::remarks(&query, self.catalogue, alert).into_iter().map(|remark| Draft {
            rule: remark.rule,
            severity: rules::SEVERITY,
            message: remark.message,
            hint: remark.hint,
            span: remark.span,
        }));
        // What was put into a hole was only to get past it.
        drafts.retain(|draft| {
            let (start, end) = (draft.span.start as usize, draft.span.end as usize);
            !filled.iter().any(|hole| start <= hole.end && hole.start <= end && end - start <= hole.len() + 2)
        });
        drafts.sort_by_key(|draft| draft.span.start);
        drafts.into_iter().map(|draft| place(draft, text, lines)).collect()
    }

    /// Whether a dashboard's picker can make the problem go away.
    fn depends_on_the_picker(&self, rule: &str) -> bool {
        rule == "buckets" && self.options.since.is_none()
    }

    /// Whether all events of the query have the known attributes only.
    fn all_closed(&self, query: &Query) -> bool {
        query.from.iter().all(|item| match item {
            FromItem::EventType(name) => {
                self.catalogue.facts.get(&name.text).is_some_and(|facts| facts.closed)
            }
            FromItem::Query(inner) => self.all_closed(inner),
            FromItem::Lookup(_) => true,
        })
    }
}

/// Whether a name that is not documented is far from every documented one: then it is somebody's own, and no slip.
fn is_a_name_of_ones_own(problem: &nrql::Problem, text: &Extract) -> bool {
    if !matches!(problem.rule, "unknown-event-type" | "unknown-attribute") {
        return false;
    }
    let near = problem.hint.as_deref().and_then(|hint| hint.strip_prefix("did you mean ")?.strip_suffix('?'));
    let name = problem.span.text(&text.text).trim_matches('`');
    near.is_none_or(|near| !is_slip(name, near))
}

fn about_the_schema(rule: &str) -> bool {
    matches!(rule, "unknown-attribute" | "unknown-event-type" | "wrong-type" | "impossible-value")
}

struct Draft {
    rule: &'static str,
    severity: Severity,
    message: String,
    hint: Option<String>,
    span: Span,
}

fn place(draft: Draft, text: &Extract, lines: &Lines<'_>) -> Finding {
    let at = |byte: usize| {
        let (line, column) = lines.place(text.place(byte));
        FilePlace { line, column }
    };
    let start = at(draft.span.start as usize);
    // One place further than the last byte, so that an escape at the end is covered.
    let last = (draft.span.end as usize).max(draft.span.start as usize + 1) - 1;
    let end = at(last);
    let end = FilePlace { column: end.column + 1, ..end };
    let (first, end_of_span) = (draft.span.start as usize, draft.span.end as usize);
    let range = text.place(first)..text.place(end_of_span.saturating_sub(1)) + 1;
    let fix = fix::of(draft.rule, draft.hint.as_deref(), draft.span.text(&text.text), range);
    Finding {
        rule: draft.rule.to_owned(),
        severity: draft.severity,
        message: draft.message,
        hint: draft.hint,
        fix,
        start,
        end: end.max(start),
        in_query: draft.span.position(&text.text),
    }
}

/// Whether a comment on the finding's line, within the query, or on the line above it takes the finding away.
fn ignored(lines: &Lines<'_>, finding: &Finding, found: &Found) -> bool {
    let first = lines.place(found.query.place(0)).0;
    let last = lines.place(found.query.place(found.query.text.len())).0;
    lines.ignoring(first.saturating_sub(1)..=last.max(finding.start.line)).any(|line| {
        let Some((_, behind)) = line.split_once(IGNORE) else { return false };
        if behind.starts_with("-file") {
            return false;
        }
        let rules: Vec<&str> = behind
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .filter(|word| word.len() > 2 && word.contains(|c: char| c.is_ascii_lowercase()))
            .collect();
        let names = behind.trim_start().starts_with(|c: char| c.is_ascii_lowercase() || c == ':' || c == '=');
        !names || rules.is_empty() || rules.contains(&finding.rule.as_str())
    })
}
