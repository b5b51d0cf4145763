//! The dialects that requests and answers are written in.

use crate::limiters::{UnknownName, by_name};

/// Whose API a client or a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `OpenAI`'s chat completions, completions and embeddings.
    OpenAi,
    /// `OpenAI`'s responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Google's `generateContent` and its kin.
    Gemini,
}

const DIALECTS: &[(&str, Dialect)] = &[
    ("openai", Dialect::OpenAi),
    ("responses", Dialect::Responses),
    ("anthropic", Dialect::Anthropic),
    ("gemini", Dialect::Gemini),
];

impl Dialect {
    /// The dialect of this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those there are.
    pub fn by_name(name: &str) -> Result<Self, UnknownName> {
        by_name("dialect", DIALECTS, name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        DIALECTS.iter().find(|(_, dialect)| *dialect == self).map_or("", |(name, _)| name)
    }
}
