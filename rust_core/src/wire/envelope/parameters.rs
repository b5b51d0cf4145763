//! Parameters for an answer, under the names of chat, and what each dialect makes of them.

use std::borrow::Cow;

use super::edits::{Added, Edits, set};
use super::members::Members;
use crate::wire::dialect::Dialect;

/// One parameter in a dialect.
#[derive(Clone, Copy)]
struct Parameter<'a> {
    /// Its name in chat.
    chat: &'a str,
    /// How it is written, and how else it may be.
    spellings: [&'a str; 2],
    /// Names of which any stands for it, so that it needs no default.
    rivals: &'static [&'static str],
    form: Form,
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Form {
    Same,
    /// One text or several: always as an array.
    List,
    /// Where chat goes up to 2: no more than 1.
    UpToOne,
}

const fn parameter<'a>(
    chat: &'a str,
    spellings: [&'a str; 2],
    rivals: &'static [&'static str],
    form: Form,
) -> Parameter<'a> {
    Parameter { chat, spellings, rivals, form }
}

/// Two names of one parameter. All others are as they are, known or not.
const OPENAI: &[Parameter<'_>] = &[
    parameter("max_tokens", ["max_tokens"; 2], &["max_completion_tokens"], Form::Same),
    parameter("max_completion_tokens", ["max_completion_tokens"; 2], &["max_tokens"], Form::Same),
];

const RESPONSES: &[Parameter<'_>] = &[
    parameter("temperature", ["temperature"; 2], &[], Form::Same),
    parameter("top_p", ["top_p"; 2], &[], Form::Same),
    parameter("max_tokens", ["max_output_tokens"; 2], &[], Form::Same),
    parameter("max_completion_tokens", ["max_output_tokens"; 2], &[], Form::Same),
];

/// Newer models refuse temperature and `top_p` together, and some sampling beside thinking: whoever says the one has chosen.
const ANTHROPIC: &[Parameter<'_>] = &[
    parameter("temperature", ["temperature"; 2], &["top_p", "thinking"], Form::UpToOne),
    parameter("top_p", ["top_p"; 2], &["temperature", "thinking"], Form::Same),
    parameter("top_k", ["top_k"; 2], &["thinking"], Form::Same),
    parameter("max_tokens", ["max_tokens"; 2], &[], Form::Same),
    parameter("max_completion_tokens", ["max_tokens"; 2], &[], Form::Same),
    parameter("stop", ["stop_sequences"; 2], &[], Form::List),
];

const GEMINI: &[Parameter<'_>] = &[
    parameter("temperature", ["temperature"; 2], &[], Form::Same),
    parameter("top_p", ["topP", "top_p"], &[], Form::Same),
    parameter("top_k", ["topK", "top_k"], &[], Form::Same),
    parameter("max_tokens", ["maxOutputTokens", "max_output_tokens"], &[], Form::Same),
    parameter("max_completion_tokens", ["maxOutputTokens", "max_output_tokens"], &[], Form::Same),
    parameter("stop", ["stopSequences", "stop_sequences"], &[], Form::List),
    parameter("seed", ["seed"; 2], &[], Form::Same),
    parameter("presence_penalty", ["presencePenalty", "presence_penalty"], &[], Form::Same),
    parameter("frequency_penalty", ["frequencyPenalty", "frequency_penalty"], &[], Form::Same),
];

/// Fills in what an object with these members has not: parameters by their names in chat, with the JSON of their values, of which
/// the first of a name counts. What the dialect has no place for is left out.
pub(super) fn fill(
    dialect: Dialect,
    defaults: &[(&str, &[u8])],
    members: &Members,
    edits: &mut Edits,
    added: &mut Added,
) {
    let mut filled: Vec<&str> = Vec::new();
    for &(chat, json) in defaults {
        let Some(Parameter { spellings, rivals, form, .. }) = parameter_of(dialect, chat) else {
            continue;
        };
        let [name, _] = spellings;
        let is_chosen = members.has_any(&spellings) || members.has_any(rivals);
        let is_filled = filled.iter().any(|own| *own == name || rivals.contains(own));
        if is_chosen || is_filled || (dialect != Dialect::OpenAi && json.trim_ascii() == b"null") {
            continue;
        }
        filled.push(name);
        set(members.spelled(&spellings), name, &form.written(json), edits, added);
    }
}

fn parameter_of(dialect: Dialect, chat: &str) -> Option<Parameter<'_>> {
    let named = |table: &[Parameter<'static>]| table.iter().find(|parameter| parameter.chat == chat).copied();
    match dialect {
        Dialect::OpenAi => named(OPENAI).or(Some(parameter(chat, [chat; 2], &[], Form::Same))),
        Dialect::Responses => named(RESPONSES),
        Dialect::Anthropic => named(ANTHROPIC),
        Dialect::Gemini => named(GEMINI),
    }
}

impl Form {
    fn written(self, json: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::List if json.trim_ascii().starts_with(b"\"") => [b"[", json, b"]"].concat().into(),
            Self::UpToOne if serde_json::from_slice::<f64>(json).is_ok_and(|value| value > 1.0) => b"1".into(),
            _ => json.into(),
        }
    }
}
