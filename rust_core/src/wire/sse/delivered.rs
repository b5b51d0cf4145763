//! What has been passed on of an answer, as far as another one that goes on from it must know.

use serde_json::value::RawValue;

use crate::wire::response::filled;

/// No answer has nearly so much text; of one that has, none is kept.
const MOST_BYTES: usize = 4 << 20;

/// Whether an answer could be resumed, and from where.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// The text of the choice 0 as it came, between its quotes and with its escapes: halves of a surrogate pair that came in two
    /// events are a pair again. `None` where none is kept.
    text: Option<String>,
    tool_calls: bool,
    other_choices: bool,
}

impl Delivered {
    /// Nothing yet; whether its text is to be kept.
    pub(super) fn new(keep_text: bool) -> Self {
        Self { text: keep_text.then(String::new), ..Self::default() }
    }

    /// A part of a choice.
    pub(super) fn choice(&mut self, index: i64) {
        self.other_choices |= index != 0;
    }

    /// A tool or function that the model calls.
    pub(super) fn tool_call(&mut self) {
        self.tool_calls = true;
    }

    /// Content of the choice 0. What is no text cannot be gone on from by text.
    pub(super) fn content(&mut self, json: &RawValue) {
        let Some(text) = self.text.as_mut().filter(|_| filled(json)) else {
            return;
        };
        let piece = json.get().strip_prefix('"').and_then(|piece| piece.strip_suffix('"'));
        match piece.filter(|piece| text.len() + piece.len() <= MOST_BYTES) {
            Some(piece) => text.push_str(piece),
            None => self.text = None,
        }
    }

    /// Content of the choice 0 that is no text.
    pub(super) fn other_content(&mut self) {
        self.text = None;
    }

    /// The text, where it is kept and all there is.
    pub(super) fn text(&self) -> Option<String> {
        let text = self.text.as_ref()?;
        serde_json::from_str(&format!("\"{text}\"")).ok()
    }

    pub(super) fn tool_calls(&self) -> bool {
        self.tool_calls
    }

    pub(super) fn other_choices(&self) -> bool {
        self.other_choices
    }
}
