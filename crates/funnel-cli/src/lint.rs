//! `funnel lint`

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use funnel_contract::{ContractFile, OutputSpec, Target};
use funnel_lint::{Baseline, Catalogue, LintOptions, LintReport, LintedQuery, Linter, fixed};
use nrql::ast::TimePoint;

use crate::failure::Failure;
use crate::output::{complain, progress, say, say_fitted};
use crate::{ask, terminal};

/// Check the NRQL of a repository's files.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # every query under this folder
  funnel lint .
  # with the dashboard's time picker at three hours
  funnel lint dashboards --since '3 hours ago'
  # queries of alert conditions, as SARIF for a code host
  funnel lint alerts --alerts --format sarif > nrql.sarif
  # an existing repository: record known findings, then report only new ones
  funnel lint . --write-baseline nrql-baseline.json
  funnel lint . --baseline nrql-baseline.json
  # a funnel of your own
  funnel lint dashboards --contract contracts/shop.toml
  # correct misspelt names and values, and report the rest
  funnel lint dashboards --fix
  # one query
  echo 'SELECT cuont(*) FROM Transaction' | funnel lint -

Exits with 1 for errors, 0 for warnings only. A comment `funnel-lint-ignore RULE` on
the line, in the query or on the line above suppresses a finding. Rules, formats
and the shape of a schema file: docs/lint.md.")]
pub(crate) struct LintArguments {
    /// Files and folders; - reads standard input
    #[arg(required = true, value_name = "PATH", value_parser = ask::path)]
    paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Check every query as an alert condition, which allows only part of the language
    #[arg(long)]
    alerts: bool,
    /// Time range of the dashboard's picker, such as '3 hours ago'
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<TimePoint>,
    /// A file that describes your own event types: a saved keyset(), or the format in docs/lint.md; may be repeated
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    schema: Vec<PathBuf>,
    /// Contract file of a funnel of your own; may be repeated
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    contract: Vec<PathBuf>,
    /// Correct misspelt names and values in the files, where a hint suggests the correct word
    #[arg(long, conflicts_with = "write_baseline")]
    fix: bool,
    /// Ignore the findings in this baseline
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    baseline: Option<PathBuf>,
    /// Write the current findings to this file, and exit with 0
    #[arg(long, value_name = "FILE", value_parser = ask::path, conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// File name for standard input; its extension selects the format
    #[arg(long, value_name = "NAME", default_value = "stdin.nrql")]
    stdin_name: String,
    /// Exit with 1 for warnings too
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// How often files are corrected and read again at most.
const PASSES: usize = 8;

fn time(given: &str) -> Result<TimePoint, String> {
    let query = nrql::parse(&format!("SELECT count(*) FROM T SINCE {given}"));
    query
        .ok()
        .and_then(|query| query.since)
        .ok_or_else(|| "not an NRQL time, such as '3 hours ago'".to_owned())
}

pub(crate) fn run(arguments: &LintArguments, colour: bool) -> Result<(), Failure> {
    let mut catalogue = Catalogue::standard();
    for file in &arguments.schema {
        let text = read(file)?;
        catalogue
            .read(&file.to_string_lossy(), &text)
            .map_err(|error| Failure::CannotAsk(error.to_string()))?;
    }
    for file in &arguments.contract {
        let contract = ContractFile::parse(&read(file)?)
            .map_err(|error| Failure::CannotAsk(format!("{}: {error}", file.display())))?;
        catalogue.add_contract(contract.table());
        let output = OutputSpec { target: Target::NrqlSchema, path: file.to_string_lossy().into_owned() };
        for made in contract.generate_one(&output) {
            catalogue
                .read_kpis(&made.path, &made.text)
                .map_err(|error| Failure::CannotAsk(error.to_string()))?;
        }
    }
    let options = LintOptions { alerts: arguments.alerts, since: arguments.since.clone() };
    let linter = Linter::new(catalogue, options);
    let mut report = lint(&linter, arguments)?;
    if arguments.fix {
        let count = fix(&mut report, &linter, arguments)?;
        complain(&format!("funnel: {count} words corrected"));
    }
    progress("");
    for (file, why) in &report.unread {
        complain(&format!("funnel: {} is skipped: {why}", file.display()));
    }
    if let Some(file) = &arguments.write_baseline {
        let baseline = Baseline::of(&report.queries);
        std::fs::write(file, baseline.to_json())
            .map_err(|error| Failure::CannotAsk(format!("{} cannot be written: {error}", file.display())))?;
        return say(&format!("{} findings are written to {}\n", baseline.len(), file.display()));
    }
    if let Some(file) = &arguments.baseline {
        let baseline = Baseline::parse(&read(file)?).map_err(|error| {
            Failure::CannotAsk(format!("{}: {error}; `--write-baseline` creates a baseline", file.display()))
        })?;
        report.known = baseline.apply(&mut report.queries);
    }
    match arguments.format {
        Format::Text => say_fitted(&funnel_lint::text(&report, colour))?,
        Format::Json => say(&terminal::json(&format!("{:#}\n", funnel_lint::json(&report))))?,
        Format::Sarif => say(&terminal::json(&format!("{:#}\n", funnel_lint::sarif(&report))))?,
    }
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

/// Corrects the files of the report, reads them again, and returns how many words were corrected.
fn fix(report: &mut LintReport, linter: &Linter, arguments: &LintArguments) -> Result<usize, Failure> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::CannotAsk("--fix cannot be used with standard input (-)".to_owned()));
    }
    let mut count = 0;
    // A value can only be judged once the name before it is right, so that one pass is not enough.
    for _ in 0..PASSES {
        let corrected = fix_once(&report.queries)?;
        if corrected == 0 {
            break;
        }
        count += corrected;
        *report = lint(linter, arguments)?;
    }
    Ok(count)
}

fn fix_once(queries: &[LintedQuery]) -> Result<usize, Failure> {
    let mut by_file: BTreeMap<PathBuf, Vec<LintedQuery>> = BTreeMap::new();
    for query in queries {
        by_file.entry(PathBuf::from(&query.file)).or_default().push(query.clone());
    }
    let mut count = 0;
    for (file, queries) in &by_file {
        let text = read(file)?;
        if let Some((text, corrected)) = fixed(&text, queries) {
            replace(file, &text).map_err(|error| {
                Failure::CannotAsk(format!("{} cannot be written: {error}", file.display()))
            })?;
            count += corrected;
        }
    }
    Ok(count)
}

/// Writes a file beside it first, so that a crash leaves the old one or the new one.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = file.with_file_name(format!(".{name}.funnel-lint"));
    std::fs::write(&beside, text)?;
    std::fs::set_permissions(&beside, std::fs::metadata(&file)?.permissions())?;
    std::fs::rename(&beside, &file)
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::CannotAsk(format!("{} cannot be read: {error}", file.display())))
}
