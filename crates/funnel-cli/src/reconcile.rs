//! `funnel reconcile`

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use funnel_ops::Client;
use funnel_ops::reconcile::{Books, Counters, EventStore, FarSide, Ledger, Window, compare};
use nrql::ast::TimePoint;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;
use crate::output::{complain, say, say_fitted};
use crate::{ask, terminal};

/// Compare counters, stored events and billed charges, and explain every difference.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # a service and the lab that it sends to
  funnel reconcile --metrics http://127.0.0.1:9464/metrics --lab http://127.0.0.1:4320
  # two services, New Relic, and the billing provider's charges
  export NEW_RELIC_USER_KEY=NRAK-… NEW_RELIC_ACCOUNT_ID=1234567
  funnel reconcile --metrics http://a:9464/metrics --metrics http://b:9464/metrics \\
    --nerdgraph --ledger charges.csv --since '7 days ago'
  # counters since an earlier scrape, which was saved to a file
  funnel reconcile --metrics http://a:9464/metrics --earlier monday.txt --lab http://127.0.0.1:4320

Exits with 1 when events are unexplained or a difference needs fixing.")]
pub(crate) struct ReconcileArguments {
    /// A service's Prometheus metrics, by address or as a file; - is standard input; may be repeated
    #[arg(long, value_name = "URL|FILE", required = true, value_parser = ask::word)]
    metrics: Vec<String>,
    /// An earlier scrape of the same services, to subtract; may be repeated
    #[arg(long, value_name = "FILE", value_parser = ask::word)]
    earlier: Vec<String>,
    /// The lab that holds the events
    #[arg(long, value_name = "URL", value_parser = ask::word, conflicts_with = "nerdgraph", required_unless_present = "nerdgraph")]
    lab: Option<String>,
    /// Read events from New Relic's NerdGraph API; the default URL follows NEW_RELIC_REGION (us, eu)
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    nerdgraph: Option<String>,
    /// New Relic account number [default: NEW_RELIC_ACCOUNT_ID]
    #[arg(long, value_name = "ID")]
    account: Option<u64>,
    /// The event type
    #[arg(long, value_name = "NAME", default_value = "InstantFunnel", value_parser = name)]
    event: String,
    /// Start of the period, as an NRQL time
    #[arg(long, value_name = "TIME", default_value = "1 day ago", value_parser = time)]
    since: i64,
    /// End of the period [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
    /// The billing provider's charges: CSV, JSON or JSON lines
    #[arg(long, value_name = "FILE", value_parser = ask::path)]
    ledger: Option<PathBuf>,
    /// Column of the ledger with the charge's id
    #[arg(long, value_name = "COLUMN", requires = "ledger")]
    ledger_id: Option<String>,
    /// Column of the ledger with the time
    #[arg(long, value_name = "COLUMN", requires = "ledger")]
    ledger_time: Option<String>,
    /// The step that a charge belongs to, which is also the kind in EventId::of(kind, charge)
    #[arg(long, value_name = "STEP", default_value = "paid")]
    ledger_step: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

fn name(given: &str) -> Result<String, String> {
    let plain = given.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
    if plain && !given.is_empty() {
        Ok(given.to_owned())
    } else {
        Err("not the name of an event type".to_owned())
    }
}

/// Parses an NRQL time into milliseconds since 1970.
fn time(given: &str) -> Result<i64, String> {
    let wrong = || "neither a time such as '3 hours ago' nor milliseconds since 1970".to_owned();
    let query = nrql::parse(&format!("SELECT count(*) FROM T SINCE {given}")).map_err(|_| wrong())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    match query.since {
        Some(TimePoint::Ago(period)) => Ok(now - period.millis()),
        Some(TimePoint::Epoch(millis)) => Ok(millis),
        Some(TimePoint::Now) => Ok(now),
        _ => Err(wrong()),
    }
}

pub(crate) fn run(arguments: &ReconcileArguments) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::CannotAsk(error.to_string());
    let client = Client::default();
    let mut counters = scrapes(&client, &arguments.metrics)?;
    if !arguments.earlier.is_empty() {
        counters = counters.since(&scrapes(&client, &arguments.earlier)?);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    // What was recorded a moment ago may be stamped by a clock that is a little ahead.
    let window = Window { since: arguments.since, until: arguments.until.unwrap_or(now + 60_000) };
    let store = store_of(arguments.lab.as_deref(), arguments.nerdgraph.as_deref(), arguments.account)?;
    let far = FarSide::ask(&store, &client, &arguments.event, window).map_err(|error| failed(&error))?;
    let books = match &arguments.ledger {
        None => compare(&counters, &far, None),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::CannotAsk(format!("{} cannot be read: {error}", file.display())))?;
            let ledger =
                Ledger::parse(&text, arguments.ledger_id.as_deref(), arguments.ledger_time.as_deref())
                    .map_err(|error| Failure::CannotAsk(format!("{}: {error}", file.display())))?;
            let step = arguments.ledger_step.as_str();
            let ids = store.ids(&client, &arguments.event, step, window).map_err(|error| failed(&error))?;
            compare(&counters, &far, Some((&ledger, step, &ids, window)))
        }
    };
    if matches!(store, EventStore::NerdGraph { .. }) && books.stored > 256 {
        complain("funnel: New Relic estimates distinct counts above 256, with an error of a few per cent");
    }
    match arguments.format {
        Format::Table => say_fitted(&table(&books))?,
        Format::Json => say(&terminal::json(&format!("{:#}\n", books.to_json())))?,
    }
    if books.is_fine() {
        return Ok(());
    }
    Err(Failure::Wrong(if books.close() {
        "all events are accounted for, but some differences need fixing".to_owned()
    } else {
        format!("the books do not balance: {} events are unexplained", books.unexplained.unsigned_abs())
    }))
}

