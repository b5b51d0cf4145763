//! Lets whole and valid events through, byte for byte, and knows the state of the stream.

use std::ops::Range;

use super::boundary::Boundary;
use super::likeness::Likeness;
use super::meaning::Meaning;
use super::progress::Progress;
use super::reader::Reader;
use super::through::{Frames, Passed, Through};
use crate::wire::dialect::Dialect;
use crate::wire::usage::Usage;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why no more of the stream is passed on.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Terminal,
    Error(Vec<u8>),
    Malformed(String),
    Eof,
}

/// What a framer is to do beside its work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Framing {
    /// Keep back the event that tells nothing but the usage: the client did not ask for it.
    pub hide_usage: bool,
    /// Keep the text that is delivered, so that another answer can go on from it.
    pub keep_text: bool,
}

/// Cuts a stream of events out of pieces of bytes.
#[derive(Debug)]
pub struct SseFramer {
    max_event_bytes: usize,
    framing: Framing,
    pending: Vec<u8>,
    boundary: Boundary,
    /// The last event was passed on, and so is what may still come of its line end.
    tail_passes: bool,
    begun: bool,
    content: bool,
    reader: Reader,
    likeness: Likeness,
    progress: Progress,
    end: Option<End>,
}

impl SseFramer {
    /// A framer that holds at most about `max_event_bytes` of one event.
    #[must_use]
    pub fn new(dialect: Dialect, max_event_bytes: usize, framing: Framing) -> Self {
        Self {
            max_event_bytes,
            framing,
            pending: Vec::new(),
            boundary: Boundary::default(),
            tail_passes: false,
            begun: false,
            content: false,
            reader: Reader::new(dialect),
            likeness: Likeness::default(),
            progress: Progress::new(framing.keep_text),
            end: None,
        }
    }

    /// Takes the next bytes of the stream and returns what may now be passed on.
    pub fn feed(&mut self, chunk: &[u8]) -> Frames {
        let mut frames = Frames::default();
        self.feed_into(chunk, &mut frames);
        frames
    }

    /// Like [`SseFramer::feed`], in place of what these frames held: who feeds piece after piece need not make room for each.
    pub fn feed_into(&mut self, chunk: &[u8], frames: &mut Frames) {
        frames.clear();
        let (passed, events) = self.take(chunk);
        frames.events = events;
        match passed {
            Passed::Part(part) => frames.data.extend_from_slice(chunk.get(part).unwrap_or_default()),
            Passed::Own(bytes) => frames.data = bytes,
        }
    }

    /// Like [`SseFramer::feed`], for who holds the piece: where what may be passed on is a part of it, that is not copied.
    pub fn feed_piece(&mut self, piece: &[u8]) -> Passed {
        self.take(piece).0
    }

    /// What may be passed on now, and how many events of it have data.
    fn take(&mut self, piece: &[u8]) -> (Passed, u64) {
        let mut through = Through::default();
        // Bytes are copied into the buffer only where an event spans pieces.
        let mut held = std::mem::take(&mut self.pending);
        if held.is_empty() {
            let used = self.pass(piece, &mut through);
            held.extend_from_slice(piece.get(used..).unwrap_or_default());
            self.hold(held);
            let events = through.events;
            return (through.of_piece(), events);
        }
        held.extend_from_slice(piece);
        let used = self.pass(&held, &mut through);
        if used == 0 {
            self.hold(held);
            return (Passed::Part(0..0), 0);
        }
        let rest = held.split_off(used);
        self.hold(rest);
        let events = through.events;
        (through.of_buffer(held), events)
    }

    /// Keeps the beginning of an event, unless nothing more of the stream is passed on.
    fn hold(&mut self, beginning: Vec<u8>) {
        if self.end.is_none() && beginning.len() > self.max_event_bytes {
            self.too_large();
        }
        if self.end.is_none() {
            self.pending = beginning;
        }
    }

