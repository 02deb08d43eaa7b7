//! Somebody on one connection: arrives, provisions, and one in twenty goes all the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::support::person::{FIREFOX, charged, now, signature};
use super::support::service::Service;

const KINDS: [&str; 7] = ["db", "cache", "nosql", "vector", "queue", "storage", "webhook"];
const PROVISIONS: usize = 5;
/// One visitor in so many becomes a team that pays.
const PAYS: u32 = 20;

/// What visitors did, and every value of theirs that must not leave the service.
#[derive(Default)]
pub(crate) struct Taken {
    landings: u64,
    provisions: u64,
    claims: u64,
    payments: u64,
    pub(crate) failed: u64,
    pub(crate) values: Vec<String>,
}

impl Taken {
    pub(crate) fn add(&mut self, other: Self) {
        self.landings += other.landings;
        self.provisions += other.provisions;
        self.claims += other.claims;
        self.payments += other.payments;
        self.failed += other.failed;
        self.values.extend(other.values);
    }

    pub(crate) fn steps(&self) -> [(&'static str, u64); 4] {
        [
            ("landing", self.landings),
            ("provision", self.provisions),
            ("claim", self.claims),
            ("paid", self.payments),
        ]
    }
}

pub(crate) struct Visitor {
    service: Arc<Service>,
    stream: BufReader<TcpStream>,
    taken: Taken,
    next: Next,
    number: u32,
    address: String,
    email: String,
    cookie: String,
    token: String,
    team: String,
}

#[derive(Clone, Copy)]
enum Next {
    Land,
    Provision(usize),
    Onboard,
    Claim,
    Pay,
}

impl Visitor {
    pub(crate) async fn connect(service: Arc<Service>) -> Self {
        let stream = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let empty = String::new;
        let mut visitor = Self {
            service,
            stream: BufReader::new(stream),
            taken: Taken::default(),
            next: Next::Land,
            number: 0,
            address: empty(),
            email: empty(),
            cookie: empty(),
            token: empty(),
            team: empty(),
        };
        visitor.renew();
        visitor
    }

    pub(crate) fn leave(mut self) -> Taken {
        self.remember();
        self.taken
    }

    /// The next person on this connection, from another address.
    fn renew(&mut self) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        self.remember();
        self.number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // The range that is set aside for benchmarks.
        let [_, high, middle, low] = self.number.to_be_bytes();
        self.address = format!("198.{}.{middle}.{low}", 18 + (high & 1));
        self.email = format!("visitor-{}@mail.example", self.number);
        self.cookie.clear();
        self.token.clear();
    }

    fn remember(&mut self) {
        if self.address.is_empty() {
            return;
        }
        let (_, cookie) = self.cookie.split_once('.').unwrap_or_default();
        let token = self.token.split('.').map(str::to_owned);
        let values = [self.address.clone(), self.email.clone(), cookie.to_owned()];
        self.taken.values.extend(values.into_iter().chain(token).filter(|value| !value.is_empty()));
    }

    /// One request.
    pub(crate) async fn act(&mut self) {
        match self.next {
            Next::Land => {
                let landed = self.send("GET", "/start", "", "").await.is_some();
                self.taken.landings += u64::from(landed);
                self.next = Next::Provision(0);
            }
            Next::Provision(done) => {
                let kind = KINDS[(self.number as usize + done) % KINDS.len()];
                let provisioned = self.send("POST", &format!("/v1/{kind}"), "", "").await.is_some();
                self.taken.provisions += u64::from(provisioned);
                self.next = match done + 1 {
                    more if more < PROVISIONS => Next::Provision(more),
                    _ if self.number.is_multiple_of(PAYS) => Next::Onboard,
                    _ => self.another(),
                };
            }
            Next::Onboard => {
                let body = json!({ "email": self.email }).to_string();
                self.send("POST", "/onboarding", "", &body).await;
                self.token = self.service.token_mailed_to(&self.email);
                self.next = Next::Claim;
            }
            Next::Claim => {
                let body = json!({ "token": self.token, "team": "Acme" }).to_string();
                let answer = self.send("POST", "/claim", "", &body).await;
                self.taken.claims += u64::from(answer.is_some());
                let team = answer.and_then(|answer| Some(answer["team"].as_str()?.to_owned()));
                self.team = team.unwrap_or_default();
                self.next = Next::Pay;
            }
            Next::Pay => {
                let body = charged(&self.team, &format!("ch_{}", self.number), 1, now());
                let signed = format!("x-billing-signature: {}\r\n", signature(&body));
                let paid = self.send("POST", "/billing/webhook", &signed, &body).await.is_some();
                self.taken.payments += u64::from(paid);
                self.next = self.another();
            }
        }
    }

    fn another(&mut self) -> Next {
        self.renew();
        Next::Land
    }

    /// The answer's body, or None when the request failed.
    async fn send(&mut self, method: &str, path: &str, more: &str, body: &str) -> Option<Value> {
        let cookie =
            if self.cookie.is_empty() { String::new() } else { format!("cookie: {}\r\n", self.cookie) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: api.example\r\nuser-agent: {FIREFOX}\r\nx-forwarded-for: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n{cookie}{more}\r\n{body}",
            self.address,
            body.len(),
        );
        let answer = self.exchange(&request).await;
        self.taken.failed += u64::from(answer.is_none());
        answer
    }

    async fn exchange(&mut self, request: &str) -> Option<Value> {
        self.stream.get_mut().write_all(request.as_bytes()).await.ok()?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await.ok()?;
        let good = line.starts_with("HTTP/1.1 2");
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse().ok()?,
                "set-cookie" => value.split(';').next().unwrap_or_default().clone_into(&mut self.cookie),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        good.then(|| serde_json::from_slice(&body).unwrap_or_default())
    }
}
