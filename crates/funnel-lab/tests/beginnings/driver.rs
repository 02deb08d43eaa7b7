//! People, agents and monitors, and a ledger of what they did.

use instant_funnel::TeamId;

use super::Counts;
use super::services::{PROBE, Services};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const MONITOR: &str = "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)";

/// By who began the journey: provisions, claims and payments.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) real: Counts,
    pub(crate) synthetic: Counts,
}

/// Who begins a journey: the headers, the actor, and whether it counts.
type Beginner = (&'static [(&'static str, &'static str)], &'static str, bool);

const BEGINNERS: [Beginner; 6] = [
    (&[("user-agent", "Claude-User/1.0")], "agent_claude", true),
    (&[("user-agent", "curl/8.5.0")], "agent_curl", true),
    (&[("user-agent", "some-client/1.0"), ("mcp-protocol-version", "2025-06-18")], "agent_mcp", true),
    (&[("user-agent", FIREFOX)], "human_dashboard", true),
    (&[("user-agent", MONITOR)], "prober", false),
    // Our own probe, that calls itself a browser.
    (&[("user-agent", FIREFOX), PROBE], "human_dashboard", false),
];

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) % bound as u64) as usize
    }
}

pub(crate) fn drive(services: &Services, journeys: u32) -> Ledger {
    let mut random = Random(18);
    let (mut ledger, mut deliveries) = (Ledger::default(), Vec::new());
    for _ in 0..journeys {
        let (headers, actor, counts) = BEGINNERS[random.below(BEGINNERS.len())];
        let column = if counts { &mut ledger.real } else { &mut ledger.synthetic };
        let steps = column.entry(actor.to_owned()).or_default();
        let token = provision(services, &mut random, headers);
        steps[0] += 1;
        // A monitor checks the whole way each time.
        if counts && random.below(5) > 1 {
            continue;
        }
        let team = claim(services, &mut random, &token);
        steps[1] += 1;
        if counts && random.below(3) > 0 {
            continue;
        }
        steps[2] += 1;
        deliveries.extend(std::iter::repeat_n(team, 1 + random.below(3)));
        if random.below(50) == 0 {
            services.work(usize::MAX);
        }
    }
    services.work(usize::MAX);
    pay(services, &mut random, deliveries);
    ledger
}

/// Lands, gets a resource by the queue or by the other service, and asks for a mail. Each is a request of its own, with
/// the cookies of the ones before.
fn provision(services: &Services, random: &mut Random, headers: &[(&str, &str)]) -> String {
    let ((), cookies) = services.ask(headers, |funnel| funnel.landing().record());
    let cookies = cookies.join("; ");
    let headers = [headers, &[("cookie", &*cookies)]].concat();
    let elsewhere = random.below(2) == 0;
    services.ask(&headers, |funnel| {
        if elsewhere { services.provision_elsewhere(funnel) } else { services.enqueue(funnel) }
    });
    services.ask(&headers, |funnel| services.mail(funnel)).0
}

/// A person opens the mail, in a browser in which another journey may have begun.
fn claim(services: &Services, random: &mut Random, token: &str) -> TeamId {
    let mut cookies = String::new();
    if random.below(3) == 0 {
        cookies = services.ask(&[("user-agent", FIREFOX)], |funnel| funnel.landing().record()).1.join("; ");
    }
    let headers = [("user-agent", FIREFOX), ("cookie", &*cookies)];
    let (team, after) = services.ask(&headers, |funnel| services.claim(funnel, token));
    assert_eq!(after.len(), 2, "the browser goes on with the token's journey");
    team
}

/// The billing system, in no order.
fn pay(services: &Services, random: &mut Random, mut deliveries: Vec<TeamId>) {
    for at in (1..deliveries.len()).rev() {
        deliveries.swap(at, random.below(at + 1));
    }
    let headers = [("user-agent", "BillingBot/2.0 (+https://billing.example)")];
    for team in deliveries {
        services.ask(&headers, |funnel| services.pay(funnel, team));
    }
}
