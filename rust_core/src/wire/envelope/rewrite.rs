//! The one copy of a body that goes to a provider: some values replaced, some members added, every other byte as it was.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::Envelope;
use crate::wire::json::{Cursor, Skip};

/// What is to be different in the copy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rewrite<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Members, with the JSON of their values, for a body that has none of the name or null.
    pub defaults: &'a [(&'a str, &'a [u8])],
    /// The text of a message to begin with, for a body whose messages have none of the system or the developer.
    pub system: Option<&'a str>,
    /// The beginning of the answer, as a last message of the assistant that the model is to go on with.
    pub prefill: Option<&'a str>,
    /// Whether a stream is to tell its usage.
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
}

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignBody => {
                f.write_str("this is not the body that was scanned: its length or the place of its model value differs")
            }
            Self::Reserved(name) => {
                write!(f, "'{name}' cannot have a default: it says what the request is, not how it is to be done")
            }
            Self::NotJson(name) => write!(f, "the default for '{name}' is not one JSON value in UTF-8"),
        }
    }
}

impl std::error::Error for RewriteError {}

/// What the scan decided by: with another value the copy would not be the request that was scanned.
const RESERVED: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Two names of one parameter: a body that has the one needs no default for the other.
const TWINS: [(&str, &str); 2] = [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")];

/// The copy, in pieces: what was there and what is new.
#[derive(Debug)]
pub struct Rewritten<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
}

impl Rewritten<'_> {
    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len()).sum()
    }

    /// Its bytes, into a buffer of its size; what does not fit is left out.
    pub fn copy_to(&self, mut buffer: &mut [u8]) {
        for piece in &self.pieces {
            let Some((place, rest)) = buffer.split_at_mut_checked(piece.len()) else {
                return;
            };
            place.copy_from_slice(piece);
            buffer = rest;
        }
    }
}

/// New bytes, in the place of old ones.
struct Edit {
    place: Range<usize>,
    with: Vec<u8>,
}

impl Edit {
    fn replace(place: &Range<usize>, with: impl Into<Vec<u8>>) -> Self {
        Self { place: place.clone(), with: with.into() }
    }

    fn insert(at: usize, with: impl Into<Vec<u8>>) -> Self {
        Self { place: at..at, with: with.into() }
    }
}

impl Envelope {
    /// A copy of the body that was scanned.
    ///
    /// Usage is asked for only where the answer is a stream, for providers refuse it elsewhere. Messages or stream options that
    /// are of a wrong type are left alone: the provider is to say so.
    ///
    /// # Errors
    /// Where `body` cannot be the one that was scanned, or a default cannot be one.
    pub fn rewrite<'a>(&self, body: &'a [u8], rewrite: &Rewrite<'_>) -> Result<Rewritten<'a>, RewriteError> {
        let value = body.get(self.model_span.clone()).ok_or(RewriteError::ForeignBody)?;
        if body.len() != self.body_len || !value.starts_with(b"\"") || !value.ends_with(b"\"") {
            return Err(RewriteError::ForeignBody);
        }
        let mut edits = vec![Edit::replace(&self.model_span, quoted(rewrite.model))];
        let mut added = Vec::new();
        let system = rewrite.system.and_then(|text| self.system_message(body, text));
        let comes_first = system.is_none();
        edits.extend(system);
        edits.extend(rewrite.prefill.and_then(|text| self.prefill_message(body, text, comes_first)));
        self.add_defaults(rewrite.defaults, &mut edits, &mut added)?;
        if rewrite.include_usage && self.stream && !self.include_usage {
            self.ask_for_usage(body, &mut edits, &mut added);
        }
        edits.extend(self.members.end().filter(|_| !added.is_empty()).map(|end| Edit::insert(end, added)));
        edits.sort_by_key(|edit| edit.place.start);
        apply(body, edits).ok_or(RewriteError::ForeignBody)
    }

