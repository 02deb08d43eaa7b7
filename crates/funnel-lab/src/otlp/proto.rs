//! `ExportLogsServiceRequest` from protobuf. Field numbers are those of `opentelemetry/proto`, protocol 1.5 and later.

use super::error::DecodeError;
use super::record::{Any, Attributes, List, LogRecord, RecordPlace, TraceHex, Visitor, WIRE_MAX};
use super::wire::{Payload, Wire};

/// The most levels of nested values that are walked; deeper ones are refused.
const DEPTH_MAX: u32 = 32;
/// The most attributes of a resource or a scope that are passed on.
const SHARED_MAX: usize = 128;

/// Tells `visitor` what is in `body`. A record whose inside is no `LogRecord` is rejected alone: its neighbours are found
/// by their lengths.
///
/// # Errors
/// The first byte that is not such a message. What was passed on before that must be discarded.
pub(crate) fn read<'a>(body: &'a [u8], visitor: &mut impl Visitor<'a>) -> Result<(), DecodeError> {
    let mut request = Wire::new(body);
    let mut place = RecordPlace::default();
    while let Some((number, payload)) = request.field()? {
        if number == 1 {
            resource_logs(payload.message()?, visitor, place)?;
            place.resource += 1;
        }
    }
    Ok(())
}

fn resource_logs<'a>(
    message: Wire<'a>,
    visitor: &mut impl Visitor<'a>,
    mut place: RecordPlace,
) -> Result<(), DecodeError> {
    // A resource may follow its records on the wire, so it is looked for first.
    let mut resource = Ok(Attributes::new());
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number == 1
            && let Ok(attributes) = &mut resource
            && let Err(error) = payload.message().and_then(|message| shared(message, 1, attributes))
        {
            resource = Err(error);
        }
    }
    if let Ok(attributes) = &resource {
        visitor.resource(attributes);
    }
    let above = beneath(resource.err())?;
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number == 2 {
            scope_logs(payload.message()?, visitor, place, above.as_ref())?;
            place.scope += 1;
        }
    }
    Ok(())
}

/// An error that rejects the records beneath it.
///
/// # Errors
/// One that rejects the request.
fn beneath(error: Option<DecodeError>) -> Result<Option<DecodeError>, DecodeError> {
    match error {
        Some(deep @ DecodeError::TooDeep(_)) => Err(deep),
        other => Ok(other),
    }
}

/// Adds the attributes in the field `number` of a resource or a scope.
fn shared<'a>(
    mut message: Wire<'a>,
    number: u64,
    attributes: &mut Attributes<'a>,
) -> Result<(), DecodeError> {
    while let Some((_, payload)) = next_known(&mut message, &[number])? {
        let attribute = key_value(payload.message()?)?;
        if attributes.len() < SHARED_MAX {
            attributes.push(attribute);
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

/// Name, version and attributes of a scope.
type Scope<'a> = (&'a str, &'a str, Attributes<'a>);

fn scope<'a>(message: Wire<'a>) -> Result<Scope<'a>, DecodeError> {
    let (mut name, mut version, mut attributes) = ("", "", Attributes::new());
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        match number {
            1 => name = payload.text()?,
            2 => version = payload.text()?,
            _ => {}
        }
    }
    shared(message, 3, &mut attributes)?;
    Ok((name, version, attributes))
}

fn scope_logs<'a>(
    message: Wire<'a>,
    visitor: &mut impl Visitor<'a>,
    mut place: RecordPlace,
    above: Option<&DecodeError>,
) -> Result<(), DecodeError> {
    let mut found = Ok(Scope::default());
    let mut fields = message;
    while let Some((number, payload)) = fields.field()? {
        if number == 1 && found.is_ok() {
            found = payload.message().and_then(scope);
        }
    }
    if let Ok((name, version, attributes)) = &found {
        visitor.scope(name, version, attributes);
    }
    let own = beneath(found.err())?;
    let above = above.or(own.as_ref());
    let mut fields = message;
    let mut record = LogRecord::default();
    while let Some((number, payload)) = fields.field()? {
        if number != 2 {
            continue;
        }
        if payload.bytes()?.len() > WIRE_MAX {
            visitor.rejected(place, format!("the record is longer than {WIRE_MAX} bytes"));
        } else if let Some(error) = above {
            visitor.rejected(place, error.detail());
        } else {
            match log_record(payload.message()?, &mut record) {
                Ok(()) => visitor.record(&record, place),
                Err(deep @ DecodeError::TooDeep(_)) => return Err(deep),
                Err(error) => visitor.rejected(place, error.detail()),
            }
        }
        place.record += 1;
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
        return Err(DecodeError::TooDeep(DEPTH_MAX));
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
                value = Any::List(List::Wire(payload.bytes()?));
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
            7 => value = Any::Bytes(payload.bytes()?.len()),
            _ => {}
        }
    }
    Ok(value)
}

/// The first `most` items of an `ArrayValue`; `None` when it is none.
pub(super) fn items(message: &[u8], most: usize) -> Option<Vec<Any<'_>>> {
    let mut list = Wire::new(message);
    let mut items = Vec::new();
    while items.len() < most
        && let Some((_, payload)) = next_known(&mut list, &[1]).ok()?
    {
        items.push(any_value(payload.message().ok()?, 0).ok()?);
    }
    Some(items)
}
