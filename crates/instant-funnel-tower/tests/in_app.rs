//! Pages that people open inside apps are people's, whatever words the app's name holds; monitors and crawlers are
//! not, also where they call themselves a telephone.
//!
//! The strings are composed by hand after the forms that apps and robots use.

use instant_funnel::Actor;
use instant_funnel_tower::classify;

const IN_APP: &str = include_str!("corpus/in_app.txt");
const ROBOTS: &str = include_str!("corpus/robots.txt");

fn assert_all(corpus: &str, at_least: usize, expected: Actor) {
    let lines: Vec<_> = corpus.lines().collect();
    assert!(lines.len() >= at_least, "only {} user agents", lines.len());
    let wrong: Vec<_> = lines
        .iter()
        .filter(|line| classify(line) != expected)
        .map(|line| format!("{}: {line}", classify(line).as_str()))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

#[test]
fn a_browser_inside_an_app_is_a_person() {
    assert_all(IN_APP, 200, Actor::HumanDashboard);
}

#[test]
fn a_robot_is_a_prober_even_on_a_telephone() {
    assert_all(ROBOTS, 100, Actor::Prober);
}

#[test]
fn an_apps_words_count_where_no_app_is() {
    for (user_agent, actor) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Flipboard",
            Actor::Prober,
        ),
        ("Pinterest/0.2", Actor::Prober),
        ("acme-search/1.0", Actor::Prober),
        ("acme-cli/1.0 (Android)", Actor::Unknown),
        ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", Actor::HumanDashboard),
    ] {
        assert_eq!(classify(user_agent), actor, "{user_agent}");
    }
}
