//! The one copy of a body that goes to a provider: some values replaced, some members added, every other byte as it was.

use std::fmt;

use super::Envelope;
use super::edits::{Added, Edits, Rewritten, set};
use super::members::Members;
use super::parameters;
use super::values::GENERATION;
use crate::wire::dialect::Dialect;
use crate::wire::json::{Cursor, Skip};

/// What is to be different in the copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rewrite<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Parameters by their names in chat, with the JSON of their values, for a body that has none of the name or null. Each dialect
    /// has them under its own names; those that it has not are left out.
    pub defaults: &'a [(&'a str, &'a [u8])],
    /// What the system says, for a body in which neither the system nor a developer says anything.
    pub system: Option<&'a str>,
    /// The beginning of the answer, as a last message of the assistant that the model is to go on with. Not for responses.
    pub prefill: Option<&'a str>,
    /// Whether a stream is to tell its usage; those of other dialects than chat's always do.
    pub include_usage: bool,
}

/// Why there is no copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RewriteError {
    /// The body is not the one that was scanned.
    ForeignBody,
    /// This member is no parameter that could have a default.
    Reserved(String),
    /// The default for this member is not JSON.
    NotJson(String),
    /// The dialect has no way to begin an answer.
    NoPrefill,
}

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignBody => {
                f.write_str("this is not the body that was scanned: its length or the place of a value differs")
            }
            Self::Reserved(name) => {
                write!(f, "'{name}' cannot have a default: it says what the request is, not how it is to be done")
            }
            Self::NotJson(name) => write!(f, "the default for '{name}' is not one JSON value in UTF-8"),
            Self::NoPrefill => f.write_str("the beginning of an answer cannot be given in the dialect responses"),
        }
    }
}

impl std::error::Error for RewriteError {}

/// What the scan decided by: with another value the copy would not be the request that was scanned.
const RESERVED: [&str; 4] = ["model", "messages", "stream", "stream_options"];

impl Envelope {
    /// A copy of the body that was scanned.
    ///
    /// Usage is asked for only where the answer is a stream, for providers refuse it elsewhere. What is of a wrong type is left
    /// alone: the provider is to say so.
    ///
    /// # Errors
    /// Where `body` cannot be the one that was scanned, a default cannot be one, or the dialect has no way to begin an answer.
    pub fn rewrite<'a>(&self, body: &'a [u8], rewrite: &Rewrite<'_>) -> Result<Rewritten<'a>, RewriteError> {
        if body.len() != self.body_len {
            return Err(RewriteError::ForeignBody);
        }
        check(rewrite.defaults)?;
        let mut edits = Edits::default();
        let mut added = Added::default();
        self.name_model(body, rewrite.model, &mut edits)?;
        let mut follows = false;
        if let Some(text) = rewrite.system {
            follows = self.add_system(body, text, &mut edits, &mut added);
        }
        if let Some(text) = rewrite.prefill {
            self.add_prefill(body, text, follows, &mut edits)?;
        }
        self.add_defaults(rewrite.defaults, &mut edits, &mut added);
        if rewrite.include_usage && self.dialect == Dialect::OpenAi && self.stream && !self.include_usage {
            self.ask_for_usage(body, &mut edits, &mut added);
        }
        let start = body.iter().position(|byte| *byte == b'{').unwrap_or_default();
        edits.insert_last(&self.members, start, added);
        edits.apply(body).ok_or(RewriteError::ForeignBody)
    }

    fn add_defaults(&self, defaults: &[(&str, &[u8])], edits: &mut Edits, added: &mut Added) {
        if self.dialect != Dialect::Gemini {
            return parameters::fill(self.dialect, defaults, &self.members, edits, added);
        }
        let none = Members::default();
        let members = self.generation.as_ref();
        let mut inside = Added::default();
        parameters::fill(self.dialect, defaults, members.unwrap_or(&none), edits, &mut inside);
        match (self.members.spelled(GENERATION), members) {
            (Some(config), Some(members)) => edits.insert_last(members, config.value.start, inside),
            (config, _) if !inside.is_empty() => {
                let object = [b"{", inside.alone(), b"}"].concat();
                set(config, "generationConfig", &object, edits, added);
            }
            _ => {}
        }
    }

    fn ask_for_usage(&self, body: &[u8], edits: &mut Edits, added: &mut Added) {
        let Some(options) = self.members.get("stream_options") else {
            return added.push("stream_options", br#"{"include_usage":true}"#);
        };
        if !options.given {
            edits.replace(&options.value, r#"{"include_usage":true}"#);
        } else if let Some(place) = &self.include_usage_span {
            if let Some(b"false" | b"null") = body.get(place.clone()) {
                edits.replace(place, "true");
            }
        } else if body.get(options.value.start) == Some(&b'{') {
            edits.insert_first(body, &options.value, r#""include_usage":true"#.to_owned());
        }
    }
}

fn check(defaults: &[(&str, &[u8])]) -> Result<(), RewriteError> {
    for &(name, json) in defaults {
        if RESERVED.contains(&name) {
            return Err(RewriteError::Reserved(name.to_owned()));
        }
        if !is_json(json) {
            return Err(RewriteError::NotJson(name.to_owned()));
        }
    }
    Ok(())
}

fn is_json(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut cursor = Cursor::new(text);
    cursor.walk((), &mut Skip).and_then(|_| cursor.end()).is_ok()
}
