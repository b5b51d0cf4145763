//! Errors of `OpenAI`'s APIs.

use serde::Serialize;

use super::ToldError;
use super::kinds::openai_kind;
use crate::wire::reasons;

/// An error answer; in a stream of chat completions the event's data, too.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    error: Detail<'a>,
}

/// The event of responses. The API's reference has the members at the top; its servers have them in `error`, and only there do its
/// SDKs see them.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    code: Option<&'a str>,
    message: &'a str,
    param: Option<&'a str>,
    sequence_number: u64,
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

impl<'a> Body<'a> {
    pub(super) fn of(error: &ToldError<'a>) -> Self {
        Self { error: Detail::of(error) }
    }
}

impl<'a> Event<'a> {
    pub(super) fn of(error: &ToldError<'a>, sequence_number: u64) -> Self {
        let detail = Detail::of(error);
        let Detail { message, param, code, .. } = detail;
        Self { kind: "error", code, message, param, sequence_number, error: detail }
    }
}

impl<'a> Detail<'a> {
    fn of(error: &ToldError<'a>) -> Self {
        let &ToldError { status, message, kind, code, param, .. } = error;
        Self { message, kind: openai_kind(status, kind), param, code: code.or_else(|| code_of(status, kind, message)) }
    }
}

/// The names by which programs find out that they must compact, or ask for another model; others have only words for it.
fn code_of(status: u16, kind: Option<&str>, message: &str) -> Option<&'static str> {
    match status {
        404 => Some("model_not_found"),
        400 | 413 if reasons::tells_of_length(kind, message) => Some("context_length_exceeded"),
        _ => None,
    }
}