    /// The stream has ended. Returns a last event that lacks nothing but its empty line, with one.
    pub fn finish(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.pending);
        let mut last = Vec::new();
        if self.end.is_none() && self.reader.data_of(self.without_mark(&held)).is_some() {
            // Between CR and LF no line would end; after any other byte one must.
            let ending: &[u8] = if held.ends_with(b"\n") { b"\n" } else { b"\n\n" };
            let whole = [held.as_slice(), ending].concat();
            let mut through = Through::default();
            self.judge(&whole, 0..whole.len(), &mut through);
            last = through.copied_from(&whole);
            // What is cut short is truncated, not malformed.
            if self.malformed().is_some() {
                self.end = None;
            }
        }
        self.end.get_or_insert(End::Eof);
        last
    }

    /// A content event is among what has been returned.
    #[must_use]
    pub fn content(&self) -> bool {
        self.content
    }

    /// The stream's last event has come; whatever follows is dropped.
    #[must_use]
    pub fn terminal(&self) -> bool {
        self.end == Some(End::Terminal)
    }

    /// The answer is whole: its last event has come, or the finish reason of each choice.
    #[must_use]
    pub fn complete(&self) -> bool {
        let failed = matches!(self.end, Some(End::Error(_) | End::Malformed(_)));
        self.terminal() || (!failed && self.progress.finished())
    }

    /// How many choices have been seen. An answer of the responses or the messages API is one.
    #[must_use]
    pub fn choices(&self) -> usize {
        self.progress.choices()
    }

    /// Every choice seen, at least one, has its finish reason among what has been returned, whatever came after it.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.progress.finished()
    }

    /// The data of the provider's error event, which is withheld with all that follows.
    #[must_use]
    pub fn error(&self) -> Option<&[u8]> {
        match &self.end {
            Some(End::Error(payload)) => Some(payload),
            _ => None,
        }
    }

    /// Why an event cannot be passed on, which is withheld with all that follows.
    #[must_use]
    pub fn malformed(&self) -> Option<&str> {
        match &self.end {
            Some(End::Malformed(why)) => Some(why),
            _ => None,
        }
    }

    /// The last usage reported.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.progress.usage
    }

    /// The text of choice 0 among what has been returned. `None` where it was not to be kept, is larger than 4 MiB, or is not all
    /// of the content there was: parts, sounds and refusals are none. Reasoning is not looked at. What the responses API has
    /// delivered cannot be gone on from by text: there any content makes it `None`.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.progress.delivered.text()
    }

    /// A call of a tool or function is among what has been returned.
    #[must_use]
    pub fn tool_calls(&self) -> bool {
        self.progress.delivered.tool_calls()
    }

    /// Something of another choice than the choice 0 is among what has been returned.
    #[must_use]
    pub fn other_choices(&self) -> bool {
        self.progress.delivered.other_choices()
    }

    /// The number of the last event, in the dialects that number them.
    #[must_use]
    pub fn sequence_number(&self) -> Option<u64> {
        self.reader.sequence_number()
    }

    /// Bytes held of an event that is not whole yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Judges every whole event in `bytes` and returns how many bytes that were.
    fn pass(&mut self, bytes: &[u8], through: &mut Through) -> usize {
        let mut start = 0;
        loop {
            if self.boundary.tail(bytes, start) {
                if self.tail_passes {
                    through.pass(bytes, start..start + 1);
                }
                start += 1;
            }
            if self.end.is_some() {
                // The rest is dropped; once there is some, no second half of a line end can follow.
                self.tail_passes &= start == bytes.len();
                self.boundary.forget(start);
                return bytes.len();
            }
            let Some(end) = self.boundary.next_end(bytes) else {
                break;
            };
            self.judge(bytes, start..end, through);
            start = end;
        }
        self.boundary.forget(start);
        start
    }

    /// Passes one whole event on, drops it, or ends the stream with it.
    fn judge(&mut self, bytes: &[u8], at: Range<usize>, through: &mut Through) {
        let event = bytes.get(at.clone()).unwrap_or_default();
        let is_known = event.len() <= self.max_event_bytes && self.likeness.covers(event);
        let has_data = if is_known { Some(true) } else { self.read(event) };
        self.tail_passes = has_data.is_some();
        if let Some(has_data) = has_data {
            through.events += u64::from(has_data);
            through.pass(bytes, at);
        }
    }

    /// Reads an event, and says whether it has data; nothing of one that is not passed on.
    fn read(&mut self, event: &[u8]) -> Option<bool> {
        self.likeness.forget();
        if event.len() > self.max_event_bytes {
            self.too_large();
            return None;
        }
        let data = self.reader.data_of(self.without_mark(event));
        let has_begun = std::mem::replace(&mut self.begun, true);
        match data.as_deref().map(|data| (data.trim_ascii(), data)) {
            None if self.reader.passes_comments() => return Some(false),
            // Clients try to read it as JSON, and fail: an empty event in any dialect, a comment in some.
            None | Some(([], _)) => return None,
            Some((json, data)) => match self.reader.read(json, &mut self.progress) {
                Meaning::Terminal => {
                    self.content |= self.progress.finished();
                    self.end = Some(End::Terminal);
                }
                Meaning::Error => self.end = Some(End::Error(data.to_vec())),
                Meaning::Malformed(why) => self.end = Some(End::Malformed(why)),
                Meaning::Chunk { usage_only: true, .. } if self.framing.hide_usage => return None,
                Meaning::Chunk { content, .. } => {
                    self.content |= content;
                    // A text that is kept is to be read, and only the first event may have a mark.
                    if content && has_begun && !self.framing.keep_text {
                        self.likeness.note(event, self.reader.text_key());
                    }
                }
            },
        }
        matches!(self.end, None | Some(End::Terminal)).then_some(true)
    }

    /// A byte order mark at the start of the stream is no part of its first line.
    fn without_mark<'e>(&self, event: &'e [u8]) -> &'e [u8] {
        if self.begun { event } else { event.strip_prefix(BYTE_ORDER_MARK).unwrap_or(event) }
    }

    fn too_large(&mut self) {
        self.end = Some(End::Malformed(format!("an event is larger than {} bytes", self.max_event_bytes)));
    }
}
