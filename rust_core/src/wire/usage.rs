//! The token counts that a provider reports, in each dialect's words.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dialect::Dialect;

/// What an answer cost, in tokens, as reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, those read from a cache included.
    pub prompt: u64,
    /// Tokens of the answer, those of its reasoning included.
    pub completion: u64,
    /// Tokens of the prompt that were read from a cache.
    pub cached: u64,
}

impl Usage {
    /// Reads a whole answer's usage. One in an unknown shape is no usage: it is not worth failing an answer for.
    pub(super) fn read(dialect: Dialect, raw: &RawValue) -> Option<Self> {
        match dialect {
            Dialect::OpenAi => Self::of_chat(raw),
            Dialect::Responses => Self::of_responses(raw),
            Dialect::Anthropic => {
                let mut told = MessagesUsage::default();
                told.add(raw);
                told.sum()
            }
            Dialect::Gemini => Self::of_gemini(raw),
        }
    }

    pub(super) fn of_chat(raw: &RawValue) -> Option<Self> {
        let told: ChatUsage = serde_json::from_str(raw.get()).ok()?;
        let cached = told.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Self::unless_empty(told.prompt_tokens, told.completion_tokens, cached)
    }

    pub(super) fn of_responses(raw: &RawValue) -> Option<Self> {
        let told: ResponsesUsage = serde_json::from_str(raw.get()).ok()?;
        let cached = told.input_tokens_details.and_then(|details| details.cached_tokens);
        Self::unless_empty(told.input_tokens, told.output_tokens, cached)
    }

    /// Thoughts count as part of the answer, and what tools gave the model to read as part of its prompt.
    pub(super) fn of_gemini(raw: &RawValue) -> Option<Self> {
        let told: GeminiUsage = serde_json::from_str(raw.get()).ok()?;
        let prompt = sum([told.prompt, told.tool_use]);
        let completion = sum([told.candidates, told.thoughts]);
        Self::unless_empty(prompt, completion, told.cached)
    }

    fn unless_empty(prompt: Option<u64>, completion: Option<u64>, cached: Option<u64>) -> Option<Self> {
        prompt.or(completion)?;
        let [prompt, completion, cached] = [prompt, completion, cached].map(Option::unwrap_or_default);
        Some(Self { prompt, completion, cached })
    }
}

#[derive(Deserialize)]
struct ChatUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct ResponsesUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct GeminiUsage {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u64>,
    #[serde(rename = "toolUsePromptTokenCount")]
    tool_use: Option<u64>,
    #[serde(rename = "candidatesTokenCount")]
    candidates: Option<u64>,
    #[serde(rename = "thoughtsTokenCount")]
    thoughts: Option<u64>,
    #[serde(rename = "cachedContentTokenCount")]
    cached: Option<u64>,
}

/// Usage as the messages API tells it: the input is what no cache had a part in, and a stream tells its counts bit by bit.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct MessagesUsage {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_creation: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
}

impl MessagesUsage {
    /// Takes in what is told later: totals, which replace those told before. What is left out still holds.
    pub(super) fn add(&mut self, raw: &RawValue) {
        let Ok(later) = serde_json::from_str::<Self>(raw.get()) else {
            return;
        };
        self.input = later.input.or(self.input);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.cache_read = later.cache_read.or(self.cache_read);
        self.output = later.output.or(self.output);
    }

    /// What was told so far; `None` if nothing was.
    pub(super) fn sum(&self) -> Option<Usage> {
        let prompt = sum([self.input, self.cache_creation, self.cache_read]);
        Usage::unless_empty(prompt, self.output, self.cache_read)
    }
}

/// The sum of those that were told; `None` if none was. Counts too large to be true stay the largest there is.
fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts.into_iter().flatten().reduce(u64::saturating_add)
}
