//! What a handler answers when it cannot do what was asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request failed. The client gets the code without details; the log gets the kind without values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the signature is not valid")]
    Unsigned,
    #[error("this route does not accept the body")]
    Malformed,
    #[error("nothing has that id")]
    Missing,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the mail could not be sent")]
    Mail,
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unsigned => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Database(_) | Self::Mail => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What kind of database error, without its text: drivers quote values in it.
    fn kind(&self) -> Option<String> {
        let Self::Database(error) = self else { return None };
        Some(match error {
            sqlx::Error::Database(error) => format!("{:?}", error.kind()),
            sqlx::Error::PoolTimedOut => "PoolTimedOut".into(),
            sqlx::Error::Io(error) => format!("{:?}", error.kind()),
            _ => "Other".into(),
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, kind = self.kind(), "request failed");
        } else {
            tracing::info!(error = %self, "request refused");
        }
        (status, Json(serde_json::json!({ "error": self.to_string() }))).into_response()
    }
}
