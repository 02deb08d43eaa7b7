//! In a terminal of 80 columns every line fits, tables stay aligned, and colours are there unless they are not wanted.
//! What goes to a pipe holds no escape sequence and no broken line.
//!
//! Needs `script` of util-linux; without it the test prints so and passes, except where `CI` is `true`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may")]

use std::path::Path;
use std::process::Command;

use funnel_lab::Lab;
use unicode_width::UnicodeWidthStr;

const ESCAPE: char = '\u{1b}';
const METRICS: &str = "instant_analytics_events_total{state=\"recorded\"} 900\n\
    instant_analytics_events_total{state=\"delivered\"} 700\ninstant_analytics_events_pending 100\n";
const QUERY: &str = "SELECT count(*) FROM InstantFunnel WHERE funnelStepp = 'claim' AND cohort = 'real' AND serviceName LIKE \
    '%checkout%' FACET journeyId LIMIT 10\n";

fn can_be_looked_at() -> bool {
    let found = Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs `script`");
        println!("skipped: no terminal without `script` of util-linux");
    }
    found
}

/// The variables with which the doctor has much to say.
const VARIABLES: [(&str, &str); 3] =
    [("ANALYTICS_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("TERM", "xterm")];

/// What a command writes to a terminal.
fn in_terminal(columns: usize, arguments: &[String], variables: &[(&str, &str)]) -> String {
    let words = arguments.iter().map(|word| format!(" '{word}'"));
    let command = format!(
        "stty cols {columns} rows 50; '{}'{}",
        env!("CARGO_BIN_EXE_funnel"),
        words.collect::<String>()
    );
    let mut script = Command::new("script");
    script.args(["-qc", &command, "/dev/null"]).stdin(std::process::Stdio::null());
    let output =
        script.env_remove("NO_COLOR").envs(VARIABLES).envs(variables.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

fn in_pipe(arguments: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_funnel")).args(arguments).envs(VARIABLES).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// The lines as they are seen: what a progress line has overwritten is gone, and so are colours.
fn seen(text: &str) -> Vec<String> {
    let last = |line: &str| line.rsplit('\r').next().unwrap_or_default().to_owned();
    let plain = |line: String| {
        let mut parts = line.split(ESCAPE);
        let first = parts.next().unwrap_or_default().to_owned();
        first
            + &parts.map(|part| part.split_once(['m', 'K']).map_or("", |(_, rest)| rest)).collect::<String>()
    };
    text.lines().map(last).map(plain).collect()
}

/// Runs `check` with each command that is looked at.
async fn with_commands(check: impl Fn(&[String]) + Send + 'static) {
    let lab = Lab::builder().start().await.unwrap();
    let page = lab.page_url().trim_end_matches('/').to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            shown(&path)
        };
        let (metrics, queries) = (file("metrics", METRICS), file("claims.nrql", QUERY));
        for command in [
            vec!["--help"],
            vec!["doctor"],
            vec!["doctor", "--help"],
            vec!["lint", &queries],
            vec!["reconcile", "--metrics", &metrics, "--lab", &page],
            vec!["report", "--url", &page],
        ] {
            check(&command.into_iter().map(str::to_owned).collect::<Vec<_>>());
        }
    });
    checked.await.unwrap();
    lab.shutdown().await;
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_fits_into_eighty_columns() {
    if !can_be_looked_at() {
        return;
    }
    with_commands(|command| {
        let narrow = in_terminal(80, command, &[]);
        assert!(narrow.lines().count() > 3, "{narrow}");
        for line in seen(&narrow) {
            assert!(line.width() <= 80, "{command:?}: {} columns: {line}", line.width());
        }
        let words = |text: &str| {
            let text = seen(text).join(" ");
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        if command[0] == "doctor" || command[0] == "reconcile" {
            assert_eq!(
                words(&narrow),
                words(&in_terminal(200, command, &[])),
                "{command:?}: nothing is lost"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_gets_no_escape_and_whole_lines() {
    with_commands(|command| {
        let piped = in_pipe(command);
        assert!(!piped.contains(ESCAPE), "{command:?}: {piped:?}");
        if command[0] == "reconcile" || *command == ["doctor"] {
            assert!(piped.lines().any(|line| line.width() > 80), "{command:?}: {piped}");
        }
    })
    .await;
}

#[test]
fn colours_are_there_unless_they_are_not_wanted() {
    if !can_be_looked_at() {
        return;
    }
    let doctor = ["doctor".to_owned()];
    assert!(in_terminal(80, &doctor, &[]).contains("\u{1b}[1;31mFAIL"));
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = in_terminal(80, &doctor, &[variable]);
        assert!(text.contains("FAIL") && !text.contains(ESCAPE), "{variable:?}: {text:?}");
    }
    let lint = ["lint".to_owned(), "-".to_owned()];
    assert!(!in_terminal(80, &lint, &[("TERM", "dumb")]).contains(ESCAPE));
}

/// The columns of a table that is broken in two stand under their heads in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_too_wide_goes_on_below() {
    if !can_be_looked_at() {
        return;
    }
    with_commands(|command| {
        if command[0] != "report" {
            return;
        }
        let (narrow, wide) = (in_terminal(60, command, &[]), in_terminal(200, command, &[]));
        let heads = |text: &str| seen(text).iter().filter(|line| line.starts_with("  KPI ")).count();
        assert!(heads(&wide) == 1 && heads(&narrow) > 1, "{narrow}");
        let lines = seen(&narrow);
        let starts = |name: &str| lines.iter().filter(|line| line.starts_with(name)).count();
        assert_eq!(starts("  claimed_per_provisioned "), 2 * heads(&narrow), "{narrow}");
        for head in ["rate", "target", "median", "p90"] {
            assert!(narrow.contains(head), "{head}: {narrow}");
        }
    })
    .await;
}
