//! What is said before a conversation and after it: the system's prompt, and the beginning of the answer.

use super::Envelope;
use super::edits::{Added, Edits, is_empty, quoted, set};
use super::rewrite::RewriteError;
use crate::wire::dialect::Dialect;

/// How Gemini's prompt of the system may be spelled.
const SYSTEM_INSTRUCTION: [&str; 2] = ["systemInstruction", "system_instruction"];

impl Envelope {
    /// A prompt of the system, where there is none. Returns whether it has become the first message.
    pub(super) fn add_system(&self, body: &[u8], text: &str, edits: &mut Edits, added: &mut Added) -> bool {
        if self.content.has_system() {
            return false;
        }
        let (spellings, json) = match self.dialect {
            Dialect::OpenAi => return self.add_system_message(body, text, edits),
            Dialect::Responses => (["instructions"; 2], quoted(text)),
            Dialect::Anthropic => (["system"; 2], quoted(text)),
            Dialect::Gemini => (SYSTEM_INSTRUCTION, format!(r#"{{"parts":[{{"text":{}}}]}}"#, quoted(text))),
        };
        let [name, _] = spellings;
        set(self.members.spelled(&spellings), name, json.as_bytes(), edits, added);
        false
    }

    fn add_system_message(&self, body: &[u8], text: &str, edits: &mut Edits) -> bool {
        let Some(messages) = self.members.get("messages").filter(|messages| is_array(body, messages.value.start))
        else {
            return false;
        };
        edits.insert_first(body, &messages.value, format!(r#"{{"role":"system","content":{}}}"#, quoted(text)));
        true
    }

    /// A last message, with what the answer is to begin with. `follows`: a message is put before those there are.
    pub(super) fn add_prefill(
        &self,
        body: &[u8],
        text: &str,
        follows: bool,
        edits: &mut Edits,
    ) -> Result<(), RewriteError> {
        let text = quoted(text);
        let (name, message) = match self.dialect {
            Dialect::OpenAi | Dialect::Anthropic => ("messages", format!(r#"{{"role":"assistant","content":{text}}}"#)),
            Dialect::Gemini => ("contents", format!(r#"{{"role":"model","parts":[{{"text":{text}}}]}}"#)),
            Dialect::Responses => return Err(RewriteError::NoPrefill),
        };
        let messages = self.members.get(name).map(|messages| &messages.value);
        if let Some(place) = messages.filter(|place| is_array(body, place.start)) {
            let comma = if is_empty(body, place) && !follows { "" } else { "," };
            edits.insert(place.end.saturating_sub(1), format!("{comma}{message}"));
        }
        Ok(())
    }
}

fn is_array(body: &[u8], at: usize) -> bool {
    body.get(at) == Some(&b'[')
}
