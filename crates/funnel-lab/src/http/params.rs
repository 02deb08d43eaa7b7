//! Parses the query string.

/// The pairs of a query, decoded.
///
/// # Errors
/// A percent sign that is not followed by two hexadecimal digits of UTF-8.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, &'static str> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "the address is not percent-encoded UTF-8";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(WRONG);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).map_err(|_| WRONG)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs("where=tier%3Apro&zone=Europe%2FBerlin&by").unwrap(),
            [pair("where", "tier:pro"), pair("zone", "Europe/Berlin"), pair("by", "")]
        );
        assert_eq!(pairs("a=b+c&&d=%C3%A9").unwrap(), [pair("a", "b c"), pair("d", "é")]);
        for wrong in ["a=%", "a=%4", "a=%zz", "%ff=1"] {
            assert!(pairs(wrong).is_err(), "{wrong}");
        }
    }
}
