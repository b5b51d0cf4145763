//! What an event's data means in Gemini's dialect: each is an answer of its own, and the stream has no last event.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::meaning::{Meaning, object};
use super::progress::Progress;
use crate::wire::response::filled;
use crate::wire::usage::Usage;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow)]
    prompt_feedback: Option<PromptFeedback<'a>>,
    #[serde(borrow)]
    usage_metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    index: Option<i64>,
    #[serde(borrow)]
    content: Option<Content<'a>>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    thought: Option<&'a RawValue>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback<'a> {
    #[serde(borrow)]
    block_reason: Option<&'a RawValue>,
}

/// The data of an event that is JSON as it stands: so errors come in the middle of a stream.
pub(super) fn bare_data(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let event = event.trim_ascii();
    event.starts_with(b"{").then_some(Cow::Borrowed(event))
}

/// Reads the data of the next event.
pub(super) fn read(data: &[u8], progress: &mut Progress) -> Result<Meaning, String> {
    let chunk: Chunk<'_> = object(data)?;
    if chunk.error.is_some_and(filled) {
        return Ok(Meaning::Error);
    }
    progress.usage = chunk.usage_metadata.and_then(Usage::of_gemini).or(progress.usage);
    let mut content = false;
    for candidate in chunk.candidates.iter().flatten() {
        content |= candidate.note(progress);
    }
    // A prompt that is refused has no candidates, and that is the whole answer.
    if chunk.prompt_feedback.and_then(|feedback| feedback.block_reason).is_some_and(filled) {
        progress.choice(0, true);
        content = true;
    }
    Ok(Meaning::chunk(content))
}

impl Candidate<'_> {
    /// Notes what it adds to the answer, and whether that is anything.
    fn note(&self, progress: &mut Progress) -> bool {
        let index = self.index.unwrap_or(0);
        let finished = self.finish_reason.is_some_and(filled);
        progress.choice(index, finished);
        let parts = self.content.as_ref().and_then(|content| content.parts.as_ref());
        parts.into_iter().flatten().fold(finished, |content, part| part.note(index, progress) || content)
    }
}

impl Part<'_> {
    fn note(&self, index: i64, progress: &mut Progress) -> bool {
        if self.function_call.is_some() {
            progress.delivered.tool_call();
            return true;
        }
        // Thoughts are content, but none that an answer is gone on from.
        let thought = self.thought.is_some_and(filled);
        match self.text {
            Some(text) if index == 0 && !thought => progress.delivered.content(text),
            None if index == 0 && !thought => progress.delivered.other_content(),
            _ => {}
        }
        self.text.map_or(!thought, filled)
    }
}
