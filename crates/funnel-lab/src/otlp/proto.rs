//! `ExportLogsServiceRequest` from protobuf. Field numbers are those of `opentelemetry/proto`, protocol 1.5 and later.

use super::wire::{Payload, Wire};
use super::{Any, Attributes, DecodeError, LogRecord, TraceHex, Visitor, WIRE_MAX};

/// The most levels of nested values that are walked; deeper ones are refused.
const DEPTH_MAX: u32 = 32;
/// The most attributes of a resource or a scope that are told.
const SHARED_MAX: usize = 128;

/// Tells `visitor` what is in `body`.
///
/// # Errors
/// The first byte that is no such message. What was told before that must be thrown away.
pub(crate) fn read<'a>(body: &'a [u8], visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    let mut request = Wire::new(body);
    while let Some((number, payload)) = request.field()? {
        if number == 1 {
            resource_logs(payload.message()?, visitor)?;
        }
    }
    Ok(())
}

fn resource_logs<'a>(message: Wire<'a>, visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    // A resource may follow its records on the wire, so it is looked for first.
    let mut attributes = Attributes::new();
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number == 1 {
            let mut resource = payload.message()?;
            while let Some((1, payload)) = next_known(&mut resource, &[1])? {
                let attribute = key_value(payload.message()?)?;
                if attributes.len() < SHARED_MAX {
                    attributes.push(attribute);
                }
            }
        }
    }
    visitor.resource(&attributes);
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number == 2 {
            scope_logs(payload.message()?, visitor)?;
        }
    }
    Ok(())
}

fn next_known<'a>(message: &mut Wire<'a>, known: &[u64]) -> Result<Option<(u64, Payload<'a>)>, DecodeError> {
    while let Some((number, payload)) = message.field()? {
        if known.contains(&number) {
            return Ok(Some((number, payload)));
        }
    }
    Ok(None)
}

fn scope_logs<'a>(message: Wire<'a>, visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    let (mut name, mut version, mut attributes) = ("", "", Attributes::new());
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number != 1 {
            continue;
        }
        let mut scope = payload.message()?;
        while let Some((number, payload)) = scope.field()? {
            match number {
                1 => name = payload.text()?,
                2 => version = payload.text()?,
                3 => {
                    let attribute = key_value(payload.message()?)?;
                    if attributes.len() < SHARED_MAX {
                        attributes.push(attribute);
                    }
                }
                _ => {}
            }
        }
    }
    visitor.scope(name, version, &attributes);
    let mut fields = message;
    let mut record = LogRecord::default();
    while let Some((number, payload)) = fields.field()? {
        if number == 2 {
            if payload.bytes()?.len() > WIRE_MAX {
                visitor.too_large();
                continue;
            }
            log_record(payload.message()?, &mut record)?;
            visitor.record(&record);
        }
    }
    Ok(())
}

fn log_record<'a>(mut message: Wire<'a>, record: &mut LogRecord<'a>) -> Result<(), DecodeError> {
    let mut attributes = std::mem::take(&mut record.attributes);
    attributes.clear();
    *record = LogRecord { attributes, ..LogRecord::default() };
    while let Some((number, payload)) = message.field()? {
        match number {
            1 => record.time_unix_nano = payload.number()?,
            2 => record.severity_number = payload.number()?.cast_signed(),
            3 => record.severity_text = payload.text()?,
            5 => record.body = Some(any_value(payload.message()?, 0)?),
            6 => record.attributes.push(key_value(payload.message()?)?),
            9 => record.trace_id = TraceHex::Bytes(payload.bytes()?),
            10 => record.span_id = TraceHex::Bytes(payload.bytes()?),
            11 => record.observed_time_unix_nano = payload.number()?,
            12 => record.event_name = payload.text()?,
            _ => {}
        }
    }
    Ok(())
}

fn key_value<'a>(mut message: Wire<'a>) -> Result<(&'a str, Any<'a>), DecodeError> {
    let (mut key, mut value) = ("", Any::Null);
    while let Some((number, payload)) = message.field()? {
        match number {
            1 => key = payload.text()?,
            2 => value = any_value(payload.message()?, 0)?,
            _ => {}
        }
    }
    Ok((key, value))
}

fn any_value<'a>(mut message: Wire<'a>, depth: u32) -> Result<Any<'a>, DecodeError> {
    if depth > DEPTH_MAX {
        return Err(DecodeError::Protobuf("values nested too deep", 0));
    }
    let mut value = Any::Null;
    while let Some((number, payload)) = message.field()? {
        match number {
            1 => value = Any::Text(payload.text()?),
            2 => value = Any::Bool(payload.number()? != 0),
            3 => value = Any::Int(payload.number()?.cast_signed()),
            4 => value = Any::Double(f64::from_bits(payload.number()?)),
            5 => {
                let mut list = payload.message()?;
                while let Some((_, payload)) = next_known(&mut list, &[1])? {
                    any_value(payload.message()?, depth + 1)?;
                }
                value = Any::List;
            }
            6 => {
                let mut map = payload.message()?;
                while let Some((_, payload)) = next_known(&mut map, &[1])? {
                    let mut entry = payload.message()?;
                    while let Some((_, payload)) = next_known(&mut entry, &[2])? {
                        any_value(payload.message()?, depth + 1)?;
                    }
                }
                value = Any::Map;
            }
            7 => value = Any::Bytes(payload.bytes()?),
            _ => {}
        }
    }
    Ok(value)
}
