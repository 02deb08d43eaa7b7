//! The protobuf wire format, read in place.

use super::error::DecodeError;

/// A cursor over one message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the message starts in the body, for error messages.
    base: usize,
}

/// One field's payload.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2, with where it starts in the body.
    Bytes(&'a [u8], usize),
    /// Wire type 5.
    Fixed32(u32),
}

impl<'a> Wire<'a> {
    /// A cursor over a whole body.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, base: 0 }
    }

    fn error<T>(&self, what: &'static str) -> Result<T, DecodeError> {
        Err(DecodeError::Protobuf(what, self.base + self.at))
    }

    /// The next field's number and payload; `None` at the end of the message.
    #[inline]
    pub(crate) fn field(&mut self) -> Result<Option<(u64, Payload<'a>)>, DecodeError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > 536_870_911 {
            return self.error("a field number out of range");
        }
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => Payload::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let len = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
                let start = self.base + self.at;
                Payload::Bytes(self.take(len)?, start)
            }
            5 => Payload::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return self.error("an unknown wire type"),
        };
        Ok(Some((number, payload)))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.bytes.get(self.at).copied() else {
                return self.error("the message ends inside a number");
            };
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.error("a number of more than ten bytes")
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let taken = self.take(N)?;
        taken.try_into().or_else(|_| self.error("the message ends inside a number"))
    }

    #[inline]
    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else {
            return self.error("a field is longer than its message");
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}

impl<'a> Payload<'a> {
    /// The payload as a message.
    #[inline]
    pub(crate) fn message(self) -> Result<Wire<'a>, DecodeError> {
        match self {
            Self::Bytes(bytes, base) => Ok(Wire { bytes, at: 0, base }),
            _ => Err(DecodeError::Protobuf("expected a message, found a number", 0)),
        }
    }

    /// The payload as text.
    #[inline]
    pub(crate) fn text(self) -> Result<&'a str, DecodeError> {
        match self {
            Self::Bytes(bytes, base) => std::str::from_utf8(bytes)
                .map_err(|error| DecodeError::Protobuf("text that is not UTF-8", base + error.valid_up_to())),
            _ => Err(DecodeError::Protobuf("expected a string, found a number", 0)),
        }
    }

    /// The payload as bytes.
    pub(crate) fn bytes(self) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Bytes(bytes, _) => Ok(bytes),
            _ => Err(DecodeError::Protobuf("expected bytes, found a number", 0)),
        }
    }

    /// The payload as an unsigned number, whatever its width.
    pub(crate) fn number(self) -> Result<u64, DecodeError> {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => Ok(value),
            Self::Fixed32(value) => Ok(u64::from(value)),
            Self::Bytes(_, base) => Err(DecodeError::Protobuf("expected a number, found bytes", base)),
        }
    }
}