fn scrapes(client: &Client, from: &[String]) -> Result<Counters, Failure> {
    let mut sum = Counters::default();
    for place in from {
        let failed = |error: String| {
            Failure::CannotAsk(format!("the metrics at {} cannot be read: {error}", without_secret(place)))
        };
        let text = if place.starts_with("http://") || place.starts_with("https://") {
            client.get(place).map_err(|error| failed(error.reason))?
        } else if place == "-" {
            std::io::read_to_string(std::io::stdin()).map_err(|error| failed(error.to_string()))?
        } else {
            std::fs::read_to_string(place).map_err(|error| failed(error.to_string()))?
        };
        let counters = Counters::parse(&text)
            .ok_or_else(|| failed("the counter `instant_analytics_events_total` is missing".to_owned()))?;
        sum.add(&counters);
    }
    Ok(sum)
}

/// An address without the credentials that it may hold.
fn without_secret(place: &str) -> String {
    match (place.split_once("://"), place.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => place.to_owned(),
    }
}

/// The store that the options name: a lab, or New Relic with the account and the user key of the environment.
pub(crate) fn store_of(
    lab: Option<&str>,
    nerdgraph: Option<&str>,
    account: Option<u64>,
) -> Result<EventStore, Failure> {
    let Some(nerdgraph) = nerdgraph else {
        return Ok(EventStore::Lab(lab.unwrap_or_default().to_owned()));
    };
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let missing = |what: &str| Failure::CannotAsk(format!("`--nerdgraph` needs {what}"));
    let key = variable("NEW_RELIC_USER_KEY")
        .or_else(|| variable("NEW_RELIC_API_KEY"))
        .ok_or_else(|| missing("a user key (NRAK-…) in NEW_RELIC_USER_KEY"))?;
    let account = account
        .or_else(|| variable("NEW_RELIC_ACCOUNT_ID")?.parse().ok())
        .ok_or_else(|| missing("`--account`, or the account's number in NEW_RELIC_ACCOUNT_ID"))?;
    let url = match nerdgraph {
        "" if variable("NEW_RELIC_REGION").is_some_and(|region| region.eq_ignore_ascii_case("eu")) => {
            "https://api.eu.newrelic.com/graphql".to_owned()
        }
        "" => "https://api.newrelic.com/graphql".to_owned(),
        url => url.to_owned(),
    };
    Ok(EventStore::NerdGraph { url, account, key })
}

fn table(books: &Books) -> String {
    let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let mut rows = vec![["step", "recorded", "stored", "repeats", "billed"].map(str::to_owned).to_vec()];
    for step in &books.steps {
        let shown = terminal::line(&step.step).into_owned();
        rows.push(vec![
            shown,
            step.recorded.to_string(),
            step.stored.to_string(),
            step.repeats.to_string(),
            number(step.billed),
        ]);
    }
    rows.push(vec![
        "all".to_owned(),
        books.recorded.to_string(),
        books.stored.to_string(),
        String::new(),
        String::new(),
    ]);
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let blanks = " ".repeat(widths[at] - cell.width());
                if at == 0 { format!("{cell}{blanks}") } else { format!("{blanks}{cell}") }
            })
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out.push_str(&format!("\ndelivered, according to the services: {}\n", books.delivered));
    for difference in &books.differences {
        let mark = if difference.wrong { "!" } else { " " };
        out.push_str(&format!(
            "{mark} {:>8}  {}: {}\n",
            difference.count, difference.name, difference.meaning
        ));
        if !difference.examples.is_empty() {
            let examples: Vec<String> =
                difference.examples.iter().map(|e| terminal::line(e).into_owned()).collect();
            out.push_str(&format!("            such as {}\n", examples.join(", ")));
        }
    }
    let verdict = if books.close() {
        "the books balance: every difference is explained"
    } else {
        "the books do not balance"
    };
    out.push_str(&format!("\n{verdict}\n"));
    out
}
