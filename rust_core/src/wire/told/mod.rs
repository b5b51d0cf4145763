//! How a client is told of an error, in the dialect it reads: as an answer, or as an event in the middle of its stream.
//!
//! | module | what it knows |
//! |---|---|
//! | `kinds` | what each dialect calls an error of a status, and the other way round |
//! | `openai` | the error of chat completions and their kin, and the event of responses |
//! | `messages` | the error of Anthropic's messages |
//! | `gemini` | the error of Google's `generateContent` and its kin |

mod gemini;
mod kinds;
mod messages;
mod openai;

use serde::Serialize;

use super::dialect::Dialect;
use crate::units::Nanos;

pub use kinds::status_of_kind;

/// An error, as it is known before it is written in any dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToldError<'a> {
    /// The HTTP status of the answer, or that it would have had before its stream began.
    pub status: u16,
    /// What went wrong, in words.
    pub message: &'a str,
    /// Its kind in the words of `OpenAI`'s API, where the status does not say it all.
    pub kind: Option<&'a str>,
    /// A stable name for programs.
    pub code: Option<&'a str>,
    /// The member of the request that is at fault.
    pub param: Option<&'a str>,
    /// How long to wait before it makes sense to ask again.
    pub retry_after: Option<Nanos>,
}

/// The body of an answer that tells of an error. The request's id is told where bodies have a place for it.
#[must_use]
pub fn error_body(dialect: Dialect, error: &ToldError<'_>, request_id: &str) -> Vec<u8> {
    match dialect {
        Dialect::OpenAi | Dialect::Responses => json(&openai::Body::of(error)),
        Dialect::Anthropic => json(&messages::Body::of(error, request_id)),
        Dialect::Gemini => json(&gemini::Body::of(error, request_id)),
    }
    .into_bytes()
}

/// The event that tells of an error in the middle of a stream, in ASCII: some clients end lines where JSON does not. Whoever reads
/// the stream by the dialect takes it for an error. `sequence_number` is its own, where events are numbered.
#[must_use]
pub fn error_event(dialect: Dialect, error: &ToldError<'_>, sequence_number: u64) -> Vec<u8> {
    match dialect {
        Dialect::OpenAi => event("", &openai::Body::of(error)),
        Dialect::Responses => event("event: error\n", &openai::Event::of(error, sequence_number)),
        Dialect::Anthropic => event("event: error\n", &messages::Body::of(error, "")),
        Dialect::Gemini => event("", &gemini::Body::of(error, "")),
    }
}

fn event(head: &str, body: &impl Serialize) -> Vec<u8> {
    format!("{head}data: {}\n\n", ascii(&json(body))).into_bytes()
}

/// Text always serialises; the fallback keeps the answer valid all the same.
fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_else(|_| "{}".to_owned())
}

/// The same JSON without a character beyond ASCII: only strings hold any, and there each can be escaped.
fn ascii(json: &str) -> String {
    use std::fmt::Write;

    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            written.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string never fails.
                let _ = write!(written, "\\u{unit:04x}");
            }
        }
    }
    written
}
