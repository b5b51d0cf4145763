//! A string of JSON as it stands in its text.

use std::borrow::Cow;

/// A string, not yet read: its escapes are as they were written.
#[derive(Clone, Copy, Debug)]
pub(in crate::wire) struct Text<'a> {
    quoted: &'a str,
    saved: usize,
}

impl<'a> Text<'a> {
    /// A string with its quotes, whose escapes come to so many bytes less than they take.
    pub(super) fn new(quoted: &'a str, saved: usize) -> Self {
        Self { quoted, saved }
    }

    /// What stands between the quotes.
    pub(in crate::wire) fn raw(&self) -> &'a str {
        self.quoted.get(1..self.quoted.len() - 1).unwrap_or_default()
    }

    /// How many bytes of UTF-8 it has once its escapes are read; half a surrogate pair counts as the three it would take.
    pub(in crate::wire) fn len(&self) -> usize {
        self.quoted.len() - 2 - self.saved
    }

    /// The string, unless it holds half a surrogate pair: JSON has those, text has not.
    pub(in crate::wire) fn read(&self) -> Option<Cow<'a, str>> {
        if self.saved == 0 {
            return Some(Cow::Borrowed(self.raw()));
        }
        serde_json::from_str(self.quoted).ok().map(Cow::Owned)
    }
}

/// Adds up what the escapes of one string save.
#[derive(Default)]
pub(super) struct Escapes {
    saved: usize,
    /// Where an escaped high surrogate ends that still lacks its low one.
    high_ends: Option<usize>,
}

impl Escapes {
    /// An escape of one letter, such as `\n`.
    pub(super) fn letter(&mut self) {
        self.saved += 1;
    }

    /// The six bytes `\uXXXX` that begin at `at`.
    pub(super) fn code(&mut self, at: usize, code: u16) {
        let after_high = self.high_ends.take() == Some(at);
        let size = match code {
            ..0x80 => 1,
            0x80..0x800 => 2,
            0xdc00..0xe000 if after_high => 1, // four bytes for the pair, of which the high one counted three
            _ => 3,
        };
        self.saved += 6 - size;
        self.high_ends = (0xd800..0xdc00).contains(&code).then_some(at + 6);
    }

    pub(super) fn saved(&self) -> usize {
        self.saved
    }
}
