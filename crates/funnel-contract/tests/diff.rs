//! Every kind of change, with what it means and for whom it breaks.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fmt::Write;

use funnel_contract::{ChangeKind, ContractDiff, ContractFile, Party};

const BASE: &str = r#"
event = "Shop"
version = 3
counter = "shop_total"
brief = "A shop."
steps = ["visit", { name = "signup", brief = "In." }, { name = "buy", requires = ["plan"] }]

[fixed.fingerprint]
on = ["visit", "signup"]

[attribute.plan]
rule = { one_of = ["trial", "pro"] }
on = ["signup", "buy"]
[attribute.amount]
rule = { integer = [0, 100] }
[attribute.share]
rule = { number = [0, 1] }
[attribute.channel]
rule = { slug = { closed_to = ["ads"] } }
[attribute.order]
rule = { uuid = { versions = [4, 7] } }

[kpi.bought]
from = { step = "visit", within = "1 day" }
to = { step = "buy", within = "7 days" }
target = 0.1
"#;

fn file(text: &str) -> ContractFile {
    ContractFile::parse(text).unwrap()
}

use ChangeKind::{Narrower, Other, Wider, Wording};
use Party::{Collector, Query, Sender};

/// What is replaced by what, the kind of the change, and for whom it breaks.
const TABLE: &[(&str, &str, &str, ChangeKind, &[Party])] = &[
    ("the event renamed", "\"Shop\"", "\"Store\"", Other, &[Sender, Collector, Query]),
    ("the counter renamed", "shop_total", "store_total", Other, &[Query]),
    ("the event's words", "A shop.", "The shop.", Wording, &[]),
    ("a step at the end", "requires = [\"plan\"] }]", "requires = [\"plan\"] }, \"again\"]", Wider, &[]),
    ("a step before others", "[\"visit\",", "[\"visit\", \"look\",", Wider, &[Query]),
    ("a step gone", "[fixed.fingerprint]\non = [\"visit\", \"signup\"]", "", Wider, &[]),
    ("a step's priority", "brief = \"In.\"", "brief = \"In.\", priority = \"critical\"", Wording, &[]),
    ("a step's words", "brief = \"In.\"", "brief = \"Inside.\"", Wording, &[]),
    (
        "a step requires more",
        "brief = \"In.\"",
        "brief = \"In.\", requires = [\"plan\"]",
        Narrower,
        &[Sender],
    ),
    ("a step requires less", ", requires = [\"plan\"]", "", Other, &[Sender]),
    (
        "a fixed key on fewer steps",
        "on = [\"visit\", \"signup\"]",
        "on = [\"visit\"]",
        Narrower,
        &[Sender, Query],
    ),
    (
        "a fixed key on more steps",
        "on = [\"visit\", \"signup\"]",
        "on = [\"visit\", \"signup\", \"buy\"]",
        Wider,
        &[],
    ),
    (
        "a fixed key's words",
        "on = [\"visit\", \"signup\"]",
        "on = [\"visit\", \"signup\"]\nwhen = \"known\"",
        Wording,
        &[],
    ),
    (
        "an attribute added",
        "[attribute.amount]",
        "[attribute.note]\nrule = \"slug\"\n[attribute.amount]",
        Wider,
        &[],
    ),
    (
        "an attribute gone",
        "[attribute.amount]\nrule = { integer = [0, 100] }",
        "",
        Narrower,
        &[Sender, Query],
    ),
    ("more words", "[\"trial\", \"pro\"]", "[\"trial\", \"pro\", \"team\"]", Wider, &[]),
    ("fewer words", "[\"trial\", \"pro\"]", "[\"pro\"]", Narrower, &[Sender]),
    ("other words to choose from", "[\"trial\", \"pro\"]", "[\"free\", \"paid\"]", Other, &[Sender, Query]),
    ("an enum becomes a slug", "{ one_of = [\"trial\", \"pro\"] }", "\"slug\"", Wider, &[Sender]),
    ("wider bounds", "integer = [0, 100]", "integer = [-1, 100]", Wider, &[]),
    ("narrower bounds", "integer = [0, 100]", "integer = [0, 99]", Narrower, &[Sender]),
    ("other bounds", "integer = [0, 100]", "integer = [1, 101]", Other, &[Sender, Query]),
    ("an integer becomes a number", "integer = [0, 100]", "number = [0, 100]", Wider, &[]),
    ("a number becomes an integer", "number = [0, 1]", "integer = [0, 1]", Narrower, &[Sender]),
    ("another type", "{ integer = [0, 100] }", "\"boolean\"", Other, &[Sender, Query]),
    ("a slug opened", "{ slug = { closed_to = [\"ads\"] } }", "\"slug\"", Wider, &[]),
    ("a slug closed further", "closed_to = [\"ads\"]", "closed_to = [\"mail\"]", Other, &[Sender, Query]),
    ("a slug's list longer", "closed_to = [\"ads\"]", "closed_to = [\"ads\", \"mail\"]", Wider, &[]),
    ("more versions of UUID", "versions = [4, 7]", "versions = [4, 5, 7]", Wider, &[]),
    ("fewer versions of UUID", "versions = [4, 7]", "versions = [7]", Narrower, &[Sender]),
    (
        "an attribute on more steps",
        "on = [\"signup\", \"buy\"]",
        "on = [\"visit\", \"signup\", \"buy\"]",
        Wider,
        &[],
    ),
    (
        "an attribute on fewer steps",
        "on = [\"signup\", \"buy\"]",
        "on = [\"buy\"]",
        Narrower,
        &[Sender, Query],
    ),
    (
        "another supplier",
        "integer = [0, 100] }",
        "integer = [0, 100] }\nsupplier = \"request\"",
        Other,
        &[Sender],
    ),
    ("an attribute's words", "integer = [0, 100] }", "integer = [0, 100] }\nbrief = \"money\"", Wording, &[]),
    (
        "a KPI added",
        "[kpi.bought]",
        "[kpi.joined]\nfrom = { step = \"visit\" }\nto = { step = \"signup\" }\n[kpi.bought]",
        Wider,
        &[],
    ),
    ("a KPI renamed", "[kpi.bought]", "[kpi.sold]", Other, &[Query]),
    ("a KPI measures something else", "within = \"7 days\"", "within = \"8 days\"", Other, &[Query]),
    ("a KPI's target", "target = 0.1", "target = 0.2", Wording, &[]),
];

