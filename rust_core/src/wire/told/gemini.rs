//! Errors of Google's Gemini API, whose details are those of google.rpc.

use serde::Serialize;

use super::ToldError;
use super::kinds::gemini_status;
use crate::units::{MILLISECOND, Nanos};

/// What an error has for its status that has none of its own: its clients take nothing else for one.
const BAD_GATEWAY: u16 = 502;

/// Anthropic's own status for want of room, and what everybody else has for it.
const OVERLOADED: u16 = 529;
const SERVICE_UNAVAILABLE: u16 = 503;

/// What Google tells of a request that is at fault itself: of others no member of it can be.
const FAULTS_OF_REQUESTS: [&str; 3] = ["INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND"];

/// An error answer, and an event's data.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "@type")]
enum Detail<'a> {
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    ErrorInfo { reason: String, domain: &'static str },
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest", rename_all = "camelCase")]
    BadRequest { field_violations: [Violation<'a>; 1] },
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo", rename_all = "camelCase")]
    RetryInfo { retry_delay: String },
    #[serde(rename = "type.googleapis.com/google.rpc.RequestInfo", rename_all = "camelCase")]
    RequestInfo { request_id: &'a str },
}

#[derive(Serialize)]
struct Violation<'a> {
    field: &'a str,
    description: &'a str,
}

impl<'a> Body<'a> {
    pub(super) fn of(error: &ToldError<'a>, request_id: &'a str) -> Self {
        let code = match error.status {
            OVERLOADED => SERVICE_UNAVAILABLE,
            status if (400..600).contains(&status) => status,
            _ => BAD_GATEWAY,
        };
        let status = gemini_status(code);
        let details = details(error, status, request_id);
        Self { error: Error { code, message: error.message, status, details } }
    }
}

fn details<'a>(error: &ToldError<'a>, status: &str, request_id: &'a str) -> Vec<Detail<'a>> {
    let reason = error.code.map(|code| Detail::ErrorInfo { reason: code.to_uppercase(), domain: "pyproxy" });
    let param = error.param.filter(|_| FAULTS_OF_REQUESTS.contains(&status));
    let violation = param.map(|field| Violation { field, description: error.message });
    let fault = violation.map(|violation| Detail::BadRequest { field_violations: [violation] });
    let delay = error.retry_after.map(|nanos| Detail::RetryInfo { retry_delay: duration(nanos) });
    let request = (!request_id.is_empty()).then_some(Detail::RequestInfo { request_id });
    [reason, fault, delay, request].into_iter().flatten().collect()
}

/// Seconds, rounded up to the millisecond: whoever waits this long does not come early.
fn duration(nanos: Nanos) -> String {
    let milliseconds = nanos.div_ceil(MILLISECOND);
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    if rest == 0 {
        return format!("{seconds}s");
    }
    let fraction = format!("{rest:03}");
    format!("{seconds}.{}s", fraction.trim_end_matches('0'))
}
