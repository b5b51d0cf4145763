//! What is wrong with a body, in words for the client that sent it.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

/// What is wrong with a body, and what to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeError {
    /// A sentence for the client.
    pub message: String,
    /// The member at fault, if it is one.
    pub param: Option<&'static str>,
}

impl EnvelopeError {
    /// A fault of the body itself.
    pub(super) fn body(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None }
    }

    /// A fault of one member.
    pub(super) fn member(param: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param) }
    }

    /// Where and why a text that the scan refused is no JSON object.
    pub(super) fn of_text(text: &str) -> Self {
        let mut reader = serde_json::Deserializer::from_str(text);
        match reader.deserialize_map(AnyObject).and_then(|()| reader.end()) {
            Err(error) if error.is_data() => {
                Self::body(format!("the body must be a JSON object, not {}", kind(text.trim_start())))
            }
            Err(error) => Self::body(format!("the body is not valid JSON: {error}")),
            // The scan is the stricter of the two, if anything.
            Ok(()) => Self::body("the body is not valid JSON"),
        }
    }
}

/// What sort of JSON value it is, with its article.
pub(super) fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

struct AnyObject;

impl<'de> Visitor<'de> for AnyObject {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
