//! Values of options. Each function is a `value_parser`, whose error clap puts behind the option's name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A string that says something.
pub(crate) fn word(given: &str) -> Result<String, String> {
    if given.trim().is_empty() {
        return Err("leave the option out, or give it a value".to_owned());
    }
    Ok(given.to_owned())
}

/// A file's name.
pub(crate) fn path(given: &str) -> Result<PathBuf, String> {
    if given.is_empty() {
        return Err("leave the option out, or name a file".to_owned());
    }
    Ok(PathBuf::from(given))
}

/// `127.0.0.1:4320`
pub(crate) fn address(given: &str) -> Result<SocketAddr, String> {
    given.parse().map_err(|_| "not an address and port, such as 127.0.0.1:4320".to_owned())
}

/// `90s`, `15m`, `24h`, `7d`
pub(crate) fn duration(given: &str) -> Result<Duration, String> {
    parse_duration(given).ok_or_else(|| "not a duration, such as 90s, 15m, 24h or 7d".to_owned())
}

fn parse_duration(given: &str) -> Option<Duration> {
    let unit = match given.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u64 = given.get(..given.len() - 1)?.parse().ok()?;
    count.checked_mul(unit).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(parse_duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("2d"), Some(Duration::from_secs(172_800)));
        for wrong in ["", "s", "5", "5w", "-5s", "1.5h", "99999999999999999999d", "5 s", "é"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
