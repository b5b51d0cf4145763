//! What a request has its model read: how much text, how many images, whose turns.

use crate::wire::json::{Text, Watcher};

/// The members of a body that its model reads, and what the strings right within them are.
const SECTIONS: [(&str, Mark); SECTION_COUNT] = [
    ("messages", Mark::Other),
    ("tools", Mark::Whole),
    ("functions", Mark::Whole),
    ("system", Mark::Text),
    ("instructions", Mark::Text),
    ("prompt", Mark::Text),
    ("input", Mark::Text),
];
const SECTION_COUNT: usize = 7;

/// What has been found, for each section; of one that is given twice the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    sections: [Section; SECTION_COUNT],
}

/// Where messages stand, and their parts: in an array of objects, and in an array within each.
const MESSAGE: usize = 2;
const PART: usize = 4;

/// What a string is, by the nearest name above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing that a model reads: identifiers, the data of images, of sounds and of files, what is not known.
    Other,
    /// Text.
    Text,
    /// Text, or the parts of a message.
    Parts,
    /// Text with all that is within it, names included: definitions and arguments of tools.
    Whole,
    /// Whose turn a message is.
    Role,
    /// What sort of part it is.
    Sort,
}

/// What one section holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    text_bytes: usize,
    images: usize,
    has_system: bool,
    has_answers: bool,
    /// Of the message and the part at hand, as long as they last.
    role: Role,
    is_image: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    #[default]
    Other,
    System,
    Answer,
}

impl Content {
    /// A watcher for the member of this name, and the mark to begin with, if its model reads it.
    pub(super) fn section(&mut self, name: &str) -> Option<(Mark, &mut Section)> {
        let (place, (_, mark)) = SECTIONS.iter().enumerate().find(|(_, (own, _))| *own == name)?;
        let section = self.sections.get_mut(place)?;
        *section = Section::default();
        Some((*mark, section))
    }

    /// Bytes of text, in UTF-8 and with its escapes read.
    pub(super) fn text_bytes(&self) -> usize {
        self.sections.iter().map(|section| section.text_bytes).sum()
    }

    /// Parts that are images.
    pub(super) fn images(&self) -> usize {
        self.sections.iter().map(|section| section.images).sum()
    }

    /// A message of the system or the developer is there.
    pub(super) fn has_system(&self) -> bool {
        self.sections.iter().any(|section| section.has_system)
    }

    /// A message of an assistant or a tool is there: the conversation has turns.
    pub(super) fn has_answers(&self) -> bool {
        self.sections.iter().any(|section| section.has_answers)
    }
}

impl Watcher for Section {
    type Mark = Mark;

    fn name(&mut self, depth: usize, above: Mark, name: Text<'_>) -> Mark {
        if above == Mark::Whole {
            self.text_bytes += name.len();
            return Mark::Whole;
        }
        let Some(name) = name.read() else {
            return Mark::Other;
        };
        match (depth, &*name) {
            (MESSAGE, "role") => {
                self.role = Role::Other;
                Mark::Role
            }
            (MESSAGE, "content") => Mark::Parts,
            (PART, "type") if above == Mark::Parts => {
                self.is_image = false;
                Mark::Sort
            }
            (_, "arguments" | "input") => Mark::Whole,
            (_, "content" | "text" | "name" | "refusal" | "reasoning" | "reasoning_content" | "thinking") => Mark::Text,
            _ => Mark::Other,
        }
    }

    fn string(&mut self, depth: usize, mark: Mark, value: Text<'_>) {
        match mark {
            Mark::Text | Mark::Parts | Mark::Whole if !is_data_url(value) => self.text_bytes += value.len(),
            Mark::Role if depth == MESSAGE => self.role = role(value),
            Mark::Sort if depth == PART => {
                self.is_image = matches!(value.read().as_deref(), Some("image_url" | "image" | "input_image"));
            }
            _ => {}
        }
    }

    fn close(&mut self, depth: usize) {
        match depth {
            MESSAGE => {
                let role = std::mem::take(&mut self.role);
                self.has_system |= role == Role::System;
                self.has_answers |= role == Role::Answer;
            }
            PART => self.images += usize::from(std::mem::take(&mut self.is_image)),
            _ => {}
        }
    }
}

fn role(value: Text<'_>) -> Role {
    match value.read().as_deref() {
        Some("system" | "developer") => Role::System,
        Some("assistant" | "tool" | "function") => Role::Answer,
        _ => Role::Other,
    }
}

/// Whether it is `data:…;base64,…`, which is no text but a file. It is never written with escapes up to its comma, but for `\/`.
fn is_data_url(value: Text<'_>) -> bool {
    let raw = value.raw();
    raw.starts_with("data:") && raw.split_once(',').is_some_and(|(head, _)| head.ends_with(";base64"))
}
