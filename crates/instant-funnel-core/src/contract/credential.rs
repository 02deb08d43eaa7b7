//! The shapes of credentials that would otherwise pass for a name, a slug or a version.
//!
//! A short list: what is not on it (a password, a token without a prefix of its own) is not recognised.

/// What follows a credential's prefix.
#[derive(Clone, Copy)]
enum Tail {
    /// `A-Z0-9`.
    Upper,
    /// `A-Za-z0-9`.
    Alnum,
    /// `A-Za-z0-9_-`.
    Long,
}

impl Tail {
    const fn holds(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Long => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
        }
    }

    #[cfg(any(test, feature = "export"))]
    const fn class(self) -> &'static str {
        match self {
            Self::Upper => "A-Z0-9",
            Self::Alnum => "A-Za-z0-9",
            Self::Long => "A-Za-z0-9_-",
        }
    }
}

/// A prefix at the start of the text or behind a character that is neither a letter nor a digit, and at least so many
/// characters of the tail behind it.
struct Credential {
    prefix: &'static str,
    tail: Tail,
    min: usize,
}

const fn credential(prefix: &'static str, tail: Tail, min: usize) -> Credential {
    Credential { prefix, tail, min }
}

const CREDENTIALS: &[Credential] = &[
    // Amazon Web Services: access keys and other unique ids.
    credential("AKIA", Tail::Upper, 12),
    credential("ASIA", Tail::Upper, 12),
    credential("ABIA", Tail::Upper, 12),
    credential("ACCA", Tail::Upper, 12),
    credential("AROA", Tail::Upper, 12),
    credential("AIDA", Tail::Upper, 12),
    credential("AGPA", Tail::Upper, 12),
    credential("AIPA", Tail::Upper, 12),
    credential("ANPA", Tail::Upper, 12),
    credential("ANVA", Tail::Upper, 12),
    credential("APKA", Tail::Upper, 12),
    credential("ASCA", Tail::Upper, 12),
    // Google: API keys and OAuth access tokens.
    credential("AIza", Tail::Long, 16),
    credential("ya29.", Tail::Long, 16),
    credential("GOCSPX-", Tail::Long, 8),
    // JSON Web Tokens.
    credential("eyJ", Tail::Long, 8),
    // PEM: its first line, and the start of a DER sequence in base64.
    credential("-----BEGIN", Tail::Long, 0),
    credential("MII", Tail::Alnum, 20),
    // GitHub, GitLab.
    credential("ghp_", Tail::Alnum, 4),
    credential("gho_", Tail::Alnum, 4),
    credential("ghu_", Tail::Alnum, 4),
    credential("ghs_", Tail::Alnum, 4),
    credential("ghr_", Tail::Alnum, 4),
    credential("github_pat_", Tail::Alnum, 4),
    credential("glpat-", Tail::Long, 4),
    credential("glptt-", Tail::Long, 4),
    credential("gldt-", Tail::Long, 4),
    credential("glrt-", Tail::Long, 4),
    credential("glagent-", Tail::Long, 8),
    credential("glcbt-", Tail::Long, 8),
    credential("glffct-", Tail::Long, 8),
    credential("glft-", Tail::Long, 8),
    credential("glimt-", Tail::Long, 8),
    credential("gloas-", Tail::Long, 8),
    credential("glsoat-", Tail::Long, 8),
    credential("glwt-", Tail::Long, 8),
    // Package registries.
    credential("npm_", Tail::Alnum, 16),
    credential("pypi-", Tail::Alnum, 16),
    credential("dckr_pat_", Tail::Long, 4),
    credential("rubygems_", Tail::Alnum, 16),
    // Stripe.
    credential("sk_live_", Tail::Alnum, 1),
    credential("sk_test_", Tail::Alnum, 1),
    credential("pk_live_", Tail::Alnum, 1),
    credential("pk_test_", Tail::Alnum, 1),
    credential("rk_live_", Tail::Alnum, 1),
    credential("rk_test_", Tail::Alnum, 1),
    credential("whsec_", Tail::Alnum, 8),
    credential("sk_org_", Tail::Alnum, 8),
    // Square.
    credential("sq0atp-", Tail::Long, 8),
    credential("sq0csp-", Tail::Long, 8),
    // Slack.
    credential("xoxa-", Tail::Alnum, 1),
    credential("xoxb-", Tail::Alnum, 1),
    credential("xoxc-", Tail::Alnum, 1),
    credential("xoxd-", Tail::Alnum, 1),
    credential("xoxe-", Tail::Alnum, 1),
    credential("xoxe.", Tail::Alnum, 1),
    credential("xoxo-", Tail::Alnum, 1),
    credential("xoxp-", Tail::Alnum, 1),
    credential("xoxr-", Tail::Alnum, 1),
    credential("xoxs-", Tail::Alnum, 1),
    credential("xapp-1-", Tail::Alnum, 1),
    // OpenAI, Anthropic, Hugging Face.
    credential("sk-", Tail::Alnum, 16),
    credential("sk-ant-", Tail::Long, 4),
    credential("sk-proj-", Tail::Long, 4),
    credential("sk-svcacct-", Tail::Long, 4),
    credential("sk-admin-", Tail::Long, 4),
    credential("hf_", Tail::Alnum, 16),
    // New Relic: user, ingest, browser and other keys. Licence keys end in `NRAL`: see `LICENSE_KEY`.
    credential("NRAK-", Tail::Alnum, 4),
    credential("NRII-", Tail::Alnum, 4),
    credential("NRIQ-", Tail::Alnum, 4),
    credential("NRAA-", Tail::Alnum, 4),
    credential("NRRA-", Tail::Alnum, 4),
    credential("NRJS-", Tail::Alnum, 4),
    credential("NRBR-", Tail::Alnum, 4),
    credential("NRSP-", Tail::Alnum, 4),
    // SendGrid, DigitalOcean, Shopify, HashiCorp Vault.
    credential("SG.", Tail::Long, 16),
    credential("dop_v1_", Tail::Alnum, 4),
    credential("doo_v1_", Tail::Alnum, 4),
    credential("dor_v1_", Tail::Alnum, 4),
    credential("shpat_", Tail::Alnum, 8),
    credential("shpss_", Tail::Alnum, 8),
    credential("shpca_", Tail::Alnum, 8),
    credential("shppa_", Tail::Alnum, 8),
    credential("hvs.", Tail::Alnum, 16),
    credential("hvb.", Tail::Alnum, 16),
    credential("hvr.", Tail::Alnum, 16),
    // Atlassian, Linear, Tailscale, Postman, Doppler.
    credential("ATATT3", Tail::Long, 16),
    credential("lin_api_", Tail::Alnum, 16),
    credential("tskey-", Tail::Long, 8),
    credential("PMAK-", Tail::Long, 16),
    credential("dp.pt.", Tail::Alnum, 16),
];

