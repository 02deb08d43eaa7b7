//! The engine of key figures against ClickHouse's `windowFunnel` and SQL in DuckDB, on a thousand random sets of events with
//! repeats, ties, late and missing steps. Needs Python; both databases come from PyPI into a folder under `target`. Where
//! they cannot be had the test prints so and passes, except where `CI` is `true`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may, and says what it leaves out"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use funnel_lab::kpi::{
    Bounded, Condition, FunnelQuestion, Journeys, Kpi, StepOrder, StepRule, TakenStep, View,
};

const SETS: u32 = 1_000;
/// The pieces of time by which cohorts are counted.
const PIECE: i64 = 20;
/// Steps in another order than the contract's, as in `answer.py`.
const TURNED: [usize; 3] = [2, 0, 1];

/// A generator of numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) * bound) >> 31
    }
}

struct Set {
    window: i64,
    from_within: i64,
    to_within: i64,
    now: i64,
    view: Arc<View>,
}

/// Random events of one set; appends them to the file as well.
fn set(number: u32, numbers: &mut Numbers, csv: &mut String) -> Set {
    const TIERS: [&str; 4] = ["a", "b", "c", ""];
    let mut journeys = Journeys::new(&["landing", "provision", "claim", "paid"], &["tier"]);
    let mut rows = Vec::new();
    for journey in 0..5 + numbers.below(20) {
        let base = numbers.below(80);
        let said = (numbers.below(3) == 0).then(|| base.saturating_sub(numbers.below(3)));
        for _ in 0..1 + numbers.below(7) {
            // Few distinct times, so that many are equal.
            rows.push((
                journey,
                numbers.below(4),
                base + numbers.below(25),
                said,
                TIERS[numbers.below(4) as usize],
            ));
        }
    }
    // Received in any order.
    for at in (1..rows.len()).rev() {
        rows.swap(at, numbers.below(at as u64 + 1) as usize);
    }
    for (row, (journey, step, ms, start, tier)) in rows.iter().enumerate() {
        let said = start.map(|start| start.to_string()).unwrap_or_default();
        writeln!(csv, "{number},{journey},{row},{step},{ms},{said},{tier}").unwrap();
        journeys.take(&TakenStep {
            journey: Some(&journey.to_string()),
            step: Some(*step as usize),
            nanos: *ms as i64 * 1_000_000,
            start: start.map(|start| start as i64),
            values: &[(!tier.is_empty()).then_some(*tier)],
        });
    }
    Set {
        window: [0, 1, 2, 3, 5, 8, 13, 30][number as usize % 8],
        from_within: numbers.below(12) as i64,
        to_within: numbers.below(25) as i64,
        now: 40 + numbers.below(80) as i64,
        view: journeys.view(),
    }
}

fn steps(names: &[usize]) -> Vec<StepRule> {
    names.iter().map(|step| StepRule::any(&step.to_string(), *step)).collect()
}

/// What the engine says of a set, in the lines of `answer.py`.
fn engine(number: u32, set: &Set, said: &mut Vec<String>) {
    let view = &set.view;
    let question = FunnelQuestion {
        began: i64::MIN..i64::MAX,
        window: Some(set.window),
        by: Some(0),
        ..FunnelQuestion::new(steps(&[0, 1, 2, 3]), set.now)
    };
    let answer = view.funnel(&question);
    let mut summed = vec![0; 4];
    for segment in &answer.segments {
        let tier = segment.value.as_deref().unwrap_or("");
        for (at, step) in segment.steps.iter().enumerate() {
            let further = segment.steps.get(at + 1).map_or(0, |next| next.count);
            if step.count > further {
                said.push(format!("funnel,{number},{tier},{},{}", at + 1, step.count - further));
            }
            summed[at] += step.count;
        }
    }
    let whole: Vec<u64> = answer.all.steps.iter().map(|step| step.count).collect();
    assert_eq!(summed, whole, "set {number}: the segments are the whole");
    // Not in the contract's order: ties are in the question's.
    let turned = FunnelQuestion { steps: steps(&TURNED), by: None, ..question.clone() };
    let counts = view.funnel(&turned).all.steps;
    for (at, step) in counts.iter().enumerate() {
        let further = counts.get(at + 1).map_or(0, |next| next.count);
        if step.count > further {
            said.push(format!("turned,{number},{},{}", at + 1, step.count - further));
        }
    }
    if answer.unknown_start > 0 {
        said.push(format!("unknown,{number},{}", answer.unknown_start));
    }
    let any = FunnelQuestion { window: None, order: StepOrder::Any, by: None, ..question.clone() };
    let counts = view.funnel(&any).all;
    let mut came = counts.began;
    for (level, step) in counts.steps.iter().enumerate() {
        if came > step.count {
            said.push(format!("any,{number},{level},{}", came - step.count));
        }
        came = step.count;
    }
    if came > 0 {
        said.push(format!("any,{number},4,{came}"));
    }
    let two = FunnelQuestion { steps: steps(&[1, 2]), by: None, ..question };
    let times = view.funnel(&two).all.steps[1].times.clone();
    if let Some(times) = times {
        said.push(format!("times,{number},{},{},{}", times.count, times.median, times.p90));
    }
    let kpi = Kpi {
        name: "claimed".to_owned(),
        title: String::new(),
        from: Bounded {
            rule: StepRule::any("provision", 1).when(Condition::is(0, "a")),
            within: set.from_within,
        },
        to: Bounded { rule: StepRule::any("claim", 2), within: set.to_within },
        target: Some(0.5),
    };
    let bounds: Vec<i64> = (0..10).map(|at| at * PIECE).collect();
    let answer = view.kpi(&kpi, &bounds, &[], set.now);
    for cohort in answer.cohorts.iter().filter(|cohort| cohort.tally.began > 0) {
        let tally = cohort.tally;
        said.push(format!(
            "kpi,{number},{},{},{},{},{}",
            cohort.from / PIECE,
            tally.began,
            tally.from,
            tally.to,
            u8::from(cohort.mature)
        ));
    }
    if answer.mature.began > 0 {
        let mature = answer.mature;
        said.push(format!("mature,{number},{},{},{}", mature.began, mature.from, mature.to));
    }
}

