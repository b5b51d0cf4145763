//! What an event's data means in `OpenAI`'s dialect: chat completions and completions.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::delivered::Delivered;
use crate::wire::response::filled;
use crate::wire::usage::Usage;

/// What one event turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// `[DONE]`.
    Terminal,
    /// The provider tells of an error.
    Error,
    /// Not an event of this dialect.
    Malformed(String),
    /// A chunk of the answer; whether it holds anything of it.
    Chunk {
        /// Something of the answer itself, or its end.
        content: bool,
        /// Nothing but what the answer cost.
        usage_only: bool,
    },
}

/// What the chunks so far add up to.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// By index: whether the choice has its finish reason.
    choices: BTreeMap<i64, bool>,
    unfinished: usize,
    pub(super) usage: Option<Usage>,
    pub(super) delivered: Delivered,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: Option<i64>,
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    audio: Option<&'a RawValue>,
}

impl Progress {
    /// The beginning of a stream; whether the text that is delivered is to be kept.
    pub(super) fn new(keep_text: bool) -> Self {
        Self { delivered: Delivered::new(keep_text), ..Self::default() }
    }

    /// Reads the data of the next event.
    pub(super) fn read(&mut self, data: &[u8]) -> Meaning {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            return Meaning::Terminal;
        }
        // A struct would also be read from an array.
        if data.starts_with(b"[") {
            return Meaning::Malformed("an event's data is not a JSON object but an array".to_owned());
        }
        let Ok(text) = std::str::from_utf8(data) else {
            return Meaning::Malformed("an event's data is not valid UTF-8".to_owned());
        };
        match serde_json::from_str::<Chunk<'_>>(text) {
            Ok(chunk) => self.follow(&chunk),
            Err(error) if error.is_data() => Meaning::Malformed(format!("an event's data is not a chunk: {error}")),
            Err(error) => Meaning::Malformed(format!("an event's data is not valid JSON: {error}")),
        }
    }

    /// Whether every choice seen, at least one, has had its finish reason.
    pub(super) fn finished(&self) -> bool {
        !self.choices.is_empty() && self.unfinished == 0
    }

    /// How many choices have been seen.
    pub(super) fn choices(&self) -> usize {
        self.choices.len()
    }

    fn follow(&mut self, chunk: &Chunk<'_>) -> Meaning {
        let is_error = chunk.object.is_some_and(|object| object.get() == "\"error\"");
        if is_error || chunk.error.is_some_and(filled) {
            return Meaning::Error;
        }
        self.usage = chunk.usage.and_then(Usage::read).or(self.usage);
        let mut content = false;
        for choice in chunk.choices.iter().flatten() {
            let index = choice.index.unwrap_or(0);
            self.note(index, choice.finished());
            choice.deliver(index, &mut self.delivered);
            content |= choice.has_content();
        }
        let empty = chunk.choices.as_ref().is_none_or(Vec::is_empty);
        Meaning::Chunk { content, usage_only: empty && chunk.usage.is_some_and(filled) }
    }

    fn note(&mut self, index: i64, finished: bool) {
        let known = self.choices.entry(index).or_insert_with(|| {
            self.unfinished += 1;
            false
        });
        if finished && !*known {
            *known = true;
            self.unfinished -= 1;
        }
    }
}

impl Choice<'_> {
    /// Some servers write an empty reason where others write none.
    fn finished(&self) -> bool {
        self.finish_reason.is_some_and(filled)
    }

    fn has_content(&self) -> bool {
        let in_delta = self.delta.as_ref().is_some_and(Delta::has_content);
        self.finished() || self.text.is_some_and(filled) || in_delta
    }

    /// Notes what it adds to what is delivered.
    fn deliver(&self, index: i64, delivered: &mut Delivered) {
        delivered.choice(index);
        let delta = self.delta.as_ref();
        if delta.is_some_and(Delta::calls_tools) {
            delivered.tool_call();
        }
        if index == 0 {
            let text = self.text.into_iter().chain(delta.and_then(|delta| delta.content));
            text.for_each(|text| delivered.content(text));
            if delta.is_some_and(Delta::has_other_content) {
                delivered.other_content();
            }
        }
    }
}

impl Delta<'_> {
    fn has_content(&self) -> bool {
        let text = [self.content, self.reasoning_content, self.reasoning];
        any_filled(text) || self.calls_tools() || self.has_other_content()
    }

    fn calls_tools(&self) -> bool {
        any_filled([self.tool_calls, self.function_call])
    }

    /// Content that is no text.
    fn has_other_content(&self) -> bool {
        any_filled([self.refusal, self.audio])
    }
}

fn any_filled<const N: usize>(members: [Option<&RawValue>; N]) -> bool {
    members.into_iter().flatten().any(filled)
}
