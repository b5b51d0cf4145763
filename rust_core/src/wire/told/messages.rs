//! Errors of Anthropic's messages API.

use serde::Serialize;

use super::ToldError;
use super::kinds::messages_kind;

/// An error answer, and an event's data.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: Detail<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

impl<'a> Body<'a> {
    pub(super) fn of(error: &ToldError<'a>, request_id: &'a str) -> Self {
        let detail = Detail { kind: messages_kind(error.status), message: error.message };
        Self { kind: "error", error: detail, request_id }
    }
}
