//! What was sent, what arrived, and whether the two agree.

use std::error::Error;

use funnel_lab::{Lab, ReportQuestion};
use instant_funnel::{FlushReport, Step};
use serde_json::{Map, Value, json};

/// What the store holds, by distinct business fact.
const STORED: &str = "SELECT uniqueCount(eventId) AS 'stored' FROM InstantFunnel SINCE 1 day ago";
const STEPS: &str =
    "SELECT uniqueCount(eventId) AS 'stored' FROM InstantFunnel FACET funnelStep SINCE 1 day ago";

pub(crate) struct Report {
    sent: FlushReport,
    stored: u64,
    bad: u64,
    steps: [u64; 4],
    /// As `funnel report` has them.
    kpis: Vec<Value>,
    page: String,
}

impl Report {
    pub(crate) async fn of(sent: &FlushReport, lab: &Lab) -> Result<Self, Box<dyn Error>> {
        let report = lab.report(&ReportQuestion::default()).await?;
        let facets = lab.query(STEPS).await?;
        let steps = Step::ALL.map(|step| {
            let rows = facets["results"].as_array().into_iter().flatten();
            rows.filter(|row| row["funnelStep"] == step.as_str())
                .filter_map(|row| row["stored"].as_u64())
                .sum()
        });
        Ok(Self {
            sent: *sent,
            stored: lab.query(STORED).await?["results"][0]["stored"].as_u64().unwrap_or(0),
            bad: lab.counts().bad,
            steps,
            kpis: report["kpis"].as_array().cloned().unwrap_or_default(),
            page: lab.page_url(),
        })
    }

    /// The law, and the store's agreement with it.
    pub(crate) fn adds_up(&self) -> bool {
        let FlushReport { recorded, delivered, handed_over, dropped, pending, .. } = self.sent;
        recorded == delivered + handed_over + dropped.total() + pending
            && self.stored == delivered
            && self.bad == 0
            && self.steps.iter().sum::<u64>() == self.stored
    }

    pub(crate) fn to_json(&self) -> Value {
        let [landing, provision, claim, paid] = self.steps;
        let named = |kpi: &Value| Some((kpi["name"].as_str()?.to_owned(), so_far(kpi).into()));
        let kpis: Map<String, Value> = self.kpis.iter().filter_map(named).collect();
        json!({
            "recorded": self.sent.recorded,
            "delivered": self.sent.delivered,
            "dropped": self.sent.dropped.total(),
            "pending": self.sent.pending,
            "stored": self.stored,
            "steps": {"landing": landing, "provision": provision, "claim": claim, "paid": paid},
            "kpi": kpis,
            // Journeys that have just begun may still convert: docs/kpi.md.
            "provisional": self.kpis.iter().any(|kpi| kpi["provisional"] == true),
        })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\nfunnel")?;
        for (step, count) in Step::ALL.iter().zip(self.steps) {
            writeln!(f, "  {:<10} {count:>8}", step.as_str())?;
        }
        writeln!(f, "KPIs so far: real people, each journey once")?;
        for kpi in &self.kpis {
            let (name, target) = (kpi["name"].as_str().unwrap_or(""), kpi["target"].as_f64().unwrap_or(0.0));
            let state = if kpi["provisional"] == true { "provisional" } else { "final" };
            let (percent, target) = (so_far(kpi) * 100.0, target * 100.0);
            writeln!(f, "  {name:<24} {percent:>6.2} %   {state}, target {target:.0} %")?;
        }
        let FlushReport { recorded, delivered, dropped, pending, .. } = self.sent;
        let dropped = dropped.total();
        writeln!(f, "conservation")?;
        writeln!(f, "  recorded {recorded} = delivered {delivered} + dropped {dropped} + pending {pending}")?;
        write!(
            f,
            "  stored {} by distinct eventId, {} broke the contract; see {}",
            self.stored, self.bad, self.page
        )
    }
}

/// The rate of a figure so far; 0 while nobody took its first step.
fn so_far(kpi: &Value) -> f64 {
    kpi["so_far"]["rate"].as_f64().unwrap_or(0.0)
}
