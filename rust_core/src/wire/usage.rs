//! The token counts that a provider reports.

use serde::Deserialize;
use serde_json::value::RawValue;

/// What an answer cost, in tokens, as reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, those read from a cache included.
    pub prompt: u64,
    /// Tokens of the answer.
    pub completion: u64,
    /// Tokens of the prompt that were read from a cache.
    pub cached: u64,
}

#[derive(Deserialize)]
struct Reported {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl Usage {
    /// Reads a `usage` member. A usage in an unknown shape is no usage: it is not worth failing an answer for.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let reported: Reported = serde_json::from_str(raw.get()).ok()?;
        if reported.prompt_tokens.is_none() && reported.completion_tokens.is_none() {
            return None;
        }
        let cached = reported.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Some(Self {
            prompt: reported.prompt_tokens.unwrap_or(0),
            completion: reported.completion_tokens.unwrap_or(0),
            cached: cached.unwrap_or(0),
        })
    }
}
