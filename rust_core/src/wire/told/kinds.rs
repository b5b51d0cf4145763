//! What each dialect calls an error of a status, and the other way round.
//!
//! A status may have several words in a table: the first is used, all are understood.

/// Anthropic's, by the status it sends them with.
const MESSAGES: &[(u16, &str)] = &[
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

/// Statuses that Anthropic's API does not have, by the one that it sends in their place.
const MESSAGES_INSTEAD: &[(u16, u16)] = &[(408, 504), (503, 529)];

/// `OpenAI`'s.
const OPENAI: &[(u16, &str)] = &[
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (403, "permission_error"),
    (429, "rate_limit_error"),
    (429, "insufficient_quota"),
    (429, "requests"),
    (429, "tokens"),
    (500, "api_error"),
    (500, "server_error"),
    (504, "timeout_error"),
];

/// Google's names, those of google.rpc.Code; see <https://google.aip.dev/193>.
const GEMINI: &[(u16, &str)] = &[
    (400, "INVALID_ARGUMENT"),
    (400, "FAILED_PRECONDITION"),
    (401, "UNAUTHENTICATED"),
    (403, "PERMISSION_DENIED"),
    (404, "NOT_FOUND"),
    (409, "ABORTED"),
    (429, "RESOURCE_EXHAUSTED"),
    (499, "CANCELLED"),
    (500, "INTERNAL"),
    (501, "UNIMPLEMENTED"),
    (503, "UNAVAILABLE"),
    (504, "DEADLINE_EXCEEDED"),
];

/// Statuses that Google's API does not have, by the one that is nearest.
const GEMINI_INSTEAD: &[(u16, u16)] = &[(408, 504), (502, 503), (529, 503)];

/// Billing and preconditions: what Google answers with a 400 of its own name.
const GEMINI_PRECONDITIONS: &[u16] = &[402, 412];

/// The kind of an error in Anthropic's API.
pub(super) fn messages_kind(status: u16) -> &'static str {
    let theirs = find(MESSAGES_INSTEAD, status).unwrap_or(status);
    find(MESSAGES, theirs).unwrap_or(if is_clients(status) { "invalid_request_error" } else { "api_error" })
}

/// The kind of an error in `OpenAI`'s API: its own where that is one of the API's, else what the status says.
pub(super) fn openai_kind(status: u16, own: Option<&str>) -> &str {
    let known = own.filter(|own| OPENAI.iter().any(|(_, kind)| kind == own));
    let by_status =
        || find(OPENAI, status).unwrap_or(if is_clients(status) { "invalid_request_error" } else { "api_error" });
    known.unwrap_or_else(by_status)
}

/// The name that Google has for a status.
pub(super) fn gemini_status(status: u16) -> &'static str {
    if GEMINI_PRECONDITIONS.contains(&status) {
        return "FAILED_PRECONDITION";
    }
    let theirs = find(GEMINI_INSTEAD, status).unwrap_or(status);
    find(GEMINI, theirs).unwrap_or(if is_clients(status) { "INVALID_ARGUMENT" } else { "INTERNAL" })
}

/// The status that an error of this kind comes with, whichever dialect's word it is; capitals or not.
#[must_use]
pub fn status_of_kind(kind: &str) -> Option<u16> {
    let tables = [MESSAGES, OPENAI, GEMINI].into_iter().flatten();
    tables.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(kind)).map(|(status, _)| *status)
}

fn is_clients(status: u16) -> bool {
    status < 500
}

fn find<V: Copy>(table: &[(u16, V)], status: u16) -> Option<V> {
    table.iter().find(|(known, _)| *known == status).map(|(_, value)| *value)
}
