//! `OTEL_RESOURCE_ATTRIBUTES`.

/// One attribute of `key=value,key=value`, percent-decoded as the OpenTelemetry specification says.
pub(super) fn attribute(list: &str, key: &str) -> Option<String> {
    list.split(',').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == key).then(|| percent_decode(value.trim()))
    })
}

/// Percent escapes decoded; a broken escape is left as it is.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let mut byte = [0; 1];
        match tail {
            [high, low, after @ ..] if *first == b'%' && hex_byte(&[*high, *low], &mut byte) => {
                bytes.push(byte[0]);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(digits: &[u8; 2], byte: &mut [u8; 1]) -> bool {
    let digit = |digit: u8| (digit as char).to_digit(16);
    match (digit(digits[0]), digit(digits[1])) {
        (Some(high), Some(low)) => {
            byte[0] = (high << 4 | low) as u8;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_attributes_are_found_and_decoded() {
        let list = "service.name=check%2Dout, deployment.environment.name = staging,bad";
        assert_eq!(attribute(list, "service.name").as_deref(), Some("check-out"));
        assert_eq!(attribute(list, "deployment.environment.name").as_deref(), Some("staging"));
        assert_eq!(attribute(list, "bad"), None);
        assert_eq!(percent_decode("100%zz%4"), "100%zz%4");
    }
}