#[test]
fn every_kind_of_change_is_classified() {
    let old = file(BASE);
    let mut wrong = String::new();
    for (name, from, to, kind, breaks) in TABLE {
        assert!(BASE.contains(from), "{name}: `{from}` is not in the file");
        let diff = ContractDiff::between(&old, &file(&BASE.replacen(from, to, 1)));
        let found = diff.changes.iter().any(|change| change.kind == *kind && change.breaks == *breaks);
        if !found || diff.needs_version() == breaks.is_empty() || diff.breaks() == breaks.is_empty() {
            let _ = writeln!(wrong, "{name}: {:#?}", diff.changes);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_step_that_is_gone_breaks_senders_and_queries() {
    let old =
        file("event = \"A\"\nversion = 1\ncounter = \"a_total\"\nsteps = [\"one\", \"two\", \"three\"]");
    let new = file("event = \"A\"\nversion = 1\ncounter = \"a_total\"\nsteps = [\"one\", \"three\"]");
    let diff = ContractDiff::between(&old, &new);
    assert_eq!(diff.changes.len(), 1);
    assert_eq!((diff.changes[0].kind, &*diff.changes[0].breaks), (Narrower, &[Sender, Query][..]));
    let turned =
        file("event = \"A\"\nversion = 1\ncounter = \"a_total\"\nsteps = [\"two\", \"one\", \"three\"]");
    let diff = ContractDiff::between(&old, &turned);
    assert_eq!((diff.changes[0].kind, &*diff.changes[0].breaks), (Other, &[Query][..]));
}

#[test]
fn a_new_version_fixes_a_break_and_a_lowered_one_never_does() {
    let old = file(BASE);
    let narrower = BASE.replacen("[0, 100]", "[0, 9]", 1);
    assert!(ContractDiff::between(&old, &file(&narrower)).needs_version());
    let raised = file(&narrower.replacen("version = 3", "version = 4", 1));
    let diff = ContractDiff::between(&old, &raised);
    assert!(diff.breaks() && !diff.needs_version());
    let lowered = ContractDiff::between(&old, &file(&BASE.replacen("version = 3", "version = 2", 1)));
    assert!(lowered.needs_version() && !lowered.breaks());
    assert!(lowered.to_string().contains("set `version = 3`"), "{lowered}");
    assert_eq!(ContractDiff::between(&old, &old).to_string(), "no difference\n");
}

#[test]
fn what_is_new_goes_to_the_collector_first_and_what_is_gone_leaves_queries_first() {
    let old = file(BASE);
    let wider = file(&BASE.replacen("[0, 100]", "[0, 200]", 1));
    assert_eq!(ContractDiff::between(&old, &wider).order(), [Collector, Sender, Query]);
    assert_eq!(ContractDiff::between(&wider, &old).order(), [Query, Sender, Collector]);
    assert_eq!(ContractDiff::between(&old, &old).order(), []);
}
