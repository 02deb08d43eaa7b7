//! A hundred thousand inputs, half of them for each order of the layers, through every entrance, under a global
//! subscriber: nothing that was planted is in a record, a sibling's log, a file or a metric.
//!
//! The inputs follow from a seed, which a failure prints.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod layer_support;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use instant_funnel::testing::Recorder;
use instant_funnel::{
    Backend, Claim, Draft, Funnel, JourneyId, Landing, OtlpConfig, Paid, Provision, PseudonymKey, TeamId,
    contract::CONTRACT, hidden, hide_funnel_events,
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use tracing::field::Empty;
use tracing::{info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::layer_support::{Captured, alone};

const INPUTS: usize = 50_000;
/// Between two searches of what has piled up.
const BATCH: usize = 1_000;
/// Inputs that also go through the delivery with files, which costs more to search.
const IN_FILES: usize = 1_000;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize])).collect()
    }

    fn word(&mut self) -> String {
        let length = 6 + self.below(6) as usize;
        self.text("abcdefghijklmnopqrstuvwxyz", length)
    }

    fn digits(&mut self, length: usize) -> String {
        self.text("123456789", length)
    }

    /// Something personal or secret in a form in which it is met. None is a value that a rule may pass.
    fn secret(&mut self) -> String {
        const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        match self.below(22) {
            0 => format!("{}.{}@{}.example", self.word(), self.word(), self.word()),
            1 => format!("+1{}", self.digits(10)),
            2 => format!("({}) {}-{}", self.digits(3), self.digits(3), self.digits(4)),
            3 => format!("4{}", self.digits(15)),
            4 => format!("{}-{}-{}-{}", self.digits(4), self.digits(4), self.digits(4), self.digits(4)),
            5 => format!("{}-{}-{}", self.digits(3), self.digits(2), self.digits(4)),
            6 => format!(
                "eyJ{}.eyJ{}.{}",
                self.text(ALPHANUMERIC, 16),
                self.text(ALPHANUMERIC, 24),
                self.text(ALPHANUMERIC, 20)
            ),
            7 => format!("Bearer {}", self.text(ALPHANUMERIC, 24)),
            8 => format!("AKIA{}", self.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
            9 => format!("ghp_{}", self.text(ALPHANUMERIC, 36)),
            10 => format!("postgres://{}:{}@db.internal:5432/{}", self.word(), self.word(), self.word()),
            11 => format!("203.0.{}.{}", 100 + self.below(100), 100 + self.below(100)),
            12 => format!(
                "2001:db8:{:x}:{:x}::{:x}",
                0x1000 + self.below(0xe000),
                0x1000 + self.below(0xe000),
                0x1000 + self.below(0xe000)
            ),
            13 => format!("https://{}.example/{}?token={}", self.word(), self.word(), self.word()),
            14 => format!("{} {}", self.word(), self.word()),
            15 => format!("{}\0{}", self.word(), self.word()),
            16 => format!("User {{ name: \"{}\" }}", self.word()),
            17 => {
                format!("ip-10-{}-{}-{}", 100 + self.below(150), 100 + self.below(150), 100 + self.below(150))
            }
            18 => self.text("abcdef0123456789", 20) + "-" + &self.digits(9),
            19 => self.text("abcdef0123456789", 32),
            20 => self.text("abcdef0123456789", 40),
            _ => self.word().repeat(12),
        }
    }
}

/// Formats as its text, and logs when told to.
struct Told<'a>(&'a str, bool);

impl fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 {
            let span = info_span!("formatting", tier = "free");
            span.in_scope(|| info!("the value speaks"));
        }
        f.write_str(self.0)
    }
}

