//! The request's envelope: what must be known of a body without building a model of it.
//!
//! The body is validated as JSON in one pass that allocates nothing for the members it does not look for, and never
//! recurses, so that neither size nor depth is a danger. Only the `model` value is ever replaced, in place.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What a request body says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The target's name.
    pub model: String,
    /// Whether the answer is to be a stream.
    pub stream: bool,
    /// The most tokens the answer may have, if the client bounds it.
    pub max_tokens: Option<u64>,
    /// Where the JSON value of `model` stands in the body, quotes included.
    pub model_span: Range<usize>,
    body_len: usize,
}

/// What is wrong with a body, and what to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeError {
    /// A sentence for the client.
    pub message: String,
    /// The member at fault, if it is one.
    pub param: Option<&'static str>,
}

/// The body is not the one that was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignBody;

impl fmt::Display for ForeignBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not the body that was scanned: its length or the place of its model value differs")
    }
}

impl std::error::Error for ForeignBody {}

const EXAMPLE: &str = r#"name a target, for example "model": "fast_group""#;

impl Envelope {
    /// Scans a request body.
    ///
    /// # Errors
    /// Where it is not one JSON object in UTF-8, or a member this proxy needs is missing, doubled or of a wrong type.
    pub fn scan(body: &[u8]) -> Result<Self, EnvelopeError> {
        let text = text_of(body)?;
        let members = Members::read(text)?;
        if let Some(name) = members.doubled {
            return Err(fault(name, format!("'{name}' is given twice: send it once")));
        }
        let raw = members.model.ok_or_else(|| fault("model", format!("'model' is missing: {EXAMPLE}")))?;
        let start = raw.get().as_ptr().addr() - body.as_ptr().addr();
        Ok(Self {
            model: model_of(raw)?,
            stream: members.stream.map_or(Ok(false), stream_of)?,
            max_tokens: members.max_tokens()?,
            model_span: start..start + raw.get().len(),
            body_len: body.len(),
        })
    }

    /// The body with another model's name, every other byte as it was.
    ///
    /// # Errors
    /// Where `body` cannot be the one that was scanned.
    pub fn with_model(&self, body: &[u8], name: &str) -> Result<Vec<u8>, ForeignBody> {
        let value = body.get(self.model_span.clone()).ok_or(ForeignBody)?;
        let before = body.get(..self.model_span.start).ok_or(ForeignBody)?;
        let after = body.get(self.model_span.end..).ok_or(ForeignBody)?;
        if body.len() != self.body_len || !value.starts_with(b"\"") || !value.ends_with(b"\"") {
            return Err(ForeignBody);
        }
        let name = serde_json::Value::from(name).to_string();
        Ok([before, name.as_bytes(), after].concat())
    }
}

fn text_of(body: &[u8]) -> Result<&str, EnvelopeError> {
    if body.trim_ascii().is_empty() {
        return Err(invalid("the body is empty: send a JSON object".to_owned()));
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(invalid("the body starts with a byte order mark: send plain UTF-8 without one".to_owned()));
    }
    std::str::from_utf8(body).map_err(|error| {
        invalid(format!(
            "the body is not valid UTF-8: wrong byte at offset {}; send JSON in UTF-8",
            error.valid_up_to()
        ))
    })
}

fn model_of(raw: &RawValue) -> Result<String, EnvelopeError> {
    if !raw.get().starts_with('"') {
        return Err(fault("model", format!("'model' must be a string, not {}: {EXAMPLE}", kind(raw.get()))));
    }
    let name: Cow<'_, str> = serde_json::from_str(raw.get())
        .map_err(|_| fault("model", format!("'model' is a string with an invalid escape: {EXAMPLE}")))?;
    if name.is_empty() {
        return Err(fault("model", format!("'model' is empty: {EXAMPLE}")));
    }
    Ok(name.into_owned())
}

fn stream_of(raw: &RawValue) -> Result<bool, EnvelopeError> {
    match raw.get() {
        "true" => Ok(true),
        "false" | "null" => Ok(false),
        _ => Err(fault("stream", format!("'stream' must be true or false, not {}", kind(raw.get())))),
    }
}

fn count_of(name: &'static str, raw: &RawValue) -> Result<Option<u64>, EnvelopeError> {
    let wrong = |_| fault(name, format!("'{name}' must be a whole number of tokens, 0 or more, not {}", shown(raw)));
    serde_json::from_str::<Option<u64>>(raw.get()).map_err(wrong)
}

fn shown(raw: &RawValue) -> &str {
    let is_number = raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number && raw.get().len() <= 32 { raw.get() } else { kind(raw.get()) }
}

/// What sort of JSON value it is, with its article.
fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn fault(param: &'static str, message: String) -> EnvelopeError {
    EnvelopeError { message, param: Some(param) }
}

fn invalid(message: String) -> EnvelopeError {
    EnvelopeError { message, param: None }
}

/// The members looked for, as they stand in the text.
#[derive(Default)]
struct Members<'a> {
    model: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    max_tokens: Option<&'a RawValue>,
    max_completion_tokens: Option<&'a RawValue>,
    doubled: Option<&'static str>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Model,
    Stream,
    MaxTokens,
    MaxCompletionTokens,
    #[serde(other)]
    Other,
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Self, EnvelopeError> {
        let broken = |error: serde_json::Error| invalid(format!("the body is not valid JSON: {error}"));
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = reader.deserialize_map(MembersVisitor).map_err(|error| {
            if error.is_data() {
                invalid(format!("the body must be a JSON object, not {}", kind(text.trim_start())))
            } else {
                broken(error)
            }
        })?;
        reader.end().map_err(broken)?;
        Ok(members)
    }

    fn max_tokens(&self) -> Result<Option<u64>, EnvelopeError> {
        let newer = self.max_completion_tokens.map_or(Ok(None), |raw| count_of("max_completion_tokens", raw))?;
        let older = self.max_tokens.map_or(Ok(None), |raw| count_of("max_tokens", raw))?;
        Ok(newer.or(older))
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(key) = map.next_key::<Key>()? {
            let (name, member) = match key {
                Key::Model => ("model", &mut members.model),
                Key::Stream => ("stream", &mut members.stream),
                Key::MaxTokens => ("max_tokens", &mut members.max_tokens),
                Key::MaxCompletionTokens => ("max_completion_tokens", &mut members.max_completion_tokens),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            // Of two, a server may take the first or the last: what we read would not be what it reads.
            if member.replace(map.next_value()?).is_some() {
                members.doubled = members.doubled.or(Some(name));
            }
        }
        Ok(members)
    }
}
