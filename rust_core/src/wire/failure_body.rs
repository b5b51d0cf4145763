//! What the body of a failure says: its codes and its message, in any of the shapes providers use.

use serde_json::Value;

use super::told::status_of_kind;

/// Bodies are read only so far; a longer one is not one of the shapes known.
const READ_AT_MOST: usize = 64 * 1024;

/// The words by which a provider names what went wrong, all in lower case.
#[derive(Debug, Default)]
pub(super) struct FailureBody {
    codes: Vec<String>,
    quotas: Vec<String>,
    message: String,
    status: Option<u16>,
    retry_delay: Option<String>,
}

impl FailureBody {
    /// Reads `{"error": {type, code, status, message, details, innererror}}`, the same within a `response` or without the
    /// wrapping, `{"error": "text"}`, or a list that starts with one of them. Anything else says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        let read = body.get(..READ_AT_MOST).unwrap_or(body);
        let value: Value = serde_json::from_slice(read).unwrap_or_default();
        let whole = value.get(0).unwrap_or(&value);
        let error = error_in(whole).or_else(|| error_in(whole.get("response")?)).unwrap_or(whole);
        let mut said =
            Self { message: text(Some(error)).or(text(error.get("message"))).unwrap_or_default(), ..Self::default() };
        said.status = error.get("code").and_then(number);
        for member in ["code", "type", "status"] {
            said.codes.extend(text(error.get(member)));
        }
        said.codes.extend(text(error.pointer("/innererror/code")));
        for detail in elements(error.get("details")) {
            said.codes.extend(text(detail.get("reason")));
            said.retry_delay = text(detail.get("retryDelay")).or(said.retry_delay);
            said.quotas.extend(elements(detail.get("violations")).filter_map(|quota| text(quota.get("quotaId"))));
        }
        said
    }

    /// Whether one of its codes is this one.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|own| own == code)
    }

    /// The names of the quotas that it says are used up.
    pub(super) fn quotas(&self) -> impl Iterator<Item = &str> {
        self.quotas.iter().map(String::as_str)
    }

    /// The status that it names as its code, as some do whose answer has another.
    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }

    /// The status that its codes mean, for one whose answer has another.
    pub(super) fn status_meant(&self) -> Option<u16> {
        self.codes.iter().find_map(|code| status_of_kind(code))
    }

    /// The delay of Google's `RetryInfo`, a duration.
    pub(super) fn retry_delay(&self) -> Option<&str> {
        self.retry_delay.as_deref()
    }

    /// Whether its message holds this phrase.
    pub(super) fn says(&self, phrase: &str) -> bool {
        self.message.contains(phrase)
    }
}

fn error_in(value: &Value) -> Option<&Value> {
    value.get("error").filter(|error| !error.is_null())
}

/// A number of a status, in quotes or not.
fn number(value: &Value) -> Option<u16> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_u64().and_then(|number| u16::try_from(number).ok()),
    }
}

fn elements(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_ascii_lowercase)
}
