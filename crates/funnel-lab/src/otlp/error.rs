//! Errors in an OTLP body.

/// A body that is not an OTLP request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DecodeError {
    #[error("the body is not OTLP protobuf: {0} at byte {1}")]
    Protobuf(&'static str, usize),
    #[error("the body is not OTLP: values are nested more than {0} levels deep")]
    TooDeep(u32),
    #[error("the body is not OTLP JSON: {0}")]
    Json(String),
}

impl DecodeError {
    /// What is wrong, without the sentence around it.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Protobuf(what, at) => format!("{what} at byte {at}"),
            Self::TooDeep(levels) => format!("values are nested more than {levels} levels deep"),
            Self::Json(detail) => detail.clone(),
        }
    }
}
