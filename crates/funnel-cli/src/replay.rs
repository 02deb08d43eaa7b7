//! `funnel replay`

use std::path::PathBuf;
use std::time::Duration;

use funnel_ops::replay::{Replay, ReplayPlan, ReplayReport};

use crate::ask;
use crate::failure::Failure;
use crate::output::{progress, say};

/// Send dead letters, journals of ended processes or the collector's archive again, with the same ids and times.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # list what is there; nothing is sent
  funnel replay /var/lib/app/journal
  # send it to a collector, 1,000 events a second
  funnel replay /var/lib/app/journal --send --pace 1000
  # the collector's archive: copies, since what is sent there is archived again
  mkdir copies && cp /var/lib/otelcol/archive/funnel*.otlp copies/
  funnel replay copies --send --to http://127.0.0.1:4318
  # directly to New Relic
  export NEW_RELIC_LICENSE_KEY=…
  funnel replay dead-letters --send --to https://otlp.nr-data.net

The progress file records how far the replay got, so that it continues where it
stopped. Events older than New Relic accepts (24 hours) are left out unless
--too-old is given. A journal is removed once all of it is delivered; archives
and dead letters stay.")]
pub(crate) struct ReplayArguments {
    /// An archive file or a dead-letter file, or a directory of such files or of journals
    #[arg(required = true, value_name = "PATH", value_parser = ask::path)]
    paths: Vec<PathBuf>,
    /// Send; without it, only list what would be sent
    #[arg(long)]
    send: bool,
    /// Base address of a collector, a lab or New Relic
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4318", value_parser = ask::word)]
    to: String,
    /// A file with the licence key [default: NEW_RELIC_LICENSE_KEY, for New Relic only]
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    api_key_file: Option<PathBuf>,
    /// Maximum number of events per second; 0 is unlimited
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    pace: u64,
    /// The file that records the progress of the replay
    #[arg(long, value_name = "FILE", default_value = "funnel-replay.progress", value_parser = ask::path)]
    progress: PathBuf,
    /// Also send events that are too old for New Relic
    #[arg(long)]
    too_old: bool,
    /// How long to keep trying when the address accepts nothing
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = ask::duration)]
    patience: Duration,
}

pub(crate) fn run(arguments: &ReplayArguments) -> Result<(), Failure> {
    let failed = |error: funnel_ops::replay::ReplayError| Failure::CannotAsk(error.to_string());
    let mut replay = Replay::new(&arguments.to).pace(arguments.pace).patience(arguments.patience);
    for path in &arguments.paths {
        replay = replay.path(path);
    }
    if arguments.too_old {
        replay = replay.with_too_old();
    }
    if !arguments.send {
        let plan = replay.look().map_err(failed)?;
        return say(&plan_text(&plan, arguments.too_old));
    }
    if let Some(key) = key(arguments)? {
        replay = replay.header("api-key", key);
    }
    let sent = replay
        .progress(&arguments.progress)
        .send(&mut |report| progress(&format!("{} events sent", report.events)))
        .map_err(failed)?;
    progress("");
    say(&sent_text(&sent))?;
    if sent.rejected + sent.too_old > 0 {
        return Err(Failure::Wrong(format!("{} events were not stored", sent.rejected + sent.too_old)));
    }
    Ok(())
}

/// The licence key, which goes to New Relic and to whom it is named for, and to nobody else.
fn key(arguments: &ReplayArguments) -> Result<Option<String>, Failure> {
    if let Some(file) = &arguments.api_key_file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::CannotAsk(format!("{} cannot be read: {error}", file.display())))?;
        return Ok(Some(text.trim().to_owned()));
    }
    let host = arguments.to.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("");
    if !arguments.to.starts_with("https://") || !host.ends_with("nr-data.net") {
        return Ok(None);
    }
    let key = std::env::var("NEW_RELIC_LICENSE_KEY").ok().filter(|key| !key.trim().is_empty());
    key.map(|key| Some(key.trim().to_owned()))
        .ok_or_else(|| Failure::CannotAsk("set NEW_RELIC_LICENSE_KEY, or give `--api-key-file`".to_owned()))
}

fn plan_text(plan: &ReplayPlan, with_old: bool) -> String {
    let time = |nanos: Option<u64>| {
        nanos
            .and_then(|nanos| jiff::Timestamp::from_second((nanos / 1_000_000_000) as i64).ok())
            .map_or_else(|| "-".to_owned(), |time| time.to_string())
    };
    let mut out = String::new();
    for source in &plan.sources {
        out.push_str(&format!(
            "{}\n  {}, {} events",
            crate::terminal::line(&source.path.display().to_string()),
            source.kind,
            source.events
        ));
        if source.events > 0 {
            out.push_str(&format!(", {} to {}", time(source.oldest), time(source.newest)));
        }
        if source.too_old > 0 {
            let fate = if with_old { "sent anyway" } else { "left out" };
            out.push_str(&format!(", {} too old for New Relic ({fate})", source.too_old));
        }
        if source.damaged > 0 {
            out.push_str(&format!(", {} damaged", source.damaged));
        }
        out.push('\n');
    }
    let left = if with_old { 0 } else { plan.too_old() };
    out.push_str(&format!(
        "{} events in {} sources, {} to send; nothing was sent; add --send to send them\n",
        plan.events(),
        plan.sources.len(),
        plan.events() - left
    ));
    out
}

fn sent_text(sent: &ReplayReport) -> String {
    let mut out = format!("{} requests sent with {} events\n", sent.requests, sent.events);
    for (count, what) in [
        (sent.before, "events were already sent and were skipped"),
        (sent.too_old, "events are too old for New Relic and were left out; --too-old sends them"),
        (sent.rejected, "events were rejected"),
        (sent.damaged, "damaged pieces (bytes of archives, dead letters, journal files) were skipped"),
    ] {
        if count > 0 {
            out.push_str(&format!("{count} {what}\n"));
        }
    }
    out
}
