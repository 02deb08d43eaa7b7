//! 2,000 user agents that nobody here made up, half of them of pages opened inside apps. `fetch-user-agents.py` beside this file brings them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test's helpers fail and tell as its tests do"
)]

use std::convert::Infallible;
use std::sync::Arc;

use http::{Request, Response};
use instant_funnel::testing::Recorder;
use instant_funnel::{Actor, Backend, Funnel, TeamId};
use instant_funnel_tower::{FunnelContext, FunnelLayer, classify};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

const VARIABLE: &str = "FUNNEL_USER_AGENTS";
const RIGHT_PER_MILLE: usize = 980;
/// A person taken for a robot is missing from every KPI.
const RIGHT_IN_APPS_PER_MILLE: usize = 990;

/// Fetchers that run because a person asked an agent, by the pattern that the package lists them under. The package
/// tags them as AI crawlers or as browser automation, and does not tell the two apart.
const AGENTS: &[&str] = &[
    "Amazon-Bedrock-AgentCore-Browser",
    "AmazonBuyForMe",
    "Amzn-User",
    "Anchor Browser",
    "ChatGPT-User",
    "Devin",
    "DuckAssistBot",
    "Gemini-Deep-Research",
    "Google-Agent",
    "Google-Gemini-CLI",
    "Google-NotebookLM",
    "GoogleAgent-Mariner",
    "Manus-User",
    "MistralAI-User",
    "Perplexity-User",
    "PerplexityUser",
    "TwinAgent",
    "opencode-smartfetch",
];

/// Services that call because a customer set them up. The package lists them among the crawlers; they act for
/// somebody, so they are real, recognised or not.
const SENDERS: &[&str] = &[
    "Asana",
    "Bitbucket-Webhooks",
    "GoPay",
    "IFTTT",
    "Integromat",
    "Jumio",
    "Klaviyo",
    "Make",
    "Metorik",
    "Mollie HTTP client",
    "Omnisend",
    "SFDC-Callout",
    "SendGrid Event API",
    "Shopify-Captain-Hook",
    "Snipcart",
    "SparkPost",
    "SparkShipping",
    "Stape",
    "Stripe",
    "Trustly",
    "TwilioProxy",
    "Zapier",
    "Zendesk Webhook",
    "easybill-ImportManager",
];

/// Editors with a browser inside: a person looks at it.
const EDITORS: &[&str] = &["Trae", "Code"];

/// What the package says, in the contract's words. More than one where both are defensible.
fn expected(tags: &str, pattern: &str, user_agent: &str) -> Vec<Actor> {
    let pattern = pattern.replace('\\', "");
    let listed =
        |list: &[&str]| list.contains(&pattern.trim_start_matches('^').split('/').next().unwrap_or_default());
    let lower = user_agent.to_lowercase();
    if tags == "browser" || tags == "in-app" || listed(EDITORS) {
        vec![Actor::HumanDashboard]
    } else if pattern == "Claude-User" {
        vec![Actor::AgentClaude]
    } else if listed(AGENTS) {
        vec![Actor::AgentOther]
    } else if listed(SENDERS) {
        vec![Actor::AgentOther, Actor::Unknown]
    } else if tags.split(',').any(|tag| tag == "http-library") {
        match ["curl", "wget", "httpie"].iter().any(|name| lower.starts_with(name) && !lower.contains("bot"))
        {
            true => vec![Actor::AgentCurl],
            // A crawler that names the library it is made with.
            false if lower.contains("bot") || lower.contains("crawl") => {
                vec![Actor::AgentOther, Actor::Prober]
            }
            false => vec![Actor::AgentOther],
        }
    } else {
        vec![Actor::Prober]
    }
}

fn lines() -> Option<Vec<(String, String, String)>> {
    let Ok(path) = std::env::var(VARIABLE) else {
        println!("skipped: {VARIABLE} names no file; fetch-user-agents.py writes one");
        assert!(std::env::var("CI").is_err(), "in CI the user agents must be there");
        return None;
    };
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().map(|line| {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        let mut field = || fields.next().expect("a line has three fields");
        (field(), field(), field())
    });
    Some(lines.collect())
}

#[test]
fn a_thousand_real_user_agents_are_told_apart() {
    let Some(mut lines) = lines() else { return };
    lines.retain(|(tags, ..)| tags != "in-app");
    assert_right(&lines, RIGHT_PER_MILLE);
}

#[test]
fn a_thousand_real_pages_inside_apps_are_peoples() {
    let Some(mut lines) = lines() else { return };
    lines.retain(|(tags, ..)| tags == "in-app");
    assert_right(&lines, RIGHT_IN_APPS_PER_MILLE);
}

fn assert_right(lines: &[(String, String, String)], per_mille: usize) {
    let wrong: Vec<_> = lines
        .iter()
        .filter(|(tags, pattern, text)| !expected(tags, pattern, text).contains(&classify(text)))
        .map(|(tags, _, text)| format!("{} for {tags}: {text}", classify(text).as_str()))
        .collect();
    let right = lines.len() - wrong.len();
    println!("{right} of {} right; wrong:\n{}", lines.len(), wrong.join("\n"));
    assert!(lines.len() >= 1_000, "only {} user agents", lines.len());
    assert!(right * 1_000 >= lines.len() * per_mille);
}

/// Through the layer, as a service would see it: the actor of each event, and the cohort that follows from it. A
/// payment comes from a billing system, whose own library says nothing about who paid.
#[tokio::test]
async fn the_cohort_follows_and_a_payment_is_never_synthetic() {
    let Some(lines) = lines() else { return };
    let recorder = Recorder::new();
    let funnel = Funnel::builder()
        .backend(Backend::Custom(Arc::new(recorder.clone())))
        .build()
        .expect("a plain funnel");
    let service = FunnelLayer::new(funnel).layer(service_fn(async |request: Request<()>| {
        let funnel = FunnelContext::of(request.extensions());
        funnel.provision("db").record();
        funnel.paid(TeamId::parse("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f").unwrap(), None).record();
        Ok::<_, Infallible>(Response::new(()))
    }));
    for (_, _, user_agent) in &lines {
        let Ok(request) = Request::get("/").header("user-agent", user_agent).body(()) else { continue };
        service.clone().oneshot(request).await.unwrap();
        let events = recorder.take();
        let actor = classify(user_agent);
        let cohort = if actor == Actor::Prober { "synthetic" } else { "real" };
        events[0].assert_attribute("actor", actor.as_str()).assert_attribute("cohort", cohort);
        events[1].assert_step("paid").assert_absent("actor").assert_attribute("cohort", "real");
    }
}
