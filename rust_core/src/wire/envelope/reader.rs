//! Reads one section of a body, for what a model is to read in it.

use super::content::Tally;
use super::vocabulary::{Mark, Role, Vocabulary};
use crate::wire::json::{Text, Watcher};

/// As much text as a token is taken for where nothing is known of it.
const BYTES_OF_A_TOKEN: usize = 4;

/// Objects that lie deeper are no messages, parts or sources any more.
const DEEPEST: usize = 12;

/// Adds up what one section holds.
pub(super) struct Reader<'a> {
    vocabulary: Vocabulary,
    tally: &'a mut Tally,
    /// The depth of the last name: a value at this depth is its own, a deeper one lies in an array.
    named_at: usize,
    /// By depth, what is known of an object as long as it lasts.
    objects: [Object; DEEPEST],
}

#[derive(Clone, Copy, Debug, Default)]
struct Object {
    role: Role,
    is_image: bool,
    is_answer: bool,
    is_text: bool,
    data_bytes: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(vocabulary: Vocabulary, tally: &'a mut Tally) -> Self {
        Self { vocabulary, tally, named_at: 0, objects: [Object::default(); DEEPEST] }
    }

    /// Notes what a member of an object says of it.
    fn note(&mut self, depth: usize, mark: Mark, value: Text<'_>) {
        let Some(object) = self.objects.get_mut(depth) else {
            return;
        };
        if mark == Mark::Data {
            object.data_bytes = value.len();
            return;
        }
        let value = value.read().unwrap_or_default();
        match mark {
            Mark::Role => object.role = self.vocabulary.role(&value),
            Mark::Sort => {
                object.is_image = self.vocabulary.is_image(&value);
                object.is_answer = self.vocabulary.is_answer(&value);
            }
            Mark::SourceSort => object.is_text = value == "text",
            Mark::MediaType => object.is_image = value.starts_with("image/"),
            _ => {}
        }
    }

    /// Forgets what an earlier member of this mark has said.
    fn forget(&mut self, depth: usize, mark: Mark) {
        let Some(object) = self.objects.get_mut(depth) else {
            return;
        };
        match mark {
            Mark::Role => object.role = Role::Other,
            Mark::Sort => (object.is_image, object.is_answer) = (false, false),
            Mark::SourceSort => object.is_text = false,
            Mark::MediaType => object.is_image = false,
            Mark::Data => object.data_bytes = 0,
            _ => {}
        }
    }
}

impl Watcher for Reader<'_> {
    type Mark = Mark;

    fn name(&mut self, depth: usize, above: Mark, name: Text<'_>) -> Mark {
        if above == Mark::Whole {
            self.tally.text_bytes += name.len();
            return Mark::Whole;
        }
        self.tally.has_answers |= above == Mark::Call;
        self.named_at = depth;
        let Some(name) = name.read() else {
            return Mark::Other;
        };
        let mark = self.vocabulary.mark(depth, above, &name);
        self.forget(depth, mark);
        mark
    }

    fn string(&mut self, depth: usize, mark: Mark, value: Text<'_>) {
        match mark {
            Mark::Text | Mark::Prompt | Mark::Parts | Mark::Whole => {
                self.tally.text_bytes += if is_data_url(value) { 0 } else { value.len() };
            }
            Mark::Other => {}
            _ if depth == self.named_at => self.note(depth, mark, value),
            _ => {}
        }
    }

    fn number(&mut self, mark: Mark) {
        if mark == Mark::Prompt {
            self.tally.text_bytes += BYTES_OF_A_TOKEN;
        }
    }

    fn close(&mut self, depth: usize) {
        let Some(object) = self.objects.get_mut(depth).map(std::mem::take) else {
            return;
        };
        self.tally.has_system |= object.role == Role::System;
        self.tally.has_answers |= object.role == Role::Answer || object.is_answer;
        self.tally.images += usize::from(object.is_image);
        self.tally.text_bytes += if object.is_text { object.data_bytes } else { 0 };
    }
}

/// Whether it is `data:…;base64,…`, which is no text but a file. It is never written with escapes up to its comma, but for `\/`.
fn is_data_url(value: Text<'_>) -> bool {
    let raw = value.raw();
    raw.starts_with("data:") && raw.split_once(',').is_some_and(|(head, _)| head.ends_with(";base64"))
}
