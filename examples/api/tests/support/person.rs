//! Somebody with a browser, and the billing system that knows their team.

use std::collections::BTreeMap;

use api_example::Secret;
use serde_json::{Value, json};
use ureq::Agent;

use super::service::{BILLING_SECRET, Service};

pub(crate) const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub(crate) struct Person {
    agent: Agent,
    jar: BTreeMap<String, String>,
    pub(crate) user_agent: String,
    pub(crate) address: String,
    pub(crate) email: String,
}

impl Person {
    pub(crate) fn new(address: &str, email: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self {
            agent,
            jar: BTreeMap::new(),
            user_agent: FIREFOX.into(),
            address: address.into(),
            email: email.into(),
        }
    }

    /// The cookies as they are sent.
    pub(crate) fn cookies(&self) -> String {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn visit(&mut self, service: &Service, path: &str) -> u16 {
        let request = self.agent.get(format!("{}{path}", service.url));
        let request = request.header("user-agent", &self.user_agent).header("x-forwarded-for", &self.address);
        let response = request.header("cookie", self.cookies()).call().unwrap();
        self.keep(&response);
        response.status().as_u16()
    }

    pub(crate) fn post(&mut self, service: &Service, path: &str, body: &Value) -> (u16, Value) {
        let request =
            self.agent.post(format!("{}{path}", service.url)).header("content-type", "application/json");
        let request = request.header("user-agent", &self.user_agent).header("x-forwarded-for", &self.address);
        let mut response = request.header("cookie", self.cookies()).send(body.to_string()).unwrap();
        self.keep(&response);
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    fn keep(&mut self, response: &ureq::http::Response<ureq::Body>) {
        for line in response.headers().get_all("set-cookie") {
            let (name, value) = line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.jar.insert(name.into(), value.into());
        }
    }

    /// Asks for a link, and takes it out of the mail.
    pub(crate) fn onboard(&mut self, service: &Service) -> String {
        let (status, _) = self.post(service, "/onboarding", &json!({ "email": self.email.clone() }));
        assert_eq!(status, 202);
        service.token_mailed_to(&self.email)
    }

    pub(crate) fn claim(&mut self, service: &Service, token: &str) -> String {
        let (status, answer) = self.post(service, "/claim", &json!({ "token": token, "team": "Acme" }));
        assert_eq!(status, 200);
        answer["team"].as_str().unwrap().to_owned()
    }
}

/// One charge of a subscription, as the billing system tells it.
pub(crate) fn charged(team: &str, charge: &str, period: i64, charged_at: i64) -> String {
    json!({
        "type": "subscription.charged", "team": team, "plan": "pro", "subscription": "sub_1",
        "charge": charge, "period": period, "charged_at": charged_at,
    })
    .to_string()
}

pub(crate) fn activated(team: &str) -> String {
    json!({ "type": "subscription.activated", "team": team, "plan": "pro" }).to_string()
}

pub(crate) fn signature(body: &str) -> String {
    const_hex::encode(Secret::new(BILLING_SECRET).unwrap().sign(body.as_bytes()))
}

/// Delivers to the webhook; the status.
pub(crate) fn deliver(service: &Service, body: &str, signature: &str) -> u16 {
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{}/billing/webhook", service.url));
    let request = request.header("user-agent", "BillingBot/2.0 (+https://billing.example)");
    request.header("x-billing-signature", signature).send(body).unwrap().status().as_u16()
}

pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}
