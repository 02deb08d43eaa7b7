//! The alert conditions, and when they would open an incident.

use nrql::Store;
use serde_json::Value;

/// A condition of `dashboards/newrelic/conditions.json`.
#[derive(Debug)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// The query that gives one number a window.
    pub query: String,
    json: Value,
}

/// All of them.
#[must_use]
pub fn conditions() -> Vec<Condition> {
    let json: Value = serde_json::from_str(&crate::read("newrelic/conditions.json")).unwrap();
    let usual = terraform_default("usual_claim_percent");
    let all = json.as_array().unwrap().iter();
    all.map(|one| Condition {
        name: one["name"].as_str().unwrap().to_owned(),
        query: one["nrql"]["query"].as_str().unwrap().replace("${usual_claim_percent}", &usual),
        json: one.clone(),
    })
    .collect()
}

/// The default of a variable of `newrelic/main.tf`.
fn terraform_default(name: &str) -> String {
    let file = crate::read("newrelic/main.tf");
    let (_, variable) = file.split_once(&format!("variable \"{name}\" {{")).unwrap();
    let mut lines = variable.lines().map(str::trim).take_while(|line| *line != "}");
    let default = lines.find_map(|line| line.strip_prefix("default")?.trim().strip_prefix("= "));
    default.unwrap_or_else(|| panic!("{name} has no default")).to_owned()
}

impl Condition {
    /// A number of the condition, as Terraform gives it to New Relic.
    #[must_use]
    pub fn number(&self, key: &str) -> i64 {
        self.json[key].as_i64().unwrap_or_else(|| panic!("{}: no number {key}", self.name))
    }

    /// What it says to people.
    #[must_use]
    pub fn description(&self) -> &str {
        self.json["description"].as_str().unwrap()
    }

    /// Whether an incident is open at `now`: by the threshold over its duration, or by the loss of the signal.
    ///
    /// Windows stand behind one another up to `now`, as New Relic's do without `slide_by`. A window without an event
    /// has no value, and `fill_option` is `none`, so it breaks no threshold.
    #[must_use]
    pub fn open(&self, store: &Store, now: i64) -> bool {
        self.lost(store, now) || self.over(store, now)
    }

    fn over(&self, store: &Store, now: i64) -> bool {
        let (window, threshold) =
            (self.number("aggregation_window") * 1_000, self.json["threshold"].as_f64().unwrap());
        let windows = self.number("threshold_duration") * 1_000 / window;
        assert!(windows >= 1, "{}: a duration shorter than its window", self.name);
        let mut broken = (0..windows).map(|back| {
            let until = now - back * window;
            let value = self.value(store, until - window, until);
            value.is_some_and(|value| match self.json["operator"].as_str() {
                Some("above") => value > threshold,
                Some("below") => value < threshold,
                other => panic!("{}: operator {other:?}", self.name),
            })
        });
        match self.json["threshold_occurrences"].as_str() {
            Some("all") => broken.all(|one| one),
            Some("at_least_once") => broken.any(|one| one),
            other => panic!("{}: threshold_occurrences {other:?}", self.name),
        }
    }

    fn lost(&self, store: &Store, now: i64) -> bool {
        let Some(seconds) = self.json["expiration_duration"].as_i64() else { return false };
        self.json["open_violation_on_expiration"] == true
            && self.value(store, now - seconds * 1_000, now).is_none()
    }

    /// The number of one window; none where no event matches, as New Relic has it.
    #[must_use]
    pub fn value(&self, store: &Store, since: i64, until: i64) -> Option<f64> {
        let query = nrql::parse(&format!("{} SINCE {since} UNTIL {until}", self.query)).unwrap();
        let answer = nrql::evaluate(&query, store, until).unwrap();
        if answer.stats.matched == 0 {
            return None;
        }
        match answer.value()? {
            nrql::Value::Int(number) => Some(*number as f64),
            nrql::Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}
