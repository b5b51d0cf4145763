//! What an event's data means in the dialect of `OpenAI`'s responses.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::meaning::{Meaning, object, part};
use super::progress::Progress;
use crate::wire::response::filled;
use crate::wire::usage::Usage;

/// What must be known of the events before one to read it.
#[derive(Debug, Default)]
pub(super) struct Responses {
    sequence_number: Option<u64>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    sequence_number: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

impl Responses {
    /// The number of the last event that had one.
    pub(super) fn sequence_number(&self) -> Option<u64> {
        self.sequence_number
    }

    /// Reads the data of the next event.
    pub(super) fn read(&mut self, data: &[u8], progress: &mut Progress) -> Result<Meaning, String> {
        let event: Event<'_> = object(data)?;
        // Whatever an event is called, clients take it for an error if it has one.
        if event.error.is_some_and(filled) {
            return Ok(Meaning::Error);
        }
        let meaning = match event.kind.map_or("", RawValue::get) {
            "\"error\"" => Meaning::Error,
            "\"response.failed\"" => {
                note_usage(&event, progress)?;
                Meaning::Error
            }
            "\"response.completed\"" | "\"response.incomplete\"" => {
                note_usage(&event, progress)?;
                progress.choice(0, true);
                Meaning::Terminal
            }
            "\"response.output_item.added\"" => Meaning::chunk(note_item(&event, progress)?),
            "\"response.output_item.done\"" => {
                note_item(&event, progress)?;
                Meaning::chunk(true)
            }
            "\"response.image_generation_call.partial_image\"" => Meaning::chunk(true),
            kind if kind.starts_with("\"response.") => {
                progress.choice(0, false);
                Meaning::chunk(kind.ends_with(".delta\"") && event.delta.is_some_and(filled))
            }
            _ => Meaning::chunk(false),
        };
        // Its items have ids and its events numbers: text alone is not enough to go on from.
        if meaning == Meaning::chunk(true) {
            progress.delivered.other_content();
        }
        let number = event.sequence_number.and_then(|number| number.get().parse().ok());
        self.sequence_number = number.or(self.sequence_number);
        Ok(meaning)
    }
}

fn note_usage(event: &Event<'_>, progress: &mut Progress) -> Result<(), String> {
    let response: Option<Response<'_>> = event.response.map(|response| part(response.get())).transpose()?;
    let usage = response.and_then(|response| response.usage);
    progress.usage = usage.and_then(Usage::of_responses).or(progress.usage);
    Ok(())
}

/// Notes an item of the output. Whether it says something by being there: messages and reasoning begin empty.
fn note_item(event: &Event<'_>, progress: &mut Progress) -> Result<bool, String> {
    progress.choice(0, false);
    let item: Option<Item<'_>> = event.item.map(|item| part(item.get())).transpose()?;
    let kind = item.and_then(|item| item.kind).map_or("", RawValue::get);
    if kind.ends_with("_call\"") {
        progress.delivered.tool_call();
    }
    Ok(!matches!(kind, "" | "\"message\"" | "\"reasoning\""))
}