/// Plants one secret through one entrance.
fn plant(random: &mut Random, secret: &str, funnels: &[&Funnel]) {
    let position = random.below(CONTRACT.attributes.len() as u64) as usize;
    let step = random.below(CONTRACT.steps.len() as u64) as usize;
    let team = TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap();
    let speaks = random.below(8) == 0;
    match random.below(14) {
        0 => funnels.iter().for_each(|funnel| funnel.record(Landing::new().reason_code(secret))),
        1 => funnels.iter().for_each(|funnel| funnel.record(Provision::new(secret).tier(secret).env(secret))),
        2 => funnels.iter().for_each(|funnel| {
            funnel.record(Claim::new(team).tier(secret).email_hash(funnel.pseudonymize_email(secret)));
        }),
        3 => funnels.iter().for_each(|funnel| {
            funnel.record(Paid::new(team, None).tier(secret).reason_code(secret));
        }),
        4 | 5 => funnels.iter().for_each(|funnel| {
            let mut draft = Draft::new(&CONTRACT, step);
            draft.set(position, secret);
            funnel.record(draft);
        }),
        6 => info!(
            name: "InstantFunnel", funnelStep = "provision", service = secret, tier = ?Told(secret, speaks),
            reasonCode = %secret, journeyId = secret, cart = secret, actor = ?secret, "for {secret}"
        ),
        7 => info!(
            name: "InstantFunnel", funnelStep = "claim", email = secret, teamId = %secret, fingerprint = secret,
            eventId = ?Told(secret, speaks), emailHash = %secret, commitId = secret, serviceName = secret
        ),
        8 => {
            let error = std::io::Error::other(secret.to_owned());
            info!(
                name: "InstantFunnel", funnelStep = "paid", renewal = secret, eventFact = secret,
                EMAIL = ?Told(secret, speaks), tier = &error as &dyn std::error::Error,
                reasonCode = secret.as_bytes(), cohort = secret, env = %secret, phone = 4_155_550_134_u64
            );
        }
        9 => info!(name: "InstantFunnel", funnelStep = secret, tier = secret, email = secret),
        10 => info!(
            name: "InstantFunnel", funnelStep = { info!("computing"); "landing" }, referrer = secret, email = secret
        ),
        // A host's name may be a service's name.
        11 if !secret.starts_with("ip-") => configure(secret),
        // The siblings that are shown spans are not shown this one: a span is the service's own.
        _ => {
            let span = info_span!(
                target: "quiet", "request", tier = secret, email = ?Told(secret, speaks), actor = %secret,
                journeyId = JourneyId::new().to_string(), env = Empty
            );
            span.record("env", secret);
            span.in_scope(|| info!(name: "InstantFunnel", funnelStep = "claim"));
        }
    }
}

/// Plants a secret in the configuration: what describes the process is on every record and in every error.
fn configure(secret: &str) {
    let recorder = Recorder::new();
    let variables = |name: &str| match name {
        // What is hexadecimal may be a commit.
        "ANALYTICS_COMMIT_ID" => {
            Some(secret.to_owned()).filter(|secret| secret.contains(|c: char| !c.is_ascii_hexdigit()))
        }
        "OTEL_RESOURCE_ATTRIBUTES" => Some(format!(
            "service.version={secret},service.instance.id={secret},deployment.environment.name={secret}"
        )),
        "OTEL_SERVICE_NAME"
        | "ANALYTICS_ENV"
        | "ANALYTICS_COHORT"
        | "ANALYTICS_PSEUDONYM_KEY"
        | "ANALYTICS_VOCABULARY_TIER" => Some(secret.to_owned()),
        _ => None,
    };
    let backend = || Backend::Custom(Arc::new(recorder.clone()));
    let by_code = Funnel::builder().service_name(secret).environment(secret).backend(backend()).build();
    let by_variables = Funnel::builder().with_vars(variables).backend(backend()).build();
    for built in [by_code, by_variables] {
        let text = match &built {
            Ok(funnel) => {
                funnel.record(Landing::new());
                let advisories: Vec<_> = funnel.advisories().iter().map(ToString::to_string).collect();
                format!("{funnel:?} {advisories:?}")
            }
            Err(error) => format!("{error:?} {error}"),
        };
        assert!(!text.contains(secret), "{secret:?} is in {text}");
    }
    for event in recorder.take() {
        assert!(!contains(&event.otlp, secret), "{secret:?} is in {event:#?}");
    }
}

struct House {
    recorder: Recorder,
    /// Keeps what it is given in memory.
    recording: Funnel,
    /// Writes files; nobody listens at its endpoint.
    delivering: Funnel,
    directory: PathBuf,
    metrics: prometheus::Registry,
    logs: [Captured; 3],
    exporter: InMemoryLogExporter,
}

