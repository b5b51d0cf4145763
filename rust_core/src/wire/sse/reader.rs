//! Which dialect a stream is read by.

use std::borrow::Cow;

use super::meaning::Meaning;
use super::messages::Messages;
use super::progress::Progress;
use super::responses::Responses;
use super::{chat, fields, gemini};
use crate::wire::dialect::Dialect;

/// A dialect, and what must be remembered from event to event to read it.
#[derive(Debug)]
pub(super) enum Reader {
    Chat,
    Responses(Responses),
    Messages(Messages),
    Gemini,
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAi => Self::Chat,
            Dialect::Responses => Self::Responses(Responses::default()),
            Dialect::Anthropic => Self::Messages(Messages::default()),
            Dialect::Gemini => Self::Gemini,
        }
    }

    /// The data of an event, if it has any.
    pub(super) fn data_of<'e>(&self, event: &'e [u8]) -> Option<Cow<'e, [u8]>> {
        match fields::data_of(event) {
            None if matches!(self, Self::Gemini) => gemini::bare_data(event),
            data => data,
        }
    }

    /// Whether what has no data is passed on: comments, names of no event. Gemini's own client reads any line as JSON.
    pub(super) fn passes_comments(&self) -> bool {
        !matches!(self, Self::Gemini)
    }

    /// Reads the data of the next event, without the white space around it.
    pub(super) fn read(&mut self, data: &[u8], progress: &mut Progress) -> Meaning {
        let meaning = match self {
            Self::Chat => chat::read(data, progress),
            Self::Responses(responses) => responses.read(data, progress),
            Self::Messages(messages) => messages.read(data, progress),
            Self::Gemini => gemini::read(data, progress),
        };
        meaning.unwrap_or_else(Meaning::Malformed)
    }

    /// The key of a text, up to the quote of its value, of which nothing counts but that there once was some, wherever in an event it is.
    /// In the other dialects events are numbered, or have no such key.
    pub(super) fn text_key(&self) -> &'static [u8] {
        if matches!(self, Self::Chat) { b"\"content\":\"" } else { b"" }
    }

    /// The number of the last event, where they are numbered.
    pub(super) fn sequence_number(&self) -> Option<u64> {
        match self {
            Self::Responses(responses) => responses.sequence_number(),
            Self::Chat | Self::Messages(_) | Self::Gemini => None,
        }
    }
}
