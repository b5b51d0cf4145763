//! The request's envelope: what must be known of a body without building a model of it.
//!
//! The body is validated as JSON in one pass that allocates nothing for the members it does not look for, and never
//! recurses, so that neither size nor depth is a danger. What is not ours may be of any type and is left alone.
//!
//! | module | what it knows |
//! |---|---|
//! | `address` | whose API a request speaks, and what its path says |
//! | `members` | which members an object has, and where their values stand |
//! | `values` | what of a body this proxy decides by, and how each dialect writes it |
//! | `vocabulary` | what the names within a body mean to its model, dialect by dialect |
//! | `reader`, `content` | how much text and how many images a model is to read, and whose turns they are |
//! | `rewrite` | the one copy that goes to a provider |
//! | `naming`, `parameters`, `prompts` | what is put into it: the model's name, defaults, prompts |
//! | `edits` | new bytes in a body, and every other byte as it was |
//! | `error` | what to tell a client whose body cannot be routed |

mod address;
mod content;
mod edits;
mod error;
mod members;
mod naming;
mod parameters;
mod prompts;
mod reader;
mod rewrite;
mod values;
mod vocabulary;

use std::ops::Range;

pub use address::{Address, AddressError};
pub use edits::Rewritten;
pub use error::EnvelopeError;
pub use rewrite::{Rewrite, RewriteError};

use self::content::Content;
use self::members::Members;
use self::values::{Bounds, GENERATION};
use self::vocabulary::Vocabulary;
use super::dialect::Dialect;
use super::json::{Cursor, Invalid, Skip};

/// What a request says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Whose API it speaks.
    pub dialect: Dialect,
    /// The target's name.
    pub model: String,
    /// Whether the answer is to be a stream.
    pub stream: bool,
    /// The most tokens the answer may have, if the client bounds it.
    pub max_tokens: Option<u64>,
    /// How many choices the answer is to have, where it is a number above 1. What else may stand there is the provider's to judge.
    pub choices: u64,
    /// Whether the client asked for a stream's usage. Only chat leaves that to the client.
    pub include_usage: bool,
    /// The answer that this request goes on from, if it names one.
    pub previous_response_id: Option<String>,
    /// Where the JSON value of `model` stands in the body, quotes included, if it is the body that names the target.
    pub model_span: Option<Range<usize>>,
    members: Members,
    /// Those of Gemini's `generationConfig`, where it is an object.
    generation: Option<Members>,
    content: Content,
    /// Where `include_usage` stands within `stream_options`.
    include_usage_span: Option<Range<usize>>,
    body_len: usize,
}

impl Envelope {
    /// Scans a request body.
    ///
    /// # Errors
    /// Where it is not one JSON object in UTF-8, or a member this proxy needs is missing, doubled or of a wrong type.
    pub fn scan(body: &[u8], address: Address<'_>) -> Result<Self, EnvelopeError> {
        let dialect = address.dialect;
        let text = text_of(body)?;
        let (members, content) = scan_members(text, Vocabulary(dialect))?;
        if let Some(name) = members.doubled(values::once(dialect)) {
            return Err(EnvelopeError::member(name, format!("'{name}' is given twice: send it once")));
        }
        let value = |name: &str| members.get(name).and_then(|member| text.get(member.value.clone()));
        let (model, stream, model_span) = match address.path {
            Some((model, stream)) => (values::model_in_path(model)?, stream, None),
            None => (
                values::model_of(value("model"))?,
                value("stream").map_or(Ok(false), values::stream_of)?,
                members.get("model").map(|model| model.value.clone()),
            ),
        };
        let generation = match members.spelled(GENERATION) {
            Some(config) if dialect == Dialect::Gemini => Members::of(text, &config.value)?,
            _ => None,
        };
        let Bounds { max_tokens, choices } = Bounds::of(dialect, text, &members, generation.as_ref())?;
        let options = members.get("stream_options").filter(|_| dialect == Dialect::OpenAi);
        let include_usage_span = options.and_then(|options| values::include_usage(text, &options.value));
        let previous = values::earlier_answers(dialect).first().and_then(|name| value(name));
        Ok(Self {
            dialect,
            model,
            stream,
            max_tokens,
            choices,
            include_usage: include_usage_span.clone().is_some_and(|span| text.get(span) == Some("true")),
            previous_response_id: previous.and_then(|json| serde_json::from_str(json).ok()),
            model_span,
            members,
            generation,
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

    /// Whether it goes on with a conversation: something of an earlier answer is there, or what a tool gave for one, or it names
    /// an earlier answer or a conversation that its provider holds.
    #[must_use]
    pub fn multi_turn(&self) -> bool {
        self.content.has_answers() || self.members.has_any(values::earlier_answers(self.dialect))
    }

    /// Bytes of text that the model is to read, in UTF-8: messages, prompts, and definitions and arguments of tools. The data of
    /// images, sounds and files is none. What stands twice in one message counts twice, and a token given as its number four.
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
fn scan_members(text: &str, vocabulary: Vocabulary) -> Result<(Members, Content), EnvelopeError> {
    let mut members = Members::new();
    let mut content = Content::default();
    let mut too_many = None;
    let mut cursor = Cursor::new(text);
    let passed = cursor.members(|cursor, name| {
        let given = cursor.next() != Some(b'n');
        let name = name.read();
        let value = match name.as_deref().and_then(|name| content.section(vocabulary, name)) {
            Some((mark, mut reader)) => cursor.walk(mark, &mut reader)?,
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
