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

impl Inspection {
    fn problem(problem: String) -> Self {
        Self { problem: Some(problem), usage: None }
    }
}

/// The members that any dialect has its errors and its usage in.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, rename = "usageMetadata")]
    usage_metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// Inspects the body of a response with status 200. Nothing but its usage and its errors is looked at.
#[must_use]
pub fn inspect(dialect: Dialect, body: &[u8]) -> Inspection {
    match std::str::from_utf8(body) {
        Ok(text) if text.trim_start().starts_with('[') => inspect_array(dialect, text),
        Ok(text) => inspect_object(dialect, text),
        Err(error) => Inspection::problem(format!("not valid UTF-8: wrong byte at offset {}", error.valid_up_to())),
    }
}

/// Gemini's streams that are not asked for as server-sent events come as one array of answers; the last tells what they cost.
fn inspect_array(dialect: Dialect, text: &str) -> Inspection {
    if dialect != Dialect::Gemini {
        return Inspection::problem("not a JSON object but an array".to_owned());
    }
    let answers: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(answers) => answers,
        Err(error) => return Inspection::problem(format!("not valid JSON: {error}")),
    };
    let each = answers.iter().map(|answer| match answer.get() {
        text if text.starts_with('[') => Inspection::problem("not a JSON object but an array".to_owned()),
        text => inspect_object(dialect, text),
    });
    let whole = each.reduce(|so_far, next| {
        let usage = next.usage.or(so_far.usage);
        so_far.problem.or(next.problem).map_or(Inspection { problem: None, usage }, Inspection::problem)
    });
    whole.unwrap_or_else(|| Inspection::problem("an array without an answer".to_owned()))
}

fn inspect_object(dialect: Dialect, text: &str) -> Inspection {
    let answer: Answer<'_> = match serde_json::from_str(text) {
        Ok(answer) => answer,
        Err(error) if error.is_data() => return Inspection::problem(format!("not an answer: {error}")),
        Err(error) => return Inspection::problem(format!("not valid JSON: {error}")),
    };
    if let Some(message) = error_message(&answer) {
        return Inspection::problem(format!("an error body with status 200: {message}"));
    }
    let usage = if dialect == Dialect::Gemini { answer.usage_metadata } else { answer.usage };
    Inspection { problem: None, usage: usage.and_then(|usage| Usage::read(dialect, usage)) }
}

fn error_message(answer: &Answer<'_>) -> Option<String> {
    if let Some(error) = answer.error.filter(|error| filled(error)) {
        let message = serde_json::from_str::<Message>(error.get()).map(|error| error.message);
        return Some(message.or_else(|_| serde_json::from_str(error.get())).unwrap_or_else(|_| brief(error)));
    }
    // Some servers put the error's members at the top.
    [answer.object, answer.kind].into_iter().flatten().find(|kind| kind.get() == "\"error\"")?;
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

/// Whether one of these members holds something.
pub(super) fn any_filled<const N: usize>(members: [Option<&RawValue>; N]) -> bool {
    members.into_iter().flatten().any(filled)
}
