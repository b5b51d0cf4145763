//! A whole answer: is it one, and what did it cost?

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::usage::Usage;

/// What an answer with a good status turns out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// What is wrong with it, if it is not the answer its status promises.
    pub problem: Option<String>,
    /// What it cost, if it says so.
    pub usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// Inspects the body of a response with status 200. Nothing but its usage and its errors is looked at.
#[must_use]
pub fn inspect(dialect: Dialect, body: &[u8]) -> Inspection {
    match dialect {
        Dialect::OpenAi | Dialect::Responses | Dialect::Anthropic | Dialect::Gemini => inspect_openai(body),
    }
}

fn inspect_openai(body: &[u8]) -> Inspection {
    let problem = |problem: String| Inspection { problem: Some(problem), usage: None };
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            return problem(format!("not valid UTF-8: wrong byte at offset {}", error.valid_up_to()));
        }
    };
    if text.trim_start().starts_with('[') {
        return problem("not a JSON object but an array".to_owned());
    }
    let answer: Answer<'_> = match serde_json::from_str(text) {
        Ok(answer) => answer,
        Err(error) if error.is_data() => return problem(format!("not an answer: {error}")),
        Err(error) => return problem(format!("not valid JSON: {error}")),
    };
    if let Some(message) = error_message(&answer) {
        return problem(format!("an error body with status 200: {message}"));
    }
    Inspection { problem: None, usage: answer.usage.and_then(Usage::read) }
}

fn error_message(answer: &Answer<'_>) -> Option<String> {
    if let Some(error) = answer.error.filter(|error| filled(error)) {
        let message = serde_json::from_str::<Message>(error.get()).map(|error| error.message);
        return Some(message.or_else(|_| serde_json::from_str(error.get())).unwrap_or_else(|_| brief(error)));
    }
    // Some servers put the error's members at the top.
    answer.object.filter(|object| object.get() == "\"error\"")?;
    let message = answer.message?;
    Some(serde_json::from_str(message.get()).unwrap_or_else(|_| brief(message)))
}

fn brief(raw: &RawValue) -> String {
    raw.get().chars().take(200).collect()
}

/// Whether a member holds something: not `null`, `false`, nor empty quotes, brackets or braces.
pub(super) fn filled(raw: &RawValue) -> bool {
    match raw.get() {
        "null" | "false" | "\"\"" => false,
        text => {
            let inside = text.strip_prefix(['[', '{']).and_then(|text| text.strip_suffix([']', '}']));
            inside.is_none_or(|inside| !inside.trim().is_empty())
        }
    }
}
