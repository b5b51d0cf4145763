//! What the body of a failure says: its codes and its message, in any of the shapes providers use.

use serde_json::Value;

/// Bodies are read only so far; a longer one is not one of the shapes known.
const READ_AT_MOST: usize = 64 * 1024;

/// The words by which a provider names what went wrong, all in lower case.
#[derive(Debug, Default)]
pub(super) struct FailureBody {
    codes: Vec<String>,
    message: String,
    status: Option<u16>,
    retry_delay: Option<String>,
}

impl FailureBody {
    /// Reads `{"error": {type, code, status, message, details}}`, the same without the wrapping, `{"error": "text"}`, or a
    /// list that starts with one of them. Anything else says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        let read = body.get(..READ_AT_MOST).unwrap_or(body);
        let value: Value = serde_json::from_slice(read).unwrap_or_default();
        let whole = value.get(0).unwrap_or(&value);
        let error = whole.get("error").filter(|error| !error.is_null()).unwrap_or(whole);
        let mut said =
            Self { message: text(Some(error)).or(text(error.get("message"))).unwrap_or_default(), ..Self::default() };
        said.status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        for member in ["code", "type", "status"] {
            said.codes.extend(text(error.get(member)));
        }
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            said.codes.extend(text(detail.get("reason")));
            said.retry_delay = text(detail.get("retryDelay")).or(said.retry_delay);
        }
        said
    }

    /// Whether one of its codes is this one.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|own| own == code)
    }

    /// The status that it names as its code, as some do whose answer has another.
    pub(super) fn status(&self) -> Option<u16> {
        self.status
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

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_ascii_lowercase)
}
