//! Seeded demo journeys: ninety days with bots, retries, renewals, late and missing steps.
//!
//! The same seed gives the same journeys, so many milliseconds before now. They are stored as if they had been received:
//! delivery gives up on events that are older than a day.

use instant_funnel_core::contract::{CONTRACT, MAX_ATTRIBUTES};

use crate::judge::{Batch, Content, EventVerdict, Row, Slot};

/// How many journeys a demonstration has.
pub(crate) const JOURNEYS: u32 = 200_000;
/// Over how many days they begin.
const DAYS: i64 = 90;
/// Events in one batch.
const BATCH: usize = 8_192;
const SEED: u64 = 0x5eed_0f4a;

const MINUTE: i64 = 60 * 1_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A generator of numbers that are the same in every run: SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, chance: f64) -> bool {
        self.share() < chance
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.share() * bound as f64) as usize
    }

    /// Waiting times: most are short, some are many times longer.
    fn wait(&mut self, typical: i64) -> i64 {
        (-(1.0 - self.share()).ln() * typical as f64) as i64 + 1
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next() & !0xf000 | 0x4000, self.next() >> 2 | 1 << 63);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

/// One event before it is put into a batch.
struct Made {
    millis: i64,
    step: &'static str,
    event_id: u128,
    /// Attributes beside the step and the id; the last of two equal keys counts.
    texts: Vec<(&'static str, String)>,
    renewal: Option<bool>,
    start: Option<i64>,
}

/// A journey while it is made.
struct Traveller<'n> {
    numbers: &'n mut Numbers,
    made: &'n mut Vec<Made>,
    id: String,
    start: Option<i64>,
    entry: &'static str,
    cohort: &'static str,
    env: &'static str,
    now: i64,
}

impl Traveller<'_> {
    fn take(
        &mut self,
        millis: i64,
        step: &'static str,
        actor: &'static str,
        more: Vec<(&'static str, String)>,
    ) {
        if millis > self.now {
            return;
        }
        let event_id = u128::from(self.numbers.next()) << 64 | u128::from(self.numbers.next());
        let mut texts = vec![
            ("serviceName", "shop".to_owned()),
            ("cohort", self.cohort.to_owned()),
            ("journeyId", self.id.clone()),
            ("env", self.env.to_owned()),
            ("actor", actor.to_owned()),
        ];
        if self.start.is_some() {
            texts.push(("entryActor", self.entry.to_owned()));
        }
        texts.extend(more);
        let renewal = (step == "paid").then_some(false);
        self.made.push(Made { millis, step, event_id, texts, renewal, start: self.start });
    }
}

/// Journeys up to `now`, in milliseconds since 1970, by the time of their events.
pub(crate) fn batches(now: i64, journeys: u32) -> impl Iterator<Item = Batch> {
    let mut numbers = Numbers(SEED);
    let mut made = Vec::new();
    for _ in 0..journeys {
        journey(&mut numbers, now, &mut made);
    }
    made.sort_by_key(|one| one.millis);
    let count = made.len().div_ceil(BATCH);
    let mut made = made.into_iter();
    (0..count).map(move |_| batch(made.by_ref().take(BATCH)))
}

/// When somebody begins: by day more than by night, and on weekends less.
fn beginning(numbers: &mut Numbers, now: i64) -> i64 {
    loop {
        let time = now - (numbers.share() * (DAYS * DAY) as f64) as i64;
        let hour = (time.rem_euclid(DAY) / HOUR) as f64;
        let weekday = (time.div_euclid(DAY) + 3).rem_euclid(7);
        let by_day = 0.55 - 0.45 * ((hour - 3.0) / 24.0 * std::f64::consts::TAU).cos();
        if numbers.happens(by_day * if weekday >= 5 { 0.5 } else { 1.0 }) {
            return time;
        }
    }
}

fn journey(numbers: &mut Numbers, now: i64, made: &mut Vec<Made>) {
    const ENTRIES: [(&str, f64); 6] = [
        ("human_dashboard", 0.38),
        ("agent_claude", 0.66),
        ("agent_mcp", 0.82),
        ("agent_curl", 0.90),
        ("agent_other", 0.96),
        ("prober", 1.0),
    ];
    let start = beginning(numbers, now);
    let drawn = numbers.share();
    let entry = ENTRIES.iter().find(|(_, up_to)| drawn < *up_to).map_or("unknown", |(entry, _)| *entry);
    let cohort = if entry == "prober" { "synthetic" } else { "real" };
    let env = if numbers.happens(0.97) { "production" } else { "staging" };
    let is_known = numbers.happens(0.985);
    let id = numbers.uuid();
    let mut traveller =
        Traveller { numbers, made, id, start: is_known.then_some(start), entry, cohort, env, now };
    let traveller = &mut traveller;
    // Some beginnings are not recorded as a landing.
    if traveller.numbers.happens(0.98) {
        traveller.take(start, "landing", entry, Vec::new());
    }
    let is_bot = entry == "agent_other" && traveller.numbers.happens(0.5);
    let retries =
        if is_bot { 4 + traveller.numbers.below(12) } else { usize::from(traveller.numbers.happens(0.1)) };
    for retry in 1..=retries {
        let later = start + traveller.numbers.wait(MINUTE * retry as i64);
        traveller.take(later, "landing", entry, Vec::new());
    }
    if !is_bot {
        provision(traveller, start);
    }
}