impl House {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        let (recorder, metrics) = (Recorder::new(), prometheus::Registry::new());
        let key = PseudonymKey::new(&[7; 32]).unwrap();
        let recording = Funnel::builder()
            .service_name("test")
            .pseudonym_key(key.clone())
            .registry(&metrics)
            .backend(Backend::Custom(Arc::new(recorder.clone())))
            .build()
            .unwrap();
        let delivering = Funnel::builder()
            .service_name("test")
            .pseudonym_key(key)
            .backend(Backend::Otlp(
                OtlpConfig::new("http://127.0.0.1:1")
                    .journal_directory(&directory)
                    .journal_max_bytes(8 << 20),
            ))
            .build()
            .unwrap();
        Self {
            recorder,
            recording,
            delivering,
            directory,
            metrics,
            logs: Default::default(),
            exporter: InMemoryLogExporter::default(),
        }
    }

    /// Quiet spans apart, siblings are shown all there is, at TRACE.
    fn install(&self, siblings_first: bool) {
        let quiet = || tracing_subscriber::filter::filter_fn(|metadata| metadata.target() != "quiet");
        let provider = SdkLoggerProvider::builder().with_simple_exporter(self.exporter.clone()).build();
        let [fmt, filtered, collected] = &self.logs;
        if siblings_first {
            tracing_subscriber::registry()
                .with(hidden(OpenTelemetryTracingBridge::new(&provider)))
                .with(filtered.fmt().with_filter(hide_funnel_events()).with_filter(quiet()))
                .with(hidden(fmt.fmt()).with_filter(quiet()))
                .with(hidden(collected.collect().with_filter(quiet())))
                .with(self.delivering.layer())
                .with(self.recording.layer())
                .init();
        } else {
            tracing_subscriber::registry()
                .with(self.recording.layer())
                .with(self.delivering.layer())
                .with(hidden(collected.collect().with_filter(quiet())))
                .with(filtered.fmt().with_filter(hide_funnel_events()).with_filter(quiet()))
                .with(hidden(fmt.fmt()).with_filter(quiet()))
                .with(hidden(OpenTelemetryTracingBridge::new(&provider)))
                .init();
        }
    }

    /// All text that has left since the last call, but for records. A line that comes again and again is there once
    /// for each sibling.
    fn take_text(&self) -> String {
        let mut text = String::new();
        for log in &self.logs {
            text.push_str(&once_each(&log.text()));
            log.clear();
        }
        let mut exported = String::new();
        for log in self.exporter.get_emitted_logs().unwrap() {
            let attributes: Vec<_> = log.record.attributes_iter().collect();
            exported.push_str(&format!("{:?} {attributes:?}\n", log.record.body()));
        }
        text.push_str(&once_each(&exported));
        self.exporter.reset();
        text.push_str(&prometheus::TextEncoder::new().encode_to_string(&self.metrics.gather()).unwrap());
        for funnel in [&self.recording, &self.delivering] {
            text.push_str(&format!("{funnel:?} {:?}\n", funnel.advisories()));
        }
        text
    }

    fn files(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut directories = vec![self.directory.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    // Room that was never written to is zeros.
                    let written = std::fs::read(path).unwrap();
                    let end = written.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                    bytes.extend(&written[..end]);
                }
            }
        }
        bytes
    }
}

fn once_each(lines: &str) -> String {
    let lines: BTreeSet<_> = lines.lines().collect();
    lines.into_iter().fold(String::new(), |text, line| text + line + "\n")
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    let (first, rest) = needle.as_bytes().split_first().unwrap();
    let mut at = 0;
    while let Some(next) = haystack[at..].iter().position(|byte| byte == first) {
        at += next + 1;
        if haystack[at..].starts_with(rest) {
            return true;
        }
    }
    false
}

fn run(name: &str, siblings_first: bool, seed: u64) {
    let house = House::new(name);
    house.install(siblings_first);
    let mut random = Random(seed);
    let mut recorded = 0;
    let mut in_files = Some(Vec::with_capacity(IN_FILES));
    for batch in 0..INPUTS / BATCH {
        let mut planted = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let secret = random.secret();
            let both = [&house.recording, &house.delivering];
            let funnels = if in_files.is_some() { &both[..] } else { &both[..1] };
            plant(&mut random, &secret, funnels);
            for event in house.recorder.take() {
                recorded += 1;
                assert!(!contains(&event.otlp, &secret), "seed {seed}: {secret:?} is in {event:#?}");
            }
            if let Some(in_files) = &mut in_files {
                in_files.push(secret.clone());
            }
            planted.push(secret);
        }
        info!("an ordinary line");
        let text = house.take_text();
        assert_eq!(text.matches("an ordinary line").count(), 4, "seed {seed}: the siblings are there");
        for secret in &planted {
            assert!(!text.contains(secret.as_str()), "seed {seed}, batch {batch}: {secret:?} is in\n{text}");
        }
        if let Some(secrets) = in_files.take_if(|secrets| secrets.len() >= IN_FILES) {
            let files = String::from_utf8_lossy(&house.files()).into_owned();
            assert!(files.contains("InstantFunnel"), "records are in the files");
            for secret in secrets {
                assert!(!files.contains(secret.as_str()), "seed {seed}: {secret:?} is in a file");
            }
        }
    }
    assert!(recorded > INPUTS / 2, "seed {seed}: {recorded} records");
    let report = house.delivering.shutdown(Duration::from_millis(100));
    assert_eq!(report.recorded, report.delivered + report.dropped.total() + report.pending);
    // The threads of the delivery may not have let go of it yet.
    let _ = std::fs::remove_dir_all(&house.directory);
}

#[test]
fn nothing_planted_gets_out_with_siblings_after_the_layer() {
    alone("nothing_planted_gets_out_with_siblings_after_the_layer", || {
        run("privacy-siblings-after", false, 0x1f20_2611);
    });
}

#[test]
fn nothing_planted_gets_out_with_siblings_before_the_layer() {
    alone("nothing_planted_gets_out_with_siblings_before_the_layer", || {
        run("privacy-siblings-before", true, 0x1f20_2612);
    });
}
