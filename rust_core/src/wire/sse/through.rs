//! What is let through of a piece: mostly one run of its bytes, which need not be copied.

use std::ops::Range;

/// What may be passed on, in room that is used again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// Whole events, as they came; comments included.
    pub data: Vec<u8>,
    /// How many of them have data.
    pub events: u64,
}

impl Frames {
    /// Room that is kept for the events of the next piece.
    const KEPT: usize = 64 * 1024;

    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.data.shrink_to(Self::KEPT);
        self.events = 0;
    }
}

/// What may be passed on of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// This part of it, as it came; empty where nothing may.
    Part(Range<usize>),
    /// Bytes that are no part of it: it goes on with an event that an earlier piece began, or something within it is kept back.
    Own(Vec<u8>),
}

/// Gathers what is let through of a buffer.
#[derive(Debug, Default)]
pub(super) struct Through {
    /// All there is, as long as nothing was kept back between.
    run: Range<usize>,
    /// All there is, once something was.
    copied: Vec<u8>,
    /// How many events have data.
    pub(super) events: u64,
}

impl Through {
    /// Lets a part of the buffer through, which lies behind those before.
    pub(super) fn pass(&mut self, buffer: &[u8], part: Range<usize>) {
        if !self.copied.is_empty() {
            self.copied.extend_from_slice(bytes_of(buffer, &part));
        } else if self.run.is_empty() {
            self.run = part;
        } else if self.run.end == part.start {
            self.run.end = part.end;
        } else {
            self.copied = [bytes_of(buffer, &self.run), bytes_of(buffer, &part)].concat();
        }
    }

    /// All that was let through of a buffer that is not at hand any longer than this.
    pub(super) fn copied_from(self, buffer: &[u8]) -> Vec<u8> {
        if self.copied.is_empty() { bytes_of(buffer, &self.run).to_vec() } else { self.copied }
    }

    /// All that was let through of a buffer that is the piece itself.
    pub(super) fn of_piece(self) -> Passed {
        if self.copied.is_empty() { Passed::Part(self.run) } else { Passed::Own(self.copied) }
    }

    /// All that was let through of a buffer that nobody needs any more.
    pub(super) fn of_buffer(self, mut buffer: Vec<u8>) -> Passed {
        if self.copied.is_empty() && self.run.start == 0 {
            buffer.truncate(self.run.end);
            return Passed::Own(buffer);
        }
        Passed::Own(self.copied_from(&buffer))
    }
}

fn bytes_of<'b>(buffer: &'b [u8], part: &Range<usize>) -> &'b [u8] {
    buffer.get(part.clone()).unwrap_or_default()
}
