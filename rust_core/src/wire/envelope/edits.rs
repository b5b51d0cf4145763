//! New bytes in a body: in the place of old ones, or between them.

use std::borrow::Cow;
use std::ops::Range;

use super::members::{Member, Members};

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

struct Edit {
    place: Range<usize>,
    with: Vec<u8>,
}

/// What is to be different in a body.
#[derive(Default)]
pub(super) struct Edits {
    all: Vec<Edit>,
}

impl Edits {
    /// Puts these bytes in the place of others.
    pub(super) fn replace(&mut self, place: &Range<usize>, with: impl Into<Vec<u8>>) {
        self.all.push(Edit { place: place.clone(), with: with.into() });
    }

    /// Puts these bytes between others.
    pub(super) fn insert(&mut self, at: usize, with: impl Into<Vec<u8>>) {
        self.all.push(Edit { place: at..at, with: with.into() });
    }

    /// Puts an element first in the array or object that stands at `place`.
    pub(super) fn insert_first(&mut self, body: &[u8], place: &Range<usize>, mut element: String) {
        if !is_empty(body, place) {
            element.push(',');
        }
        self.insert(place.start + 1, element);
    }

    /// Puts these members last in the object whose members are `members`, and that starts at `start`.
    pub(super) fn insert_last(&mut self, members: &Members, start: usize, added: Added) {
        match members.end() {
            _ if added.0.is_empty() => {}
            Some(end) => self.insert(end, added.0),
            None => self.insert(start + 1, added.alone()),
        }
    }

    /// The body with all of it, whose places may not overlap.
    pub(super) fn apply(mut self, body: &[u8]) -> Option<Rewritten<'_>> {
        self.all.sort_by_key(|edit| edit.place.start);
        let mut pieces = Vec::with_capacity(2 * self.all.len() + 1);
        let mut copied = 0;
        for edit in self.all {
            pieces.push(Cow::Borrowed(body.get(copied..edit.place.start)?));
            pieces.push(Cow::Owned(edit.with));
            copied = edit.place.end;
        }
        pieces.push(Cow::Borrowed(body.get(copied..)?));
        Some(Rewritten { pieces })
    }
}

/// Members for the end of an object, each with a comma in front.
#[derive(Default)]
pub(super) struct Added(Vec<u8>);

impl Added {
    /// One more member.
    pub(super) fn push(&mut self, name: &str, json: &[u8]) {
        self.0.extend_from_slice(format!(",{}:", quoted(name)).as_bytes());
        self.0.extend_from_slice(json);
    }

    /// The members of an object that has no others.
    pub(super) fn alone(&self) -> &[u8] {
        self.0.get(1..).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Sets a member that has no value yet: in the place of null, or as another one.
pub(super) fn set(member: Option<&Member>, name: &str, json: &[u8], edits: &mut Edits, added: &mut Added) {
    match member {
        Some(member) if member.given => {}
        Some(null) => edits.replace(&null.value, json),
        None => added.push(name, json),
    }
}

/// Whether nothing but white space is in the array or object that stands at `place`.
pub(super) fn is_empty(body: &[u8], place: &Range<usize>) -> bool {
    let inside = body.get(place.start + 1..place.end.saturating_sub(1)).unwrap_or_default();
    inside.trim_ascii().is_empty()
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
