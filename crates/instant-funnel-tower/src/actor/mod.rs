//! Who acts, read off the user agent.
//!
//! One rule decides what counts as a person's traffic: **a visitor who acts for nobody is a [`Actor::Prober`], and
//! probers are synthetic**. Monitors and checks are such visitors, and so are search and training crawlers, scanners,
//! link previews and headless browsers: none of them will ever pay. An agent, a command line or an HTTP library acts
//! for somebody and stays real, and so does a user agent that nobody knows: an API has customers whose programs no
//! list names.
//!
//! Apps open pages in a browser of their own, and call it `SearchBrowser` or `Flipboard`. So a word that robots also
//! say decides nothing on a telephone or a tablet, and a word of the device's own name decides nothing at all.

mod domain;
mod memo;
mod names;
mod platform;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use instant_funnel::Actor;

use self::memo::Memo;
use self::names::{Kind, Kinds, Name};
use self::platform::Platform;

/// What is read of a user agent. Real ones are shorter; a longer one costs no more than this.
const READ_BYTES: usize = 512;

struct Recogniser {
    names: Vec<Name>,
    /// None when the names could not be compiled, which a test rules out: nobody is recognised then.
    matcher: Option<AhoCorasick>,
}

static RECOGNISER: LazyLock<Recogniser> = LazyLock::new(|| {
    let names: Vec<_> = names::all().collect();
    let matcher = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(names.iter().map(|name| name.text))
        .ok();
    Recogniser { names, matcher }
});

/// Who sent this user agent.
///
/// Runs in time linear in its length, allocates nothing.
///
/// ```
/// use instant_funnel::Actor;
/// use instant_funnel_tower::classify;
///
/// assert_eq!(classify("curl/8.5.0"), Actor::AgentCurl);
/// assert_eq!(classify("Mozilla/5.0 (compatible; UptimeRobot/2.0)"), Actor::Prober);
/// assert_eq!(classify("acme-cli/1.4"), Actor::Unknown); // somebody's program: unknown, and real
/// ```
#[must_use]
pub fn classify(user_agent: &str) -> Actor {
    classify_bytes(user_agent.as_bytes())
}

fn classify_bytes(user_agent: &[u8]) -> Actor {
    let bytes = &user_agent[..user_agent.len().min(READ_BYTES)];
    // Some send the quotes that their configuration has.
    let bytes = bytes.strip_prefix(b"\"").unwrap_or(bytes);
    let (is_browser, platform) = (is_browser(bytes), Platform::of(bytes));
    let mut found = found(bytes, is_browser, &platform);
    // A shop calls its app after its site too.
    if !is_browser && !platform.is_handheld && domain::is_named_after_one(bytes) {
        found.add(Kind::Contact);
    }
    match found.strongest() {
        Some(Kind::Crawler | Kind::Monitor | Kind::Trade | Kind::Contact | Kind::Guise | Kind::At) => {
            Actor::Prober
        }
        Some(Kind::Claude) => Actor::AgentClaude,
        Some(Kind::Mcp) => Actor::AgentMcp,
        Some(Kind::Curl) => Actor::AgentCurl,
        Some(Kind::Agent | Kind::Library) => Actor::AgentOther,
        Some(Kind::App | Kind::Browser) => Actor::HumanDashboard,
        Some(Kind::Platform) | None if !is_browser => Actor::Unknown,
        Some(Kind::Platform) | None if found.has(Kind::Platform) => Actor::HumanDashboard,
        // `Mozilla/5.0` and nothing that a browser would add.
        Some(Kind::Platform) | None => Actor::Prober,
    }
}

/// [`classify`], with the answers of this process remembered.
///
/// As bytes: apps put words of every language into it, in every encoding.
pub(crate) fn remembered(user_agent: &[u8]) -> Actor {
    static MEMO: LazyLock<Memo> = LazyLock::new(Memo::default);
    MEMO.get_or(user_agent, classify_bytes)
}

