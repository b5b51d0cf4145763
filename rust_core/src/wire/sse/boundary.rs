//! Finds where events end, never looking at a byte twice.

use memchr::memchr2;

/// A scan over a buffer that grows at its end. A line ends with LF, CR or CR LF; an empty line ends an event.
///
/// A CR ends its line at once, so that an event need not wait to see whether a LF follows. That LF then belongs to the
/// line before it: [`Boundary::tail`] tells.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    scanned: usize,
    line_start: usize,
    after_cr: bool,
}

impl Boundary {
    /// The end of the next event in `bytes`, if it is there.
    pub(super) fn next_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(found) = bytes.get(self.scanned..).and_then(|unseen| memchr2(b'\n', b'\r', unseen)) {
            let at = self.scanned + found;
            let is_cr = bytes.get(at) == Some(&b'\r');
            let ends_empty_line = at == self.line_start;
            let second_of_pair = self.after_cr && !is_cr && ends_empty_line;
            self.scanned = at + 1;
            self.line_start = at + 1;
            self.after_cr = is_cr;
            if ends_empty_line && !second_of_pair {
                return Some(at + 1);
            }
        }
        self.scanned = bytes.len();
        None
    }

    /// Whether the event that ended at `end` has one more byte: the LF of its last CR LF.
    pub(super) fn tail(&mut self, bytes: &[u8], end: usize) -> bool {
        let follows = self.after_cr && self.scanned == end && bytes.get(end) == Some(&b'\n');
        if follows {
            self.scanned += 1;
            self.line_start += 1;
            self.after_cr = false;
        }
        follows
    }

    /// The first `bytes` of the buffer are gone.
    pub(super) fn forget(&mut self, bytes: usize) {
        self.scanned = self.scanned.saturating_sub(bytes);
        self.line_start = self.line_start.saturating_sub(bytes);
    }
}
