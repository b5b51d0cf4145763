//! The values that this proxy decides by, as each dialect writes them.

use std::ops::Range;

use super::error::{EnvelopeError, kind};
use super::members::Members;
use crate::wire::dialect::Dialect;
use crate::wire::json::{Cursor, Skip};

/// What Gemini calls the object that holds the parameters.
pub(super) const GENERATION: &[&str] = &["generationConfig", "generation_config"];

const MAX_OUTPUT_TOKENS: &[&str] = &["maxOutputTokens", "max_output_tokens"];

const IN_BODY: &str = r#"name a target, for example "model": "fast_group""#;
const IN_PATH: &str = "name a target in the path, for example /v1beta/models/fast_group:generateContent";

/// What may stand only once in a body, in whatever spelling: what we read of two need not be what a server reads.
pub(super) fn once(dialect: Dialect) -> &'static [&'static [&'static str]] {
    match dialect {
        Dialect::OpenAi => &[&["model"], &["stream"], &["max_tokens"], &["max_completion_tokens"]],
        Dialect::Responses => &[&["model"], &["stream"], &["max_output_tokens"]],
        Dialect::Anthropic => &[&["model"], &["stream"], &["max_tokens"]],
        Dialect::Gemini => &[GENERATION],
    }
}

/// The members that name what a request goes on from instead of holding it: an answer first, then a whole conversation.
pub(super) fn earlier_answers(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::OpenAi => &["previous_response_id"],
        Dialect::Responses => &["previous_response_id", "conversation"],
        Dialect::Anthropic | Dialect::Gemini => &[],
    }
}

/// The target, by the JSON of the member that names it.
pub(super) fn model_of(json: Option<&str>) -> Result<String, EnvelopeError> {
    let fault = |what: String| Err(EnvelopeError::member("model", format!("'model' {what}: {IN_BODY}")));
    let Some(json) = json else {
        return fault("is missing".to_owned());
    };
    if !json.starts_with('"') {
        return fault(format!("must be a string, not {}", kind(json)));
    }
    match serde_json::from_str::<String>(json) {
        Ok(name) if name.is_empty() => fault("is empty".to_owned()),
        Ok(name) => Ok(name),
        Err(_) => fault("is a string with an invalid escape".to_owned()),
    }
}

/// The target, as a path names it.
pub(super) fn model_in_path(name: &str) -> Result<String, EnvelopeError> {
    if name.is_empty() {
        return Err(EnvelopeError::member("model", format!("the model's name is empty: {IN_PATH}")));
    }
    Ok(name.to_owned())
}

/// Whether the answer is to be a stream.
pub(super) fn stream_of(json: &str) -> Result<bool, EnvelopeError> {
    match json {
        "true" => Ok(true),
        "false" | "null" => Ok(false),
        _ => Err(EnvelopeError::member("stream", format!("'stream' must be true or false, not {}", kind(json)))),
    }
}

/// How many tokens and how many choices the answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) max_tokens: Option<u64>,
    pub(super) choices: u64,
}

impl Bounds {
    /// Reads the bounds of a body with these members; those of Gemini's `generationConfig` are `generation`.
    pub(super) fn of(
        dialect: Dialect,
        text: &str,
        members: &Members,
        generation: Option<&Members>,
    ) -> Result<Self, EnvelopeError> {
        let json = |name: &str| members.get(name).and_then(|member| text.get(member.value.clone()));
        let count = |name: &'static str| json(name).map_or(Ok(None), |json| count_of(name, json));
        let one_choice = |max_tokens| Self { max_tokens, choices: 1 };
        match dialect {
            Dialect::OpenAi => {
                let (newer, older) = (count("max_completion_tokens")?, count("max_tokens")?);
                let choices = json("n").and_then(|json| json.parse().ok()).unwrap_or(1).max(1);
                Ok(Self { max_tokens: newer.or(older), choices })
            }
            Dialect::Responses => count("max_output_tokens").map(one_choice),
            Dialect::Anthropic => count("max_tokens").map(one_choice),
            Dialect::Gemini => generation.map_or(Ok(one_choice(None)), |config| Self::of_generation(text, config)),
        }
    }

    fn of_generation(text: &str, config: &Members) -> Result<Self, EnvelopeError> {
        if let Some(name) = config.doubled(&[MAX_OUTPUT_TOKENS]) {
            return Err(EnvelopeError::member(name, format!("'{name}' is given twice: send it once")));
        }
        let json = |spellings| config.spelled(spellings).and_then(|member| text.get(member.value.clone()));
        let max_tokens = json(MAX_OUTPUT_TOKENS).map_or(Ok(None), |json| match whole_number(json) {
            Some(count) => Ok(Some(count)),
            None => count_of("maxOutputTokens", json),
        })?;
        let choices = json(&["candidateCount", "candidate_count"]).and_then(whole_number).unwrap_or(1).max(1);
        Ok(Self { max_tokens, choices })
    }
}

/// Where the value of `include_usage` stands in the body, whose options stand at `options`.
pub(super) fn include_usage(text: &str, options: &Range<usize>) -> Option<Range<usize>> {
    let mut found = None;
    let passed = Cursor::new(text.get(options.clone())?).members(|cursor, name| {
        let value = cursor.walk((), &mut Skip)?;
        if name.read().as_deref() == Some("include_usage") {
            found = Some(options.start + value.start..options.start + value.end);
        }
        Ok(())
    });
    passed.ok().and(found)
}

fn count_of(name: &'static str, json: &str) -> Result<Option<u64>, EnvelopeError> {
    serde_json::from_str(json).map_err(|_| {
        let what = format!("'{name}' must be a whole number of tokens, 0 or more, not {}", shown(json));
        EnvelopeError::member(name, what)
    })
}

/// A whole number as Google's readers of JSON take it: in quotes too.
fn whole_number(json: &str) -> Option<u64> {
    let bare = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(json);
    bare.parse().ok()
}

fn shown(json: &str) -> &str {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number && json.len() <= 32 { json } else { kind(json) }
}
