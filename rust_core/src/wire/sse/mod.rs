//! Server-sent events: where they end, what they mean, which may be passed on.
//!
//! | module | what it knows |
//! |---|---|
//! | `boundary` | where an event ends, however the bytes are cut into pieces |
//! | `fields` | the data within an event, by the rules of WHATWG |
//! | `chat` | what the data means in `OpenAI`'s dialect |
//! | `delivered` | what of an answer has been passed on, for another that goes on from it |
//! | `framer` | which bytes may be passed on, and the state of the stream |

mod boundary;
mod chat;
mod delivered;
mod fields;
mod framer;

pub use framer::{Frames, Framing, SseFramer};

use serde::Serialize;

use super::dialect::Dialect;

#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// The event that tells a client of an error in the middle of its stream.
#[must_use]
pub fn error_event(dialect: Dialect, message: &str, kind: &str, code: Option<&str>) -> Vec<u8> {
    match dialect {
        Dialect::OpenAi | Dialect::Responses | Dialect::Anthropic | Dialect::Gemini => {
            let body = ErrorBody { message, kind, param: None, code };
            // Text always serialises; the fallback keeps the event valid all the same.
            let body = serde_json::to_string(&body).unwrap_or_else(|_| "{}".to_owned());
            format!("data: {{\"error\": {body}}}\n\n").into_bytes()
        }
    }
}