/// What the names that stand alone in the text say.
fn found(text: &[u8], is_browser: bool, platform: &Platform) -> Kinds {
    let Recogniser { names, matcher } = &*RECOGNISER;
    let mut kinds = Kinds::default();
    let Some(matcher) = matcher else { return kinds };
    for found in matcher.find_overlapping_iter(text) {
        let (start, end) = (found.start(), found.end());
        let Some(name) = names.get(found.pattern().as_usize()) else { continue };
        let is_model = || name.may_be_a_model(text, start) && platform.is_model(text, start, end);
        if name.stands(text, start, end) && !is_model() {
            kinds.add(name.kind);
        }
    }
    if is_browser && platform.is_handheld && !kinds.has(Kind::Contact) && !kinds.has(Kind::Guise) {
        kinds.remove(Kind::Trade);
        kinds.remove(Kind::At);
    }
    kinds
}

/// Browsers have called themselves Mozilla for thirty years; Opera did not always.
fn is_browser(text: &[u8]) -> bool {
    let starts =
        |prefix: &[u8]| text.len() >= prefix.len() && text[..prefix.len()].eq_ignore_ascii_case(prefix);
    starts(b"mozilla/") || starts(b"opera/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_compiles_and_holds_no_name_twice_for_one_kind() {
        assert!(RECOGNISER.matcher.is_some());
        let mut texts: Vec<_> = RECOGNISER.names.iter().map(|name| (name.text, name.kind)).collect();
        texts.sort_unstable();
        let twice: Vec<_> = texts.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn each_kind_of_visitor_is_recognised() {
        let safari = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15";
        let cases = [
            (format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {safari}"), Actor::HumanDashboard),
            ("Claude-User (claude-code/2.1; +https://support.anthropic.com/)".into(), Actor::AgentClaude),
            ("claude-cli/1.0.3 (external, cli)".into(), Actor::AgentClaude),
            ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)".into(), Actor::Prober),
            ("mcp-remote/0.1.18".into(), Actor::AgentMcp),
            ("curl/8.5.0".into(), Actor::AgentCurl),
            ("Wget/1.21.4".into(), Actor::AgentCurl),
            ("python-requests/2.32.3".into(), Actor::AgentOther),
            ("Go-http-client/2.0".into(), Actor::AgentOther),
            ("Mozilla/5.0 (compatible; ChatGPT-User/1.0; +https://openai.com/bot)".into(), Actor::AgentOther),
            ("kube-probe/1.31".into(), Actor::Prober),
            ("Blackbox Exporter/0.25.0".into(), Actor::Prober),
            ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36".into(), Actor::Prober),
            ("acme-cli/1.4".into(), Actor::Unknown),
            (
                "\"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"".into(),
                Actor::HumanDashboard,
            ),
            ("BW/1.1; bit.ly/x".into(), Actor::Prober),
            ("radio.de/5.10.3.0 (Linux;Android 13) ExoPlayerLib/2.18.2".into(), Actor::Unknown),
            ("Chrome".into(), Actor::Prober),
            ("Mozilla/4.0 (compatible; Linux 2.6.22) NetFront/3.4 Kindle/2.0".into(), Actor::HumanDashboard),
            (String::new(), Actor::Unknown),
        ];
        for (user_agent, actor) in cases {
            assert_eq!(classify(&user_agent), actor, "{user_agent}");
        }
    }

    #[test]
    fn names_inside_other_words_do_not_count() {
        // A telephone by Cubot, and a word that only begins like a command line.
        let phone =
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/112.0 Mobile Safari/537.36";
        assert_eq!(classify(phone), Actor::HumanDashboard);
        assert_eq!(classify("curling-club/1.0"), Actor::Unknown);
        assert_eq!(classify("breeder/2.0"), Actor::Unknown);
        assert_eq!(classify("Reeder/3.2 CFNetwork/672.1.12 Darwin/14.0.0"), Actor::Prober);
    }

    #[test]
    fn a_long_user_agent_is_read_no_further_than_a_real_one() {
        let late = format!("Mozilla/5.0 (X11; Linux x86_64) {}Googlebot", "x".repeat(READ_BYTES));
        assert_eq!(classify(&late), Actor::HumanDashboard);
    }
}
