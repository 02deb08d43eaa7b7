//! Base 64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use super::text::of_text;
use crate::function::entry::Function;
use crate::node::Arguments;
use crate::value::Datum;

pub(in crate::function) const FUNCTIONS: &[Function] = &[
    Function::plain("encode", (2, 2), "encode(text, 'base64')", "base64, base64mime, base64url.", encode),
    Function::plain(
        "decode",
        (2, 2),
        "decode(text, 'base64')",
        "base64, base64mime, base64url; NULL when it is not.",
        decode,
    ),
];

fn encode<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let kind = args.text(1).unwrap_or_default().to_ascii_lowercase();
    of_text(args, |text| match kind.as_str() {
        "base64" => Datum::from(STANDARD.encode(text)),
        "base64url" => Datum::from(URL_SAFE.encode(text)),
        "base64mime" => {
            let plain = STANDARD.encode(text);
            let lines: Vec<&str> =
                (0..plain.len()).step_by(76).map(|at| &plain[at..plain.len().min(at + 76)]).collect();
            Datum::from(lines.join("\r\n"))
        }
        _ => Datum::Null,
    })
}

fn decode<'a>(args: &Arguments<'a, '_>) -> Datum<'a> {
    let kind = args.text(1).unwrap_or_default().to_ascii_lowercase();
    of_text(args, |text| {
        let bytes = match kind.as_str() {
            "base64" => STANDARD.decode(text),
            "base64url" => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')),
            "base64mime" => STANDARD.decode(text.split_ascii_whitespace().collect::<String>()),
            _ => return Datum::Null,
        };
        bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Datum::Null, Datum::from)
    })
}
