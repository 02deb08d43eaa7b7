//! How long the engine of funnels takes for an ordered, windowed funnel with a breakdown.
//!
//! `cargo bench -p funnel-lab --bench engine -- [EVENTS] [CSV]` writes the events to the file as well, for
//! `benches/engine.py`, which asks ClickHouse (chDB) the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::io::Write;
use std::time::Instant;

use funnel_lab::kpi::{FunnelQuestion, Journeys, StepRule, TakenStep};

const STEPS: [&str; 4] = ["landing", "provision", "claim", "paid"];
const ACTORS: [&str; 5] = ["human_dashboard", "agent_claude", "agent_mcp", "agent_curl", "agent_other"];
const DAY: u64 = 86_400_000;
const START: u64 = 1_780_000_000_000;

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) * bound) >> 31
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let events: u64 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let mut file = arguments.next().map(|path| std::io::BufWriter::new(std::fs::File::create(path).unwrap()));
    let journeys = events * 43 / 100;
    let mut numbers = Numbers(7);
    let mut engine = Journeys::new(&STEPS, &["entryActor"]);
    for _ in 0..events {
        let journey = numbers.below(journeys);
        let step = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][numbers.below(10) as usize];
        let ms = START + journey * 83 % (90 * DAY) + numbers.below(3 * DAY);
        let actor = ACTORS[(journey % 5) as usize];
        engine.take(&TakenStep {
            journey: Some(&format!("00000000-0000-4000-8000-{journey:012x}")),
            step: Some(step),
            nanos: ms as i64 * 1_000_000,
            start: None,
            values: &[Some(actor)],
        });
        if let Some(file) = &mut file {
            writeln!(file, "{journey},{step},{ms},{actor}").unwrap();
        }
    }
    if let Some(mut file) = file {
        file.flush().unwrap();
    }
    let start = Instant::now();
    let view = engine.view();
    println!("events               {events} of {journeys} journeys");
    println!("sorted               {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let rules = STEPS.iter().enumerate().map(|(at, name)| StepRule::any(name, at)).collect();
    let question = FunnelQuestion {
        began: i64::MIN..i64::MAX,
        window: Some(DAY as i64),
        by: Some(0),
        ..FunnelQuestion::new(rules, (START + 200 * DAY) as i64)
    };
    let mut times = Vec::new();
    let mut counts = Vec::new();
    for _ in 0..11 {
        let start = Instant::now();
        let answer = view.funnel(&question);
        times.push(start.elapsed().as_secs_f64() * 1e3);
        counts = answer.all.steps.iter().map(|step| step.count).collect();
    }
    times.sort_by(f64::total_cmp);
    println!("funnel               {:.1} ms, the least {:.1} ms", times[times.len() / 2], times[0]);
    println!("counts               {counts:?}");
}
