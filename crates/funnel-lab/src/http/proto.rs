//! The few protobuf messages that answers hold.

/// `Export…ServiceResponse`, with `partial_success` when there is something to say. The three signals have the same.
pub(crate) fn export_response(rejected: u64, message: &str) -> Vec<u8> {
    let mut response = Vec::new();
    if rejected > 0 || !message.is_empty() {
        let mut partial = Vec::new();
        number(&mut partial, 1, rejected);
        bytes(&mut partial, 2, message.as_bytes());
        bytes(&mut response, 1, &partial);
    }
    response
}

/// `google.rpc.Status`, with `google.rpc.RetryInfo` when it is worth asking again.
pub(crate) fn status(code: u8, message: &str, retry_after_s: Option<u64>) -> Vec<u8> {
    let mut status = Vec::new();
    number(&mut status, 1, code.into());
    bytes(&mut status, 2, message.as_bytes());
    if let Some(seconds) = retry_after_s {
        let mut delay = Vec::new();
        number(&mut delay, 1, seconds);
        let mut retry_info = Vec::new();
        bytes(&mut retry_info, 1, &delay);
        let mut detail = Vec::new();
        bytes(&mut detail, 1, b"type.googleapis.com/google.rpc.RetryInfo");
        bytes(&mut detail, 2, &retry_info);
        bytes(&mut status, 3, &detail);
    }
    status
}

/// A number; zero is not written.
fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    if value > 0 {
        out.push(field << 3);
        varint(out, value);
    }
}

fn bytes(out: &mut Vec<u8>, field: u8, payload: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
