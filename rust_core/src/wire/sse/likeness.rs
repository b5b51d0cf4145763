//! Knows an event that is like the last one but for its text, as most events of most answers are.
//!
//! Reading an event again adds nothing to what its stream has come to, and neither does one that differs from it only in a text:
//! what it means is known without reading it.

use std::ops::Range;

use memchr::memmem;

/// A larger event is not kept.
const MOST_BYTES: usize = 2048;

/// The last event that was read, if it has a text.
#[derive(Debug, Default)]
pub(super) struct Likeness {
    event: Vec<u8>,
    text: Range<usize>,
}

impl Likeness {
    /// Notes an event that is well-formed, whose text is the string behind `key`: a key of JSON up to the quote of its value, or
    /// empty where no text is known by its key.
    pub(super) fn note(&mut self, event: &[u8], key: &[u8]) {
        self.forget();
        if key.is_empty() || event.len() > MOST_BYTES {
            return;
        }
        let Some(text) = text_behind(event, key) else { return };
        self.event.extend_from_slice(event);
        self.text = text;
    }

    /// Something else was read since.
    pub(super) fn forget(&mut self) {
        self.event.clear();
        self.text = 0..0;
    }

    /// Whether it differs from the event that was noted in nothing but the text.
    pub(super) fn covers(&self, event: &[u8]) -> bool {
        let Range { start, end } = self.text;
        let (Some(before @ [_, ..]), Some(behind)) = (self.event.get(..start), self.event.get(end..)) else {
            return false;
        };
        let text = event.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
        text.is_some_and(is_plain)
    }
}

/// Where the text is, if there is one.
fn text_behind(event: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let start = memmem::find(event, key)? + key.len();
    let mut is_escaped = false;
    let is_end = |byte: &u8| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    };
    let length = event.get(start..)?.iter().position(is_end)?;
    Some(start..start + length)
}

/// Whether it is a text with nothing in it that JSON escapes.
fn is_plain(text: &[u8]) -> bool {
    let is_escaped = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    !text.iter().any(is_escaped) && std::str::from_utf8(text).is_ok()
}
