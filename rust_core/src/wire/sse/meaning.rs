//! What an event can turn out to be, in any dialect.

use serde::Deserialize;

/// What one event turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The last event of its stream.
    Terminal,
    /// The provider tells of an error.
    Error,
    /// Not an event of this dialect.
    Malformed(String),
    /// A chunk of the answer; whether it holds anything of it.
    Chunk {
        /// Something of the answer itself, or its end.
        content: bool,
        /// Nothing but what the answer cost.
        usage_only: bool,
    },
}

impl Meaning {
    /// A chunk with more to it than the answer's cost, or a kind of event that is not known: it is passed on.
    pub(super) fn chunk(content: bool) -> Self {
        Self::Chunk { content, usage_only: false }
    }
}

/// Reads the data of an event, which is a JSON object in every dialect.
///
/// # Errors
/// Why the event is malformed.
pub(super) fn object<'d, T: Deserialize<'d>>(data: &'d [u8]) -> Result<T, String> {
    // A struct would also be read from an array.
    if data.starts_with(b"[") {
        return Err("an event's data is not a JSON object but an array".to_owned());
    }
    let text = std::str::from_utf8(data).map_err(|_| "an event's data is not valid UTF-8".to_owned())?;
    part(text)
}

/// Reads an object within the data of an event.
///
/// # Errors
/// Why the event is malformed.
pub(super) fn part<'d, T: Deserialize<'d>>(text: &'d str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| not_read(&error))
}

#[cold]
fn not_read(error: &serde_json::Error) -> String {
    let what = if error.is_data() { "a chunk" } else { "valid JSON" };
    format!("an event's data is not {what}: {error}")
}
