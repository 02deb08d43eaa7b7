use instant_funnel::{Paid, TeamId};

fn charged(team: TeamId) {
    let _ = Paid::new(team);
}

fn main() {}