fn provision(traveller: &mut Traveller<'_>, start: i64) {
    const SERVICES: [&str; 6] = ["db", "cache", "nosql", "vector", "queue", "storage"];
    let is_agent = traveller.entry.starts_with("agent");
    if !traveller.numbers.happens(if is_agent { 0.55 } else { 0.30 }) {
        return;
    }
    let at = start + traveller.numbers.wait(if is_agent { 2 * MINUTE } else { 25 * MINUTE });
    let tier = if traveller.numbers.happens(0.88) { "anonymous" } else { "free" };
    let service = SERVICES[traveller.numbers.below(SERVICES.len())];
    for again in 0..=i64::from(traveller.numbers.happens(0.15)) {
        let more = vec![("tier", tier.to_owned()), ("service", service.to_owned())];
        traveller.take(at + again * MINUTE, "provision", traveller.entry, more);
    }
    claim(traveller, start, at, is_agent);
}

fn claim(traveller: &mut Traveller<'_>, start: i64, provisioned: i64, is_agent: bool) {
    // In the last three weeks a better mail goes out to those whom an agent brought.
    let is_recent = start > traveller.now - 21 * DAY;
    let chance = match (is_agent, is_recent) {
        (true, true) => 0.040,
        (true, false) => 0.021,
        (false, _) => 0.052,
    };
    if !traveller.numbers.happens(chance) {
        return;
    }
    let at = provisioned + traveller.numbers.wait(40 * HOUR);
    let team = traveller.numbers.uuid();
    let more = |tier: &str| vec![("teamId", team.clone()), ("tier", tier.to_owned())];
    // Some claims are made under an id that the journey did not bring along.
    if traveller.numbers.happens(0.97) {
        traveller.take(at, "claim", "human_dashboard", more("free"));
    }
    if !traveller.numbers.happens(0.27) {
        return;
    }
    let tier = if traveller.numbers.happens(0.3) { "pro" } else { "hobby" };
    let paid = at + traveller.numbers.wait(9 * DAY);
    traveller.take(paid, "paid", "unknown", more(tier));
    // A webhook that is sent twice has the same id.
    if traveller.numbers.happens(0.05)
        && let Some(last) = traveller.made.last().filter(|last| last.step == "paid")
    {
        let (event_id, millis) = (last.event_id, last.millis + 5 * MINUTE);
        if millis <= traveller.now {
            let (texts, renewal, start) = (last.texts.clone(), last.renewal, last.start);
            traveller.made.push(Made { millis, step: "paid", event_id, texts, renewal, start });
        }
    }
    for month in 1..3 {
        let before = traveller.made.len();
        traveller.take(paid + month * 30 * DAY, "paid", "unknown", more(tier));
        if let Some(renewed) = traveller.made.get_mut(before) {
            renewed.renewal = Some(true);
        }
    }
}

fn batch(made: impl Iterator<Item = Made>) -> Batch {
    let position = |key: &str| CONTRACT.attributes.iter().position(|attribute| attribute.key == key);
    let mut batch = Batch::with_capacity(BATCH * 256);
    let resource = batch.add_resource("{\"service.name\":\"shop\"}".to_owned());
    for one in made {
        let mut slots = [Slot::Absent; MAX_ATTRIBUTES];
        let id = format!("{:032x}", one.event_id);
        let own = [("funnelStep", one.step), ("eventId", id.as_str())];
        let texts = one.texts.iter().map(|(key, value)| (*key, value.as_str()));
        for (key, value) in own.into_iter().chain(texts) {
            if let Some(at) = position(key) {
                slots[at] = Slot::Text(batch.keep(value));
            }
        }
        if let (Some(at), Some(renewal)) = (position("renewal"), one.renewal) {
            slots[at] = Slot::Bool(renewal);
        }
        if let (Some(at), Some(start)) = (position("journeyStart"), one.start) {
            slots[at] = Slot::Integer(start);
        }
        let kind = batch.keep(CONTRACT.event_name);
        batch.rows.push(Row {
            nanos: one.millis * 1_000_000,
            kind,
            verdict: EventVerdict::Good,
            stored: true,
            resource,
            content: Content::Funnel {
                contract: 0,
                slots,
                step: CONTRACT.step_position(one.step),
                event_id: Some(one.event_id.to_be_bytes()),
            },
            problems: 0..0,
        });
    }
    batch
}
