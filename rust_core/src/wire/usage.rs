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
    /// Tokens of the prompt that were written to a cache, for minutes or for as long as nobody says.
    pub cache_write: u64,
    /// Tokens of the prompt that were written to a cache for an hour.
    pub cache_write_1h: u64,
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
        Self::unless_empty(told.prompt_tokens, told.completion_tokens, CacheShare::of(told.prompt_tokens_details))
    }

    pub(super) fn of_responses(raw: &RawValue) -> Option<Self> {
        let told: ResponsesUsage = serde_json::from_str(raw.get()).ok()?;
        Self::unless_empty(told.input_tokens, told.output_tokens, CacheShare::of(told.input_tokens_details))
    }

    /// Thoughts count as part of the answer, and what tools gave the model to read as part of its prompt.
    pub(super) fn of_gemini(raw: &RawValue) -> Option<Self> {
        let told: GeminiUsage = serde_json::from_str(raw.get()).ok()?;
        let prompt = sum([told.prompt, told.tool_use]);
        let completion = sum([told.candidates, told.thoughts]);
        let cache = CacheShare { read: told.cached.unwrap_or_default(), ..CacheShare::default() };
        Self::unless_empty(prompt, completion, cache)
    }

    /// No share of a prompt is larger than what the others leave of it: what it costs is never less than nothing.
    fn unless_empty(prompt: Option<u64>, completion: Option<u64>, cache: CacheShare) -> Option<Self> {
        prompt.or(completion)?;
        let [prompt, completion] = [prompt, completion].map(Option::unwrap_or_default);
        let cached = cache.read.min(prompt);
        let cache_write_1h = cache.written_1h.min(prompt - cached);
        let cache_write = cache.written.min(prompt - cached - cache_write_1h);
        Some(Self { prompt, completion, cached, cache_write, cache_write_1h })
    }
}

/// What a cache had to do with a prompt, as reported; no token is told twice.
#[derive(Clone, Copy, Default)]
struct CacheShare {
    read: u64,
    written: u64,
    written_1h: u64,
}

impl CacheShare {
    fn of(details: Option<PromptDetails>) -> Self {
        details.map_or_else(Self::default, |told| Self {
            read: told.cached_tokens.unwrap_or_default(),
            written: told.cache_write_tokens.unwrap_or_default(),
            written_1h: 0,
        })
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
    cache_write_tokens: Option<u64>,
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
    written: Option<u64>,
    #[serde(rename = "cache_creation")]
    lives: Option<Lives>,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
}

/// What was written to the cache, by how long it is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Lives {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

impl MessagesUsage {
    /// Takes in what is told later: totals, which replace those told before. What is left out still holds.
    pub(super) fn add(&mut self, raw: &RawValue) {
        let Ok(later) = serde_json::from_str::<Self>(raw.get()) else {
            return;
        };
        self.input = later.input.or(self.input);
        self.written = later.written.or(self.written);
        self.lives = later.lives.or(self.lives);
        self.cache_read = later.cache_read.or(self.cache_read);
        self.output = later.output.or(self.output);
    }

    /// What was told so far; `None` if nothing was.
    pub(super) fn sum(&self) -> Option<Usage> {
        let lives = self.lives.unwrap_or_default();
        let written = self.written.or(sum([lives.ephemeral_5m_input_tokens, lives.ephemeral_1h_input_tokens]));
        let prompt = sum([self.input, written, self.cache_read]);
        let [read, written, hour] =
            [self.cache_read, written, lives.ephemeral_1h_input_tokens].map(Option::unwrap_or_default);
        // The sum is what holds: the end of a stream tells it without the lives, and some never tell these.
        let written_1h = hour.min(written);
        Usage::unless_empty(prompt, self.output, CacheShare { read, written: written - written_1h, written_1h })
    }
}

/// The sum of those that were told; `None` if none was. Counts too large to be true stay the largest there is.
fn sum<const N: usize>(counts: [Option<u64>; N]) -> Option<u64> {
    counts.into_iter().flatten().reduce(u64::saturating_add)
}
