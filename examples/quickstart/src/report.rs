//! What was sent, what arrived, and whether the two agree.

use funnel_lab::{Lab, QueryError};
use instant_funnel::{FlushReport, Step};
use serde_json::{Value, json};

/// The funnel of real people, one journey counted once at each step.
const FUNNEL: &str = "SELECT funnel(journeyId, WHERE funnelStep = 'provision' AS 'provision', \
                      WHERE funnelStep = 'claim' AS 'claim', WHERE funnelStep = 'paid' AS 'paid') \
                      FROM InstantFunnel WHERE cohort = 'real' SINCE 1 day ago";
/// What the far side holds, by distinct business fact.
const STORED: &str = "SELECT uniqueCount(eventId) AS 'stored' FROM InstantFunnel SINCE 1 day ago";
const STEPS: &str =
    "SELECT uniqueCount(eventId) AS 'stored' FROM InstantFunnel FACET funnelStep SINCE 1 day ago";

/// The targets of the two KPIs.
const CLAIMED_TARGET: f64 = 0.02;
const PAID_TARGET: f64 = 0.20;

pub(crate) struct Report {
    sent: FlushReport,
    stored: u64,
    bad: u64,
    steps: [u64; 4],
    claimed_per_provisioned: f64,
    paid_per_claimed: f64,
    page: String,
}

impl Report {
    pub(crate) async fn of(sent: &FlushReport, lab: &Lab) -> Result<Self, QueryError> {
        let funnel = lab.query(FUNNEL).await?;
        let step = |at: usize| funnel["rawResponse"]["results"][0]["steps"][at].as_f64().unwrap_or(0.0);
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
            claimed_per_provisioned: ratio(step(1), step(0)),
            paid_per_claimed: ratio(step(2), step(1)),
            page: lab.page_url(),
        })
    }

    /// The law, and the far side's agreement with it.
    pub(crate) fn adds_up(&self) -> bool {
        let FlushReport { recorded, delivered, handed_over, dropped, pending, .. } = self.sent;
        recorded == delivered + handed_over + dropped.total() + pending
            && self.stored == delivered
            && self.bad == 0
            && self.steps.iter().sum::<u64>() == self.stored
    }

    pub(crate) fn to_json(&self) -> Value {
        let [landing, provision, claim, paid] = self.steps;
        json!({
            "recorded": self.sent.recorded,
            "delivered": self.sent.delivered,
            "dropped": self.sent.dropped.total(),
            "pending": self.sent.pending,
            "stored": self.stored,
            "steps": {"landing": landing, "provision": provision, "claim": claim, "paid": paid},
            "kpi": {
                "claimed_per_provisioned": self.claimed_per_provisioned,
                "paid_per_claimed": self.paid_per_claimed,
            },
        })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "\nfunnel")?;
        for (step, count) in Step::ALL.iter().zip(self.steps) {
            writeln!(f, "  {:<10} {count:>8}", step.as_str())?;
        }
        writeln!(f, "KPIs, real people, each journey once")?;
        for (name, value, target) in [
            ("claimed of provisioned", self.claimed_per_provisioned, CLAIMED_TARGET),
            ("paid of claimed", self.paid_per_claimed, PAID_TARGET),
        ] {
            let verdict = if value > target { "above" } else { "not above" };
            let (percent, target) = (value * 100.0, target * 100.0);
            writeln!(f, "  {name:<24} {percent:>5.1} %   {verdict} {target:.0} %")?;
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

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
