//! What an event's data means in Anthropic's dialect: messages.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::meaning::{Meaning, object, part};
use super::progress::Progress;
use crate::wire::response::filled;
use crate::wire::usage::MessagesUsage;

/// What must be known of the events before one to read it.
#[derive(Debug, Default)]
pub(super) struct Messages {
    started: bool,
    /// Blocks from here on have not begun.
    blocks: u64,
    usage: MessagesUsage,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    index: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// The beginning of a block, or what is added to one.
#[derive(Default, Deserialize)]
struct Piece<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    partial_json: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Ending<'a> {
    #[serde(borrow)]
    stop_reason: Option<&'a RawValue>,
}

impl Messages {
    /// Reads the data of the next event.
    pub(super) fn read(&mut self, data: &[u8], progress: &mut Progress) -> Result<Meaning, String> {
        let event: Event<'_> = object(data)?;
        let kind = event.kind.map_or("", RawValue::get);
        if kind == "\"error\"" || (kind.is_empty() && event.error.is_some_and(filled)) {
            return Ok(Meaning::Error);
        }
        match kind {
            "\"message_start\"" => self.start(&event, progress),
            "\"content_block_start\""
            | "\"content_block_delta\""
            | "\"content_block_stop\""
            | "\"message_delta\""
            | "\"message_stop\""
                if !self.started =>
            {
                Err(format!("an event's data is a {kind} before any \"message_start\""))
            }
            "\"content_block_start\"" => {
                self.blocks = self.blocks.max(event.index().saturating_add(1));
                Ok(Meaning::chunk(begin_block(&read_part(event.content_block)?, progress)))
            }
            "\"content_block_delta\"" if event.index() >= self.blocks => {
                Err(format!("an event's data is a {kind} of a block that has not begun"))
            }
            "\"content_block_delta\"" => Ok(Meaning::chunk(continue_block(&read_part(event.delta)?, progress))),
            "\"message_delta\"" => self.near_end(&event, progress),
            "\"message_stop\"" => Ok(Meaning::Terminal),
            _ => Ok(Meaning::chunk(false)),
        }
    }

    fn start(&mut self, event: &Event<'_>, progress: &mut Progress) -> Result<Meaning, String> {
        self.started = true;
        progress.choice(0, false);
        let message: Option<Message<'_>> = event.message.map(|message| part(message.get())).transpose()?;
        self.note(message.and_then(|message| message.usage), progress);
        Ok(Meaning::chunk(false))
    }

    fn near_end(&mut self, event: &Event<'_>, progress: &mut Progress) -> Result<Meaning, String> {
        self.note(event.usage, progress);
        let ending: Ending<'_> = read_part(event.delta)?;
        let finished = ending.stop_reason.is_some_and(filled);
        progress.choice(0, finished);
        Ok(Meaning::chunk(finished))
    }

    fn note(&mut self, usage: Option<&RawValue>, progress: &mut Progress) {
        if let Some(usage) = usage {
            self.usage.add(usage);
            progress.usage = self.usage.sum();
        }
    }
}

impl Event<'_> {
    fn index(&self) -> u64 {
        self.index.and_then(|index| index.get().parse().ok()).unwrap_or(0)
    }
}

/// A member that is left out, or null, is one without members.
fn read_part<'a, T: Default + Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<T, String> {
    raw.map_or_else(|| Ok(T::default()), |raw| part(raw.get()))
}

/// Notes a block that begins, and whether it holds anything. Thinking is content, but none that an answer is gone on from. What tools of the provider's own do is of no kind known here.
fn begin_block(block: &Piece<'_>, progress: &mut Progress) -> bool {
    match block.kind.map_or("", RawValue::get) {
        "\"text\"" => text(block, progress),
        "\"thinking\"" => block.thinking.is_some_and(filled),
        "\"redacted_thinking\"" => true,
        "\"tool_use\"" => {
            progress.delivered.tool_call();
            true
        }
        _ => other_content(progress),
    }
}

/// Notes what is added to a block, and whether that is anything.
fn continue_block(delta: &Piece<'_>, progress: &mut Progress) -> bool {
    match delta.kind.map_or("", RawValue::get) {
        "\"text_delta\"" => text(delta, progress),
        "\"thinking_delta\"" => delta.thinking.is_some_and(filled),
        "\"input_json_delta\"" => delta.partial_json.is_some_and(filled),
        // Only the sign that the thinking is the model's own.
        "\"signature_delta\"" => false,
        // Only where the text is from.
        "\"citations_delta\"" => true,
        _ => other_content(progress),
    }
}

fn text(piece: &Piece<'_>, progress: &mut Progress) -> bool {
    piece.text.inspect(|text| progress.delivered.content(text)).is_some_and(filled)
}

fn other_content(progress: &mut Progress) -> bool {
    progress.delivered.other_content();
    true
}
