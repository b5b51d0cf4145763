//! The request's envelope: what must be known of a body without building a model of it.
//!
//! The body is validated as JSON in one pass that allocates nothing for the members it does not look for, and never
//! recurses, so that neither size nor depth is a danger. What is not ours may be of any type and is left alone.
//!
//! | module | what it knows |
//! |---|---|
//! | `members` | which members the body's object has, and where their values stand |
//! | `content` | how much text and how many images a model is to read, and whose turns they are |
//! | `rewrite` | the one copy that goes to a provider |
//! | `error` | what to tell a client whose body cannot be routed |

mod content;
mod error;
mod members;
mod rewrite;

use std::ops::Range;

pub use error::EnvelopeError;
pub use rewrite::{Rewrite, RewriteError, Rewritten};

use self::content::Content;
use self::error::kind;
use self::members::Members;
use super::json::{Cursor, Invalid, Skip};

/// What a request body says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The target's name.
    pub model: String,
    /// Whether the answer is to be a stream.
    pub stream: bool,
    /// The most tokens the answer may have, if the client bounds it.
    pub max_tokens: Option<u64>,
    /// How many choices the answer is to have: `n`, where it is a number above 1. What else it may be is the provider's to judge.
    pub choices: u64,
    /// Whether the client asked for a stream's usage.
    pub include_usage: bool,
    /// The answer that this request goes on from, if it names one.
    pub previous_response_id: Option<String>,
    /// Where the JSON value of `model` stands in the body, quotes included.
    pub model_span: Range<usize>,
    members: Members,
    content: Content,
    /// Where `include_usage` stands within `stream_options`.
    include_usage_span: Option<Range<usize>>,
    body_len: usize,
}

const EXAMPLE: &str = r#"name a target, for example "model": "fast_group""#;

/// What this proxy decides by. Of two, a server may take the first or the last: what we read would not be what it reads.
const ONCE: [&str; 4] = ["model", "stream", "max_tokens", "max_completion_tokens"];

impl Envelope {
    /// Scans a request body.
    ///
    /// # Errors
    /// Where it is not one JSON object in UTF-8, or a member this proxy needs is missing, doubled or of a wrong type.
    pub fn scan(body: &[u8]) -> Result<Self, EnvelopeError> {
        let text = text_of(body)?;
        let (members, content) = scan_members(text)?;
        if let Some(name) = members.doubled(&ONCE) {
            return Err(EnvelopeError::member(name, format!("'{name}' is given twice: send it once")));
        }
        let value = |name: &str| members.get(name).and_then(|member| text.get(member.value.clone()));
        let model = members.get("model");
        let model_span = model.map(|model| model.value.clone()).unwrap_or_default();
        let include_usage_span = members.get("stream_options").and_then(|options| include_usage(text, &options.value));
        Ok(Self {
            model: model_of(value("model"))?,
            stream: value("stream").map_or(Ok(false), stream_of)?,
            max_tokens: max_tokens_of(value("max_completion_tokens"), value("max_tokens"))?,
            choices: value("n").and_then(|json| json.parse().ok()).unwrap_or(1).max(1),
            include_usage: include_usage_span.clone().is_some_and(|span| text.get(span) == Some("true")),
            previous_response_id: value("previous_response_id").and_then(|json| serde_json::from_str(json).ok()),
            model_span,
            members,
            content,
            include_usage_span,
            body_len: body.len(),
        })
    }

    /// Whether the body has this member, with a value other than null. Of several the last counts.
    #[must_use]
    pub fn has(&self, member: &str) -> bool {
        self.members.get(member).is_some_and(|member| member.given)
    }

    /// Whether it goes on with a conversation: a message of an assistant or a tool is there, or an earlier answer is named.
    #[must_use]
    pub fn multi_turn(&self) -> bool {
        self.content.has_answers() || self.has("previous_response_id")
    }

    /// Bytes of text that the model is to read, in UTF-8: messages, prompts, and definitions and arguments of tools. The data of
    /// images, sounds and files is none. What stands twice in one message counts twice.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.content.text_bytes()
    }

    /// Images that the model is to look at.
    #[must_use]
    pub fn images(&self) -> usize {
        self.content.images()
    }
}

fn text_of(body: &[u8]) -> Result<&str, EnvelopeError> {
    if body.trim_ascii().is_empty() {
        return Err(EnvelopeError::body("the body is empty: send a JSON object"));
    }
    if body.starts_with(b"\xef\xbb\xbf") {
        return Err(EnvelopeError::body("the body starts with a byte order mark: send plain UTF-8 without one"));
    }
    std::str::from_utf8(body).map_err(|error| {
        EnvelopeError::body(format!(
            "the body is not valid UTF-8: wrong byte at offset {}; send JSON in UTF-8",
            error.valid_up_to()
        ))
    })
}

/// The one pass.
fn scan_members(text: &str) -> Result<(Members, Content), EnvelopeError> {
    let mut members = Members::default();
    let mut content = Content::default();
    let mut too_many = None;
    let mut cursor = Cursor::new(text);
    let passed = cursor.members(|cursor, name| {
        let given = cursor.next() != Some(b'n');
        let name = name.read();
        let value = match name.as_deref().and_then(|name| content.section(name)) {
            Some((mark, section)) => cursor.walk(mark, section)?,
            None => cursor.walk((), &mut Skip)?,
        };
        members.push(name.as_deref(), value, given).map_err(|error| {
            too_many = Some(error);
            Invalid
        })
    });
    match passed.and_then(|()| cursor.end()) {
        Ok(()) => Ok((members, content)),
        Err(Invalid) => Err(too_many.unwrap_or_else(|| EnvelopeError::of_text(text))),
    }
}

/// Where the value of `include_usage` stands in the body, whose options stand at `options`.
fn include_usage(text: &str, options: &Range<usize>) -> Option<Range<usize>> {
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

fn model_of(json: Option<&str>) -> Result<String, EnvelopeError> {
    let fault = |what: String| Err(EnvelopeError::member("model", format!("'model' {what}: {EXAMPLE}")));
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

fn stream_of(json: &str) -> Result<bool, EnvelopeError> {
    match json {
        "true" => Ok(true),
        "false" | "null" => Ok(false),
        _ => Err(EnvelopeError::member("stream", format!("'stream' must be true or false, not {}", kind(json)))),
    }
}

fn max_tokens_of(newer: Option<&str>, older: Option<&str>) -> Result<Option<u64>, EnvelopeError> {
    let newer = newer.map_or(Ok(None), |json| count_of("max_completion_tokens", json))?;
    let older = older.map_or(Ok(None), |json| count_of("max_tokens", json))?;
    Ok(newer.or(older))
}

fn count_of(name: &'static str, json: &str) -> Result<Option<u64>, EnvelopeError> {
    serde_json::from_str(json).map_err(|_| {
        let what = format!("'{name}' must be a whole number of tokens, 0 or more, not {}", shown(json));
        EnvelopeError::member(name, what)
    })
}

fn shown(json: &str) -> &str {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number && json.len() <= 32 { json } else { kind(json) }
}
