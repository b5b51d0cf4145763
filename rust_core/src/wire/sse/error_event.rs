//! How a client is told of an error in the middle of its stream, in the dialect it reads.

use serde::Serialize;

use crate::wire::dialect::Dialect;

/// An error, as it is known before it is written in any dialect.
#[derive(Clone, Copy, Debug)]
pub struct StreamError<'a> {
    /// What went wrong, in words.
    pub message: &'a str,
    /// The error's kind, in the words of `OpenAI`'s API.
    pub kind: &'a str,
    /// A stable name for programs.
    pub code: Option<&'a str>,
    /// The HTTP status it would have had before the stream began.
    pub status: Option<u16>,
    /// The number of the event, where events are numbered.
    pub sequence_number: u64,
}

/// The kinds of Anthropic's API, by the status it sends them with; see its SDK's `ErrorType`.
const MESSAGES_KINDS: &[(u16, &str)] = &[
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (402, "billing_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (409, "conflict_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (500, "api_error"),
    (504, "timeout_error"),
    (529, "overloaded_error"),
];

/// Other statuses, by the one that Anthropic's API sends in their place.
const MESSAGES_STATUSES: &[(u16, u16)] = &[(408, 504), (503, 529)];

/// Kinds in the words of `OpenAI`'s API, by the status they stand for where none is known.
const KINDS: &[(&str, u16)] = &[
    ("insufficient_quota", 402),
    ("permission_denied_error", 403),
    ("server_error", 500),
    ("service_unavailable_error", 503),
];

/// Google's names for statuses.
const GEMINI_STATUSES: &[(u16, &str)] = &[
    (401, "UNAUTHENTICATED"),
    (403, "PERMISSION_DENIED"),
    (404, "NOT_FOUND"),
    (408, "DEADLINE_EXCEEDED"),
    (409, "ABORTED"),
    (429, "RESOURCE_EXHAUSTED"),
    (499, "CANCELLED"),
    (500, "INTERNAL"),
    (501, "UNIMPLEMENTED"),
    (502, "UNAVAILABLE"),
    (503, "UNAVAILABLE"),
    (504, "DEADLINE_EXCEEDED"),
];

/// The event that tells a client of an error in the middle of its stream. Whoever reads the stream by the dialect takes it for one.
#[must_use]
pub fn error_event(dialect: Dialect, error: &StreamError<'_>) -> Vec<u8> {
    let &StreamError { message, kind, code, status, sequence_number } = error;
    let detail = Detail { message, kind, param: None, code };
    match dialect {
        Dialect::OpenAi => format!("data: {{\"error\": {}}}\n\n", json(&detail)),
        // The API's reference has the members at the top; its servers have them in `error`, and only there do its SDKs see them.
        Dialect::Responses => {
            let kind = "error";
            named(&json(&Numbered { kind, code, message, param: None, sequence_number, error: detail }))
        }
        Dialect::Anthropic => {
            let error = MessagesDetail { kind: messages_kind(kind, status), message };
            named(&json(&Messages { kind: "error", error }))
        }
        Dialect::Gemini => {
            let code = status.filter(|status| (400..600).contains(status)).unwrap_or(503);
            let error = GeminiDetail { code, message, status: gemini_status(code) };
            format!("data: {}\n\n", json(&Gemini { error }))
        }
    }
    .into_bytes()
}

#[derive(Serialize)]
struct Detail<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct Numbered<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    code: Option<&'a str>,
    message: &'a str,
    param: Option<&'a str>,
    sequence_number: u64,
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Messages<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    error: MessagesDetail<'a>,
}

#[derive(Serialize)]
struct MessagesDetail<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Gemini<'a> {
    error: GeminiDetail<'a>,
}

#[derive(Serialize)]
struct GeminiDetail<'a> {
    code: u16,
    message: &'a str,
    status: &'a str,
}

/// An event that has the name of its type.
fn named(data: &str) -> String {
    format!("event: error\ndata: {data}\n\n")
}

/// Text always serialises; the fallback keeps the event valid all the same.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

/// The status says more than the kind does: what `OpenAI` calls an invalid request may be one that is too large.
fn messages_kind(kind: &str, status: Option<u16>) -> &'static str {
    let by_status = |status| {
        let theirs = find(MESSAGES_STATUSES, status).unwrap_or(status);
        find(MESSAGES_KINDS, theirs)
    };
    let by_kind = || {
        let own = MESSAGES_KINDS.iter().map(|(_, own)| *own).find(|own| *own == kind);
        own.or_else(|| find(KINDS, kind).and_then(by_status))
    };
    let by_class = || if matches!(status, Some(400..500)) { "invalid_request_error" } else { "api_error" };
    status.and_then(by_status).or_else(by_kind).unwrap_or_else(by_class)
}

fn gemini_status(code: u16) -> &'static str {
    find(GEMINI_STATUSES, code).unwrap_or(if code < 500 { "INVALID_ARGUMENT" } else { "INTERNAL" })
}

fn find<K: Copy + PartialEq, V: Copy>(table: &[(K, V)], key: K) -> Option<V> {
    table.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}