/// A New Relic licence key: these letters behind at least [`LICENSE_KEY_MIN`] letters and digits.
const LICENSE_KEY_END: &[u8] = b"NRAL";
const LICENSE_KEY_MIN: usize = 16;

/// The first letters of all prefixes, one bit each: they rule out most strings.
const FIRST: u128 = {
    let mut bits = 0;
    let mut at = 0;
    while at < CREDENTIALS.len() {
        bits |= 1 << CREDENTIALS[at].prefix.as_bytes()[0];
        at += 1;
    }
    bits
};

/// Whether a credential of the list is in `bytes`.
pub(super) fn holds_credential(bytes: &[u8]) -> bool {
    starts(bytes).any(starts_with_credential) || holds_license_key(bytes)
}

/// What begins at each place where a word may begin.
fn starts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let behind = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before));
    (0..bytes.len())
        .filter(move |at| behind(*at).is_none_or(|before| !before.is_ascii_alphanumeric()))
        .filter_map(|at| bytes.get(at..))
}

fn starts_with_credential(rest: &[u8]) -> bool {
    let first = rest.first().copied().unwrap_or(0);
    first.is_ascii()
        && FIRST & 1 << first != 0
        && CREDENTIALS.iter().any(|one| {
            rest.strip_prefix(one.prefix.as_bytes())
                .and_then(|tail| tail.get(..one.min))
                .is_some_and(|tail| tail.iter().all(|byte| one.tail.holds(*byte)))
        })
}

fn holds_license_key(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| !byte.is_ascii_alphanumeric())
        .any(|word| word.strip_suffix(LICENSE_KEY_END).is_some_and(|head| head.len() >= LICENSE_KEY_MIN))
}

/// [`holds_credential`] as a pattern of RE2.
#[cfg(any(test, feature = "export"))]
pub(super) fn credential_pattern() -> String {
    let each = CREDENTIALS.iter().map(|one| {
        let prefix = one.prefix.replace('.', "[.]");
        if one.min == 0 { prefix } else { format!("{prefix}[{}]{{{}}}", one.tail.class(), one.min) }
    });
    let each: Vec<_> = each.collect();
    format!("(?:^|[^A-Za-z0-9])(?:{})|[A-Za-z0-9]{{{LICENSE_KEY_MIN}}}NRAL(?:[^A-Za-z0-9]|$)", each.join("|"))
}

/// The lower-case letters that no credential begins with, as the inside of a character class.
#[cfg(any(test, feature = "export"))]
pub(super) fn harmless_initials() -> String {
    ('a'..='z').filter(|letter| FIRST & 1 << u32::from(*letter) == 0).collect()
}

/// The list as a Markdown table: prefixes with what follows them.
#[cfg(feature = "export")]
pub(crate) fn credential_table() -> String {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for one in CREDENTIALS {
        let tail = match one.min {
            0 => "anything".to_owned(),
            min => format!("at least {min} of `{}`", one.tail.class()),
        };
        let prefix = format!("`{}`", one.prefix);
        match rows.iter_mut().find(|(same, _)| *same == tail) {
            Some((_, prefixes)) => prefixes.push(prefix),
            None => rows.push((tail, vec![prefix])),
        }
    }
    let rows = rows.iter().map(|(tail, prefixes)| format!("| {} | {tail} |\n", prefixes.join(", ")));
    format!(
        "| prefix | followed by |\n|---|---|\n{}| at least {LICENSE_KEY_MIN} of `A-Za-z0-9` | `NRAL` and the word's end |\n",
        rows.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_known_by_all_its_prefixes() {
        for credential in [
            "AGPAIOSFODNN7EXAMPLE",
            "svc.ASCAIOSFODNN7EXAMPLE",
            "glcbt-abcdefgh12",
            "dor_v1_abcdef",
            "shppa_abcdefgh",
            "sk-svcacct-abcd",
            "sk_org_abcdefgh",
            "NRBR-abcd1234",
            "GOCSPX-abcdefgh",
            "hvb.abcdefghijklmnop",
        ] {
            assert!(holds_credential(credential.as_bytes()), "{credential}");
        }
        for name in ["glass-door", "shop_api", "sk-shop", "NRBR", "dor_v1", "lin_api", "svc.AGPA"] {
            assert!(!holds_credential(name.as_bytes()), "{name}");
        }
    }
}
