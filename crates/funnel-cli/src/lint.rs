//! `funnel lint`

use crate::failure::Failure;
use crate::output::{complain, progress, say};
use crate::{ask, terminal};
use funnel_lint::{Baseline, Catalogue, LintOptions, LintReport, Linter};
use nrql::ast::TimePoint;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Check the NRQL of a repository's files.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # every query under this folder
  funnel lint .
  # as a dashboard shows it while its picker is at three hours
  funnel lint dashboards --since '3 hours ago'
  # queries of alert conditions, for a code host
  funnel lint alerts --alerts --format sarif > nrql.sarif
  # an old repository: keep what is known, and count only what is new
  funnel lint . --write-baseline nrql-baseline.json
  funnel lint . --baseline nrql-baseline.json
  # one query
  echo 'SELECT cuont(*) FROM Transaction' | funnel lint -

Errors end with 1, warnings alone with 0. A comment `funnel-lint-ignore RULE` on
the line, in the query or on the line above takes a finding away. Rules, formats
and the shape of a schema file: docs/lint.md.")]
pub(crate) struct LintArguments {
    /// Files and folders; - reads one text from standard input
    #[arg(required = true, value_name = "PATH", value_parser = ask::path)]
    paths: Vec<PathBuf>,
    /// How the findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Every query is for an alert condition, which takes a part of the language
    #[arg(long)]
    alerts: bool,
    /// What a dashboard's picker is set to, such as '3 hours ago'
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<TimePoint>,
    /// Event types of your own: a saved keyset(), or docs/lint.md; may be repeated
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    schema: Vec<PathBuf>,
    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    baseline: Option<PathBuf>,
    /// Write the findings of today to this file, and end with 0
    #[arg(long, value_name = "FILE", value_parser = ask::path, conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Name of the text on standard input: its ending says how it is read
    #[arg(long, value_name = "NAME", default_value = "stdin.nrql")]
    stdin_name: String,
    /// Warnings end with 1 too
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

fn time(given: &str) -> Result<TimePoint, String> {
    let query = nrql::parse(&format!("SELECT count(*) FROM T SINCE {given}"));
    query
        .ok()
        .and_then(|query| query.since)
        .ok_or_else(|| "no time of NRQL, such as '3 hours ago'".to_owned())
}

pub(crate) fn run(arguments: &LintArguments, colour: bool) -> Result<(), Failure> {
    let mut catalogue = Catalogue::standard();
    for file in &arguments.schema {
        let text = read(file)?;
        catalogue
            .read(&file.to_string_lossy(), &text)
            .map_err(|error| Failure::CannotAsk(error.to_string()))?;
    }
    let options = LintOptions { alerts: arguments.alerts, since: arguments.since.clone() };
    let mut report = lint(&Linter::new(catalogue, options), arguments)?;
    progress("");
    for (file, why) in &report.unread {
        complain(&format!("funnel: {} is left out: {why}", file.display()));
    }
    if let Some(file) = &arguments.write_baseline {
        let baseline = Baseline::of(&report.queries);
        std::fs::write(file, baseline.to_json())
            .map_err(|error| Failure::CannotAsk(format!("{} cannot be written: {error}", file.display())))?;
        return say(&format!("{} findings are written to {}\n", baseline.len(), file.display()));
    }
    if let Some(file) = &arguments.baseline {
        let baseline = Baseline::parse(&read(file)?).map_err(|error| {
            Failure::CannotAsk(format!("{}: {error}; `--write-baseline` makes one", file.display()))
        })?;
        report.known = baseline.apply(&mut report.queries);
    }
    say(&match arguments.format {
        Format::Text => funnel_lint::text(&report, colour),
        Format::Json => terminal::json(&format!("{:#}\n", funnel_lint::json(&report))),
        Format::Sarif => terminal::json(&format!("{:#}\n", funnel_lint::sarif(&report))),
    })?;
    let warnings = if arguments.strict { report.warnings() } else { 0 };
    match report.errors() + warnings {
        0 => Ok(()),
        1 => Err(Failure::Wrong("1 finding".to_owned())),
        count => Err(Failure::Wrong(format!("{count} findings"))),
    }
}

fn lint(linter: &Linter, arguments: &LintArguments) -> Result<LintReport, Failure> {
    let paths: Vec<PathBuf> =
        arguments.paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect();
    let failed = |error: std::io::Error| Failure::CannotAsk(error.to_string());
    let mut report =
        linter.lint_paths(&paths, |file| progress(&file.display().to_string())).map_err(failed)?;
    if paths.len() < arguments.paths.len() {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(failed)?;
        report.files += 1;
        report.queries.extend(linter.lint_text(&arguments.stdin_name, &text));
    }
    Ok(report)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::CannotAsk(format!("{} cannot be read: {error}", file.display())))
}