    /// A first message, for messages that have none of its kind.
    fn system_message(&self, body: &[u8], text: &str) -> Option<Edit> {
        let place = &self.members.get("messages")?.value;
        if self.content.has_system() || body.get(place.start) != Some(&b'[') {
            return None;
        }
        let message = format!(r#"{{"role":"system","content":{}}}"#, quoted(text));
        Some(insert_first(body, place, message, b']'))
    }

    /// A last message, with what the answer is to begin with. `comes_first`: no message is put before those there are.
    fn prefill_message(&self, body: &[u8], text: &str, comes_first: bool) -> Option<Edit> {
        let place = &self.members.get("messages")?.value;
        if body.get(place.start) != Some(&b'[') {
            return None;
        }
        let end = place.end.checked_sub(1)?;
        let others = body.get(place.start + 1..end)?.trim_ascii();
        let comma = if others.is_empty() && comes_first { "" } else { "," };
        Some(Edit::insert(end, format!(r#"{comma}{{"role":"assistant","content":{}}}"#, quoted(text))))
    }

    fn add_defaults(
        &self,
        defaults: &[(&str, &[u8])],
        edits: &mut Vec<Edit>,
        added: &mut Vec<u8>,
    ) -> Result<(), RewriteError> {
        let mut names: Vec<&str> = Vec::new();
        for &(name, json) in defaults {
            if RESERVED.contains(&name) {
                return Err(RewriteError::Reserved(name.to_owned()));
            }
            if !is_json(json) {
                return Err(RewriteError::NotJson(name.to_owned()));
            }
            let twin = TWINS.iter().find(|(own, _)| *own == name).map(|(_, twin)| *twin);
            if [Some(name), twin].into_iter().flatten().any(|name| self.has(name) || names.contains(&name)) {
                continue;
            }
            names.push(name);
            match self.members.get(name) {
                Some(null) => edits.push(Edit::replace(&null.value, json)),
                None => add(added, name, json),
            }
        }
        Ok(())
    }

    fn ask_for_usage(&self, body: &[u8], edits: &mut Vec<Edit>, added: &mut Vec<u8>) {
        let Some(options) = self.members.get("stream_options") else {
            return add(added, "stream_options", br#"{"include_usage":true}"#);
        };
        if !options.given {
            edits.push(Edit::replace(&options.value, r#"{"include_usage":true}"#));
        } else if let Some(place) = &self.include_usage_span {
            if let Some(b"false" | b"null") = body.get(place.clone()) {
                edits.push(Edit::replace(place, "true"));
            }
        } else if body.get(options.value.start) == Some(&b'{') {
            edits.push(insert_first(body, &options.value, r#""include_usage":true"#.to_owned(), b'}'));
        }
    }
}

/// A first element for the array or object that stands at `place` and ends with `closing`.
fn insert_first(body: &[u8], place: &Range<usize>, mut element: String, closing: u8) -> Edit {
    let at = place.start + 1;
    let others = body.get(at..place.end).unwrap_or_default();
    if others.trim_ascii_start().first() != Some(&closing) {
        element.push(',');
    }
    Edit::insert(at, element)
}

fn add(added: &mut Vec<u8>, name: &str, json: &[u8]) {
    added.extend_from_slice(format!(",{}:", quoted(name)).as_bytes());
    added.extend_from_slice(json);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_json(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut cursor = Cursor::new(text);
    cursor.walk((), &mut Skip).and_then(|_| cursor.end()).is_ok()
}

/// The body with edits that are in order and do not overlap.
fn apply(body: &[u8], edits: Vec<Edit>) -> Option<Rewritten<'_>> {
    let mut pieces = Vec::with_capacity(2 * edits.len() + 1);
    let mut copied = 0;
    for edit in edits {
        pieces.push(Cow::Borrowed(body.get(copied..edit.place.start)?));
        pieces.push(Cow::Owned(edit.with));
        copied = edit.place.end;
    }
    pieces.push(Cow::Borrowed(body.get(copied..)?));
    Some(Rewritten { pieces })
}