/// Python with both databases; `None` where they cannot be had.
fn python() -> Option<PathBuf> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/requirements.txt");
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oracle-python");
    let python = home.join("bin/python");
    let wanted = std::fs::read(&list).unwrap();
    if std::fs::read(home.join("installed")).is_ok_and(|was| was == wanted) {
        return Some(python);
    }
    let works = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let there = works(Command::new("python3").args(["-m", "venv"]).arg(&home))
        && works(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&list));
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs Python with venv and PyPI");
        println!("skipped: needs python3 with venv, and `pip install -r {}`", list.display());
        return None;
    }
    std::fs::write(home.join("installed"), wanted).unwrap();
    Some(python)
}

/// The answers of the databases; durations are put together as the engine does.
fn oracle(python: &Path, folder: &Path) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/answer.py");
    let output = Command::new(python).arg(script).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut times: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut said = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        match line.strip_prefix("times,").and_then(|rest| rest.split_once(',')) {
            Some((set, duration)) => times.entry(set.to_owned()).or_default().push(duration.parse().unwrap()),
            None => said.push(line.to_owned()),
        }
    }
    for (set, mut durations) in times {
        durations.sort_unstable();
        let rank = |tenths: usize| durations[(durations.len() * tenths).div_ceil(10) - 1];
        said.push(format!("times,{set},{},{},{}", durations.len(), rank(5), rank(9)));
    }
    said
}

#[test]
fn the_engine_agrees_with_clickhouse_and_duckdb() {
    let Some(python) = python() else { return };
    let folder = std::env::temp_dir().join(format!("funnel-lab-oracle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut numbers = Numbers(20_261_126);
    let mut events = String::from("set,journey,row,step,ms,start,tier\n");
    let mut sets = String::from("set,width,from_within,to_within,now\n");
    let mut said = Vec::new();
    for number in 0..SETS {
        let set = set(number, &mut numbers, &mut events);
        writeln!(sets, "{number},{},{},{},{}", set.window, set.from_within, set.to_within, set.now).unwrap();
        engine(number, &set, &mut said);
    }
    std::fs::write(folder.join("events.csv"), events).unwrap();
    std::fs::write(folder.join("sets.csv"), sets).unwrap();
    let mut expected = oracle(&python, &folder);
    std::fs::remove_dir_all(&folder).unwrap();
    said.sort_unstable();
    expected.sort_unstable();
    let differ: Vec<_> = said.iter().zip(&expected).filter(|(ours, theirs)| ours != theirs).take(5).collect();
    assert!(
        differ.is_empty() && said.len() == expected.len(),
        "{} of ours, {} of theirs: {differ:?}",
        said.len(),
        expected.len()
    );
    let kinds: BTreeMap<&str, usize> = said.iter().fold(BTreeMap::new(), |mut kinds, line| {
        *kinds.entry(line.split(',').next().unwrap()).or_default() += 1;
        kinds
    });
    // Every kind of question was asked of most sets.
    assert!(kinds.len() == 7 && kinds.values().all(|count| *count > 500), "{kinds:?}");
    println!("{kinds:?}");
}
