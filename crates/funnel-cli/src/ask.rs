//! Values of options.

use crate::failure::Failure;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

fn text(arguments: &mut lexopt::Parser) -> Result<String, Failure> {
    Ok(arguments.value()?.to_string_lossy().into_owned())
}

/// The value of an option that says nothing when it is empty.
pub(crate) fn word(arguments: &mut lexopt::Parser, option: &str) -> Result<String, Failure> {
    let given = text(arguments)?;
    if given.trim().is_empty() {
        return Err(Failure::CannotAsk(format!("`{option}` is empty; leave it out, or give it a value")));
    }
    Ok(given)
}

/// A file's name.
pub(crate) fn path(arguments: &mut lexopt::Parser, option: &str) -> Result<PathBuf, Failure> {
    let given = PathBuf::from(arguments.value()?);
    if given.as_os_str().is_empty() {
        return Err(Failure::CannotAsk(format!("`{option}` is empty; leave it out, or name a file")));
    }
    Ok(given)
}

/// `127.0.0.1:4320`
pub(crate) fn address(arguments: &mut lexopt::Parser) -> Result<SocketAddr, Failure> {
    let given = text(arguments)?;
    given.parse().map_err(|_| {
        Failure::CannotAsk(format!("`{given}` is not an address and port, such as 127.0.0.1:4320"))
    })
}

/// An unsigned number.
pub(crate) fn number(arguments: &mut lexopt::Parser) -> Result<u64, Failure> {
    let given = text(arguments)?;
    given.parse().map_err(|_| Failure::CannotAsk(format!("`{given}` is not an unsigned number")))
}

/// `90s`, `15m`, `24h`, `7d`
pub(crate) fn duration(arguments: &mut lexopt::Parser) -> Result<Duration, Failure> {
    let given = text(arguments)?;
    parse_duration(&given).ok_or_else(|| {
        Failure::CannotAsk(format!("`{given}` is not a duration, such as 90s, 15m, 24h or 7d"))
    })
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
