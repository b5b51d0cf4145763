//! What a request has its model read: how much text, how many images, whose turns.

use super::reader::Reader;
use super::vocabulary::{Mark, SECTIONS_AT_MOST, Vocabulary};

/// What has been found, for each section; of one that is given twice the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    tallies: [Tally; SECTIONS_AT_MOST],
}

/// What one section holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) text_bytes: usize,
    pub(super) images: usize,
    pub(super) has_system: bool,
    pub(super) has_answers: bool,
}

impl Content {
    /// A reader for the member of this name, and the mark to begin with, if its model reads it.
    pub(super) fn section(&mut self, vocabulary: Vocabulary, name: &str) -> Option<(Mark, Reader<'_>)> {
        let (place, (_, mark)) = vocabulary.sections().iter().enumerate().find(|(_, (own, _))| *own == name)?;
        let tally = self.tallies.get_mut(place)?;
        *tally = Tally::default();
        Some((*mark, Reader::new(vocabulary, tally)))
    }

    /// Bytes of text, in UTF-8 and with its escapes read.
    pub(super) fn text_bytes(&self) -> usize {
        self.tallies.iter().map(|tally| tally.text_bytes).sum()
    }

    /// Parts that are images.
    pub(super) fn images(&self) -> usize {
        self.tallies.iter().map(|tally| tally.images).sum()
    }

    /// A message of the system or the developer is there.
    pub(super) fn has_system(&self) -> bool {
        self.tallies.iter().any(|tally| tally.has_system)
    }

    /// Something of an earlier answer is there, or what a tool gave for it: the conversation has turns.
    pub(super) fn has_answers(&self) -> bool {
        self.tallies.iter().any(|tally| tally.has_answers)
    }
}
