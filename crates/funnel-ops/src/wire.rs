//! OTLP requests field by field: what is kept stays byte for byte.

use std::ops::Range;

/// A field of a protobuf message.
struct Field<'m> {
    number: u64,
    /// The content of a length-delimited field.
    content: Option<&'m [u8]>,
    fixed64: Option<u64>,
    whole: Range<usize>,
}

/// The fields of a message up to the first that is damaged; then whether all of it was read.
fn fields(message: &[u8]) -> (Vec<Field<'_>>, bool) {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < message.len() {
        let Some(field) = field(message, at) else { return (found, false) };
        at = field.whole.end;
        found.push(field);
    }
    (found, true)
}

fn field(message: &[u8], start: usize) -> Option<Field<'_>> {
    let (key, at) = varint(message, start)?;
    let number = key >> 3;
    let (mut content, mut fixed64) = (None, None);
    let end = match key & 7 {
        0 => varint(message, at)?.1,
        1 => {
            fixed64 = Some(u64::from_le_bytes(*message.get(at..)?.first_chunk()?));
            at + 8
        }
        2 => {
            let (length, at) = varint(message, at)?;
            let end = at.checked_add(usize::try_from(length).ok()?)?;
            content = Some(message.get(at..end)?);
            end
        }
        5 => at + 4,
        _ => return None,
    };
    (number > 0 && end <= message.len()).then_some(Field { number, content, fixed64, whole: start..end })
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Whether a message is a request of logs from its first byte to its last.
pub(crate) fn is_request(message: &[u8]) -> bool {
    let (fields, whole) = fields(message);
    whole && !fields.is_empty() && fields.iter().all(|field| field.number == 1 && field.content.is_some())
}

/// Calls `each` with every log record of a request.
pub(crate) fn each_record(request: &[u8], each: &mut dyn FnMut(&[u8])) {
    retain(request, &mut |record| {
        each(record);
        true
    });
}

/// The request without the records that `keep` refuses; empty when none is left.
pub(crate) fn retain(request: &[u8], keep: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
    // Request → ResourceLogs (1) → ScopeLogs (2) → LogRecord (2).
    edit(request, &[1, 2, 2], keep).unwrap_or_default()
}

/// A message without the nested ones on `path` that `keep` refuses; `None` when it holds none any more.
fn edit(message: &[u8], path: &[u64], keep: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
    let Some((number, below)) = path.split_first() else { return keep(message).then(|| message.to_vec()) };
    let mut out = Vec::with_capacity(message.len());
    let mut left = false;
    for field in fields(message).0 {
        match field.content {
            Some(content) if field.number == *number => {
                if let Some(edited) = edit(content, below, keep) {
                    put(&mut out, *number, &edited);
                    left = true;
                }
            }
            _ => out.extend_from_slice(&message[field.whole]),
        }
    }
    left.then_some(out)
}

/// A request with these records.
pub(crate) fn wrap<'r>(
    resource: &[u8],
    scope: &[u8],
    records: impl IntoIterator<Item = &'r [u8]>,
) -> Vec<u8> {
    let mut scope_logs = Vec::new();
    if !scope.is_empty() {
        put(&mut scope_logs, 1, scope);
    }
    records.into_iter().for_each(|record| put(&mut scope_logs, 2, record));
    let mut resource_logs = Vec::new();
    if !resource.is_empty() {
        put(&mut resource_logs, 1, resource);
    }
    put(&mut resource_logs, 2, &scope_logs);
    let mut request = Vec::new();
    put(&mut request, 1, &resource_logs);
    request
}

/// When a record's event happened, Unix nanoseconds: its time, or when it was observed.
pub(crate) fn record_time(record: &[u8]) -> Option<u64> {
    let (fields, _) = fields(record);
    let time = |number| fields.iter().find(|field| field.number == number)?.fixed64.filter(|time| *time > 0);
    time(1).or_else(|| time(11))
}

/// The attributes of a record that are texts.
pub(crate) fn attributes(record: &[u8]) -> Vec<(String, String)> {
    let text = |message: &[u8], number: u64| {
        let (fields, _) = fields(message);
        let content = fields.iter().find(|field| field.number == number)?.content?;
        Some(content.to_vec())
    };
    let (record, _) = fields(record);
    let pairs = record.iter().filter(|field| field.number == 6).filter_map(|field| {
        let pair = field.content?;
        let value = text(&text(pair, 2)?, 1)?;
        Some((String::from_utf8(text(pair, 1)?).ok()?, String::from_utf8(value).ok()?))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(time: u64, name: &str) -> Vec<u8> {
        let mut out = vec![0x09];
        out.extend_from_slice(&time.to_le_bytes());
        put(&mut out, 12, name.as_bytes());
        out
    }

    #[test]
    fn what_is_kept_stays_byte_for_byte() {
        let records = [record(1, "a"), record(2, "b"), record(3, "c")];
        let request = wrap(b"\x0a\x00", b"\x0a\x01s", records.iter().map(Vec::as_slice));
        assert!(is_request(&request));
        assert_eq!(retain(&request, &mut |_| true), request);
        let kept = retain(&request, &mut |record| record_time(record) != Some(2));
        assert_eq!(kept, wrap(b"\x0a\x00", b"\x0a\x01s", [records[0].as_slice(), &records[2]]));
        assert_eq!(retain(&request, &mut |_| false), b"");
    }

    #[test]
    fn any_bytes_are_read_or_left() {
        for length in 0..200_usize {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 37 + length * 11) as u8).collect();
            let _ = is_request(&bytes);
            each_record(&bytes, &mut |record| {
                let _ = record_time(record);
            });
        }
    }
}
