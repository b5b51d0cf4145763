//! What an event's data means in `OpenAI`'s dialect: chat completions and completions.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::delivered::Delivered;
use super::meaning::{Meaning, object};
use super::progress::Progress;
use crate::wire::response::{any_filled, filled};
use crate::wire::usage::Usage;

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

/// Reads the data of the next event.
pub(super) fn read(data: &[u8], progress: &mut Progress) -> Result<Meaning, String> {
    if data == b"[DONE]" {
        return Ok(Meaning::Terminal);
    }
    let chunk: Chunk<'_> = object(data)?;
    let is_error = chunk.object.is_some_and(|object| object.get() == "\"error\"");
    if is_error || chunk.error.is_some_and(filled) {
        return Ok(Meaning::Error);
    }
    progress.usage = chunk.usage.and_then(Usage::of_chat).or(progress.usage);
    let mut content = false;
    for choice in chunk.choices.iter().flatten() {
        let index = choice.index.unwrap_or(0);
        progress.choice(index, choice.finished());
        choice.deliver(index, &mut progress.delivered);
        content |= choice.has_content();
    }
    let empty = chunk.choices.as_ref().is_none_or(Vec::is_empty);
    Ok(Meaning::Chunk { content, usage_only: empty && chunk.usage.is_some_and(filled) })
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
