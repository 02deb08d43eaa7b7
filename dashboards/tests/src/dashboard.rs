//! The New Relic dashboards: a layout here, everything else from the query pack.

use serde_json::{Value, json};

use crate::pack::{self, Question};

/// A file of `dashboards/newrelic` and what is on it.
#[derive(Debug)]
pub struct Dashboard {
    /// The file's name.
    pub file: &'static str,
    name: &'static str,
    description: &'static str,
    pages: &'static [Page],
}

#[derive(Debug)]
struct Page {
    name: &'static str,
    /// Rows of widgets: the question, how it is drawn, and how many of twelve columns it takes.
    rows: &'static [&'static [(&'static str, &'static str, u8)]],
}

/// All of them.
pub const DASHBOARDS: &[Dashboard] = &[
    Dashboard {
        file: "newrelic/product.json",
        name: "Instant Funnel: product",
        description: "Who gets from the first visit to the first payment.",
        pages: &[
            Page {
                name: "Funnel",
                rows: &[
                    &[("funnel", "viz.funnel", 6), ("steps-over-time", "viz.line", 6)],
                    &[("funnel-by-entry-actor", "viz.funnel", 8), ("drop-off", "viz.pie", 4)],
                    &[("funnel-exact", "viz.billboard", 6), ("funnel-by-actor", "viz.funnel", 6)],
                ],
            },
            Page {
                name: "Conversion",
                rows: &[
                    &[
                        ("kpi-claimed-per-provisioned", "viz.funnel", 6),
                        ("kpi-paid-per-claimed", "viz.funnel", 6),
                    ],
                    &[("kpi-claimed-per-provisioned-by-start", "viz.funnel", 12)],
                    &[("kpi-paid-per-claimed-by-start", "viz.funnel", 12)],
                    &[("conversion-by-start", "viz.table", 7), ("time-to-convert", "viz.billboard", 5)],
                    &[("time-from-start", "viz.table", 6), ("claims-by-actor", "viz.bar", 6)],
                ],
            },
            Page {
                name: "What and how much",
                rows: &[
                    &[
                        ("provisions-by-service", "viz.bar", 4),
                        ("payments-by-tier", "viz.table", 4),
                        ("first-payments-against-renewals", "viz.table", 4),
                    ],
                    &[("bots-share", "viz.table", 6), ("journeys-by-environment", "viz.table", 6)],
                ],
            },
        ],
    },
    Dashboard {
        file: "newrelic/operator.json",
        name: "Instant Funnel: operator",
        description: "Whether the numbers can be trusted.",
        pages: &[Page {
            name: "Loss and quality",
            rows: &[
                &[("freshness", "viz.table", 6), ("reconciliation", "viz.table", 6)],
                &[("events-lost", "viz.table", 4), ("integration-errors", "viz.table", 8)],
                &[
                    ("journeys-not-carried", "viz.table", 5),
                    ("duplicates", "viz.table", 4),
                    ("anomalies", "viz.billboard", 3),
                ],
            ],
        }],
    },
];

impl Dashboard {
    /// The file's text.
    #[must_use]
    pub fn json(&self) -> String {
        let pages: Vec<_> = self.pages.iter().map(page).collect();
        let all = json!({
            "name": self.name, "description": self.description, "permissions": "PUBLIC_READ_WRITE",
            "pages": pages, "variables": [],
        });
        serde_json::to_string_pretty(&all).unwrap() + "\n"
    }

    /// Names of the questions on it.
    pub fn questions(&self) -> impl Iterator<Item = &'static str> {
        self.pages.iter().flat_map(|page| page.rows).flat_map(|row| row.iter()).map(|(name, _, _)| *name)
    }
}

fn page(page: &Page) -> Value {
    const HEIGHT: u32 = 4;
    let mut widgets = Vec::new();
    let mut row = 1;
    let mut questions = Vec::new();
    for cells in page.rows {
        let mut column = 1;
        for (name, drawn, width) in *cells {
            let question = pack::named(name);
            widgets.push(json!({
                "title": question.title,
                "layout": {"column": column, "row": row, "width": width, "height": HEIGHT},
                "linkedEntityGuids": null,
                "visualization": {"id": drawn},
                "rawConfiguration": {
                    "nrqlQueries": [{"accountIds": [0], "query": one_line(&question.query)}],
                    "platformOptions": {"ignoreTimeRange": has_own_range(name)},
                },
            }));
            column += u32::from(*width);
            questions.push(question);
        }
        row += HEIGHT;
    }
    widgets.push(json!({
        "title": "How to read this page",
        "layout": {"column": 1, "row": row, "width": 12, "height": HEIGHT + 2},
        "linkedEntityGuids": null,
        "visualization": {"id": "viz.markdown"},
        "rawConfiguration": {"text": guide(&questions)},
    }));
    json!({"name": page.name, "description": null, "widgets": widgets})
}

/// Whether the time picker must leave the widget alone: a figure of mature journeys is empty in a short window.
fn has_own_range(name: &str) -> bool {
    name.starts_with("kpi-")
}

/// NRQL in a widget stands on one line.
fn one_line(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn guide(questions: &[Question]) -> String {
    questions
        .iter()
        .map(|one| {
            format!(
                "**{}** {} *How to read it:* {} *Where it misleads:* {}",
                one.title, one.question, one.read, one.misleads
            )
        })
        .collect::<Vec<_>>()
        .join("\n\n")
}
