//! Records conversion-funnel steps, `landing → provision → claim → paid`, as OpenTelemetry log records that New
//! Relic stores as the custom event `InstantFunnel`.
//!
//! A Prometheus counter says *how many* took a step. An event says *which journey*, which team and which agent, so
//! an analyst can follow each of them through all four steps.
//!
//! | | promise |
//! |---|---|
//! | inert | does nothing until configured: [`Funnel::from_env`] reads `ANALYTICS_BACKEND`, and unset means off |
//! | fail open | [`Funnel::record`] returns no error, waits for nothing, does not panic |
//! | fail closed | a record is built from values that passed the [`contract`]; in doubt an attribute is dropped |
//! | counted | recorded = delivered + handed_over + dropped + pending, in every [`Stats`] and on every scrape |
//!
//! # Getting started
//! ```
//! use instant_funnel::{Actor, Claim, EventId, Funnel, Landing, Paid, Provision, TeamId};
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! // At boot. Never fails; what was wrong is logged once and listed in `advisories()`.
//! let funnel = Funnel::from_env();
//! let _guard = funnel.guard(); // flushes, five seconds at most, when `main` ends
//! funnel.install(); // `instant_funnel::record` works from here on, in libraries too
//! let subscriber = tracing_subscriber::registry().with(funnel.layer());
//! # let _ = subscriber;
//!
//! // In the request path.
//! # let (team, charge) = (TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f")?, "ch_17");
//! let journey = funnel.begin_journey(Actor::AgentCurl); // at first touch, then carried: it is what joins the steps
//! funnel.record(Landing::new().journey(journey));
//! funnel.record(Provision::new("db").journey(journey).tier("anonymous"));
//! funnel.record(Claim::new(team).journey(journey).tier("free"));
//! funnel.record(Paid::new(team, journey).event_id(EventId::of("paid", charge)).tier("pro").renewal(false));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Entrances
//! The typed events above go straight to the emitter; no log filter can silence them. The [`layer`] is for code that
//! writes `tracing` events; the same rules apply, and its page says what can silence it.
//!
//! # Features
//! | feature | default | brings |
//! |---|---|---|
//! | `layer` | yes | [`Funnel::layer`] and [`hide_funnel_events`] |
//! | `otlp` | yes | [`Backend::Otlp`] and [`Backend::NewRelic`]: our own delivery, which loses nothing |
//! | `prometheus` | yes | [`FunnelBuilder::registry`] |
//! | `trace-context` | yes | `trace.id` and `span.id` of the active OpenTelemetry span |
//! | `tracing-opentelemetry` | no | for events of the [`layer`], the span data of `tracing-opentelemetry` where no context is active |
//! | `otel` | no | [`Backend::Provider`]: records go through the service's own `SdkLoggerProvider` |
//! | `otlp-sdk` | no | `OtlpSdk`: the stock `opentelemetry-otlp` exporter as a backend |
//! | `serde` | no | journeys and the ids of the contract as serde strings |
//!
//! With default features off, no OpenTelemetry, HTTP or TLS crate is in the tree: a library can record steps and
//! leave the wiring to its application.
//!
//! # Troubleshooting
//! | seen | because | do |
//! |---|---|---|
//! | nothing recorded, no warning | `ANALYTICS_BACKEND` is unset | set it; `advisories()` lists what else is wrong |
//! | events handed over, none delivered | [`Backend::Provider`]: the service's pipeline does not say what becomes of them | look at that pipeline's own numbers |
//! | every event dropped as `nil_app` | a backend is chosen but not configured | read `advisories()` |
//! | an attribute is missing | its value broke its rule | `advisories()` and the log name key and rule, `instant_analytics_attributes_blocked_total` the rule |
//! | `fingerprint` is missing | no pseudonym key | set `ANALYTICS_PSEUDONYM_KEY` |
//! | events of the layer are missing | a global filter | see [`layer`] |
//! | a funnel over `journeyId` counts 0 at one step | the id was not carried to that step | see [`Journey`] |

#![cfg_attr(
    not(all(feature = "layer", feature = "prometheus")),
    allow(dead_code, reason = "what only these two entrances read")
)]

mod advisory;
mod backend;
mod builder;
mod busy;
mod config;
mod contracts;
mod emitter;
mod error;
mod funnel;
mod global;
mod guard;
mod health;
mod journey;
mod journeys;
#[cfg(feature = "layer")]
pub mod layer;
#[cfg(feature = "prometheus")]
mod metrics;
mod net;
mod notice;
#[cfg(feature = "otlp-sdk")]
pub mod otlp_sdk;
mod quiet;
mod retire;
mod scope;
mod sink;
mod stats;
pub mod testing;
mod trace;
mod var;

pub use instant_funnel_core::contract;
pub use instant_funnel_core::contract::Step;
pub use instant_funnel_core::{
    Actor, CarriedFacts, CheckedText, Claim, Cohort, Draft, EmailHash, EventId, Fingerprint, Given, Journey,
    JourneyId, KeyError, KeyId, Landing, OpenError, Paid, ParseIdError, Provision, PseudonymKey, Record,
    SIGNING_KEY_BYTES_MIN, ShortSigningKey, SigningKey, TeamId, TraceContext, Value, embedded_ipv4,
};
pub use instant_funnel_core::{EventBase, FunnelEvent, Uuid, fixed_setters};
#[cfg(feature = "otlp")]
pub use otlp_journal;

pub use self::advisory::Advisory;
pub use self::backend::Backend;
#[cfg(feature = "otlp")]
pub use self::backend::{NewRelicConfig, OtlpConfig, Region};
pub use self::builder::FunnelBuilder;
pub use self::error::ConfigError;
pub use self::funnel::Funnel;
pub use self::global::{global, record};
pub use self::guard::FunnelGuard;
pub use self::health::{Health, HealthState};
#[cfg(feature = "layer")]
pub use self::layer::{hidden, hide_funnel_events};
#[cfg(feature = "otlp-sdk")]
pub use self::otlp_sdk::OtlpSdk;
pub use self::scope::ScopedTask;
pub use self::sink::{Sink, Verdict};
pub use self::stats::{DropReason, Drops, FlushReport, Settled, Stats};
