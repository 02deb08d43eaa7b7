//! People, agents, probes, a billing system that repeats itself and callers who do not take care, over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use instant_funnel::TeamId;
use ureq::Agent;

use crate::service::{Charge, ClaimRequest, MINUTES_AGO, Visit};

/// Threads that send.
const SENDERS: usize = 4;
/// The load is spread over so many minutes before it is sent, so that the page has a day to show.
const MINUTES: u32 = 20 * 60;
/// Between two journeys of the trickle.
const PAUSE: Duration = Duration::from_millis(150);
/// Resources, by what most people want first.
const SERVICES: [&str; 7] = ["db", "cache", "storage", "queue", "vector", "nosql", "webhook"];

type Sent = Result<(), Box<ureq::Error>>;

/// A load that is the same at every run, its random ids aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    journeys: u32,
}

impl Load {
    pub(crate) fn fixed(journeys: u32) -> Self {
        Self { journeys }
    }

    /// Walks everybody through the service and returns when the last has been answered.
    pub(crate) fn run(self, service: SocketAddr) -> Sent {
        let next = AtomicU32::new(0);
        std::thread::scope(|scope| {
            let sender = || {
                let client = Client::new(service);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= self.journeys {
                        return Ok(());
                    }
                    client.journey(&Person {
                        number,
                        minutes_ago: MINUTES - MINUTES * number / self.journeys,
                    })?;
                }
            };
            let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(sender)).collect();
            senders.into_iter().try_for_each(|sender| sender.join().unwrap_or(Ok(())))
        })
    }
}

/// A journey now and then, for somebody who watches, until the process ends.
pub(crate) fn trickle(service: SocketAddr) {
    let client = Client::new(service);
    for number in 0.. {
        // The service ends before the process does.
        if client.journey(&Person { number, minutes_ago: 0 }).is_err() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Somebody, and how far they go. The number decides, so that each run sends the same.
struct Person {
    number: u32,
    /// When they begin.
    minutes_ago: u32,
}

impl Person {
    /// The same person so many minutes later, or now.
    fn later(&self, minutes: u32) -> Self {
        Self { number: self.number, minutes_ago: self.minutes_ago.saturating_sub(minutes) }
    }

    fn one_in(&self, n: u32, offset: u32) -> bool {
        self.number % n == offset
    }

    fn is_probe(&self) -> bool {
        self.one_in(50, 7)
    }

    fn is_agent(&self) -> bool {
        self.one_in(3, 0)
    }

    /// Agents come for a resource; six in ten browsers look and leave.
    fn provisions(&self) -> bool {
        self.is_agent() || self.number % 10 < 4
    }

    fn claims(&self) -> bool {
        self.provisions() && !self.is_probe() && self.one_in(16, 3)
    }

    fn pays(&self) -> bool {
        self.claims() && self.number % 80 < 32
    }

    fn renews(&self) -> bool {
        self.pays() && self.one_in(2, 1)
    }

    /// Sends an address where a plan's name is due.
    fn is_careless(&self) -> bool {
        self.one_in(40, 0)
    }

    fn user_agent(&self) -> &'static str {
        if self.is_probe() {
            "uptime-probe/1.0"
        } else if self.is_agent() {
            if self.one_in(2, 0) { "Claude-User/1.0" } else { "curl/8.9.1" }
        } else {
            "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
        }
    }

    fn address(&self) -> Ipv4Addr {
        // The documentation networks of RFC 5737.
        let [_, _, high, low] = self.number.to_be_bytes();
        let networks = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
        let [a, b, c] = networks[usize::from(high) % networks.len()];
        Ipv4Addr::new(a, b, c, low)
    }

    fn email(&self) -> String {
        format!("person{}@example.com", self.number)
    }
}

struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    fn new(service: SocketAddr) -> Self {
        Self { agent: Agent::new_with_defaults(), base: format!("http://{service}") }
    }

    fn journey(&self, person: &Person) -> Sent {
        let visit: Visit = self.get("/", person)?;
        let person = &person.later(1 + person.number % 7);
        if person.provisions() {
            let tier = if person.is_careless() { person.email() } else { "anonymous".to_owned() };
            for service in SERVICES.iter().take(1 + person.number as usize % 2) {
                let path = format!(
                    "/provision/{service}?journey={}&tier={}",
                    visit.journey,
                    tier.replace('@', "%40")
                );
                self.post(&path, person, b"")?;
            }
        }
        if person.claims() {
            let person = &person.later(2 + person.number % 89);
            let team = TeamId::new();
            let request = ClaimRequest { journey: visit.journey, team, email: person.email() };
            self.post("/claim", person, &json(&request)?)?;
            let paying = person.later(3 + person.number % 241);
            if person.pays() {
                self.charge(team, &format!("ch_{team}_1"), &paying)?;
            }
            if person.renews() {
                self.charge(team, &format!("ch_{team}_2"), &paying.later(60))?;
            }
        }
        Ok(())
    }

    /// Each charge is delivered three times, as billing systems do.
    fn charge(&self, team: TeamId, id: &str, payer: &Person) -> Sent {
        let charge = json(&Charge { id: id.to_owned(), team })?;
        // The billing system calls as itself.
        let billing = Person { number: 1, minutes_ago: payer.minutes_ago };
        (0..3).try_for_each(|_| self.post("/webhooks/billing", &billing, &charge))
    }

    fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        person: &Person,
    ) -> Result<T, Box<ureq::Error>> {
        let mut response = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("user-agent", person.user_agent())
            .header("x-forwarded-for", person.address().to_string())
            .header("x-client-asn", "64500")
            .header(MINUTES_AGO, person.minutes_ago.to_string())
            .call()?;
        let text = response.body_mut().read_to_string()?;
        serde_json::from_str(&text).map_err(|error| Box::new(ureq::Error::Other(error.into())))
    }

    fn post(&self, path: &str, person: &Person, body: &[u8]) -> Sent {
        let mut response = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("user-agent", person.user_agent())
            .header("x-forwarded-for", person.address().to_string())
            .header("x-client-asn", "64500")
            .header(MINUTES_AGO, person.minutes_ago.to_string())
            .header("content-type", "application/json")
            .send(body)?;
        // Read to its end, so that the connection is used again.
        response.body_mut().read_to_vec()?;
        Ok(())
    }
}

fn json(body: &impl serde::Serialize) -> Result<Vec<u8>, Box<ureq::Error>> {
    serde_json::to_vec(body).map_err(|error| Box::new(ureq::Error::Other(error.into())))
}
