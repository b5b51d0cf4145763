//! What the names in a request mean, dialect by dialect.

use crate::wire::dialect::Dialect;

/// A dialect's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vocabulary(pub(super) Dialect);

/// What a value is, by the nearest name above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing that a model reads: identifiers, the data of images, of sounds and of files, what is not known.
    Other,
    /// Text.
    Text,
    /// Text, or tokens as numbers.
    Prompt,
    /// Text, or the parts of a message.
    Parts,
    /// Text with all that is within it, names included: definitions and arguments of tools.
    Whole,
    /// Messages whose turns are told.
    Turns,
    /// Whose turn a message is.
    Role,
    /// What sort of message or part it is.
    Sort,
    /// Where a part has its data from.
    Source,
    /// What sort of source it is.
    SourceSort,
    /// A source's data: text or not, by the sort of it.
    Data,
    /// Data of some media type.
    Blob,
    /// Which media type.
    MediaType,
    /// A call of a tool, or what it gave.
    Call,
}

/// Whose turn a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// The user's, or not known.
    #[default]
    Other,
    /// The system's or the developer's.
    System,
    /// A model's or a tool's.
    Answer,
}

/// The most sections that a dialect has.
pub(super) const SECTIONS_AT_MOST: usize = 8;

/// The members of a body that its model reads, and what stands right within them.
type Sections = &'static [(&'static str, Mark)];

const OPENAI: Sections = &[
    ("messages", Mark::Other),
    ("tools", Mark::Whole),
    ("functions", Mark::Whole),
    ("system", Mark::Text),
    ("instructions", Mark::Text),
    ("prompt", Mark::Prompt),
    ("input", Mark::Prompt),
];

const RESPONSES: Sections = &[("instructions", Mark::Text), ("input", Mark::Text), ("tools", Mark::Whole)];

const ANTHROPIC: Sections = &[("messages", Mark::Other), ("system", Mark::Text), ("tools", Mark::Whole)];

const GEMINI: Sections = &[
    ("contents", Mark::Turns),
    ("systemInstruction", Mark::Other),
    ("system_instruction", Mark::Other),
    ("tools", Mark::Whole),
    // Of embeddings, one and many, and of counting tokens.
    ("content", Mark::Other),
    ("requests", Mark::Other),
    ("generateContentRequest", Mark::Other),
    ("generate_content_request", Mark::Other),
];

/// Where messages stand, and their parts: in an array of objects, and in an array within each.
const MESSAGE: usize = 2;
const PART: usize = 4;

impl Vocabulary {
    pub(super) fn sections(self) -> Sections {
        match self.0 {
            Dialect::OpenAi => OPENAI,
            Dialect::Responses => RESPONSES,
            Dialect::Anthropic => ANTHROPIC,
            Dialect::Gemini => GEMINI,
        }
    }

    /// What the value of this name is, in an object at this depth and under `above`.
    pub(super) fn mark(self, depth: usize, above: Mark, name: &str) -> Mark {
        match self.0 {
            Dialect::OpenAi => openai(depth, above, name),
            Dialect::Responses => responses(depth, above, name),
            Dialect::Anthropic => anthropic(depth, above, name),
            Dialect::Gemini => gemini(above, name),
        }
    }

    /// Whose turn a message of this role is.
    pub(super) fn role(self, name: &str) -> Role {
        match (self.0, name) {
            (Dialect::Gemini, "model" | "function") => Role::Answer,
            (Dialect::Gemini, _) => Role::Other, // its system speaks outside of the messages
            (_, "system" | "developer") => Role::System,
            (_, "assistant" | "tool" | "function") => Role::Answer,
            _ => Role::Other,
        }
    }

    /// Whether a part of this sort is an image.
    pub(super) fn is_image(self, sort: &str) -> bool {
        matches!(sort, "image_url" | "image" | "input_image")
            || (self.0 == Dialect::Responses && sort == "computer_screenshot")
    }

    /// Whether a message or part of this sort comes from an earlier answer, or follows from one.
    pub(super) fn is_answer(self, sort: &str) -> bool {
        match self.0 {
            Dialect::OpenAi | Dialect::Gemini => false,
            Dialect::Anthropic => sort == "tool_result",
            Dialect::Responses => {
                sort.ends_with("_call")
                    || sort.ends_with("_call_output")
                    || matches!(sort, "reasoning" | "item_reference" | "compaction" | "mcp_approval_response")
            }
        }
    }
}

fn openai(depth: usize, above: Mark, name: &str) -> Mark {
    match (depth, name) {
        (MESSAGE, "role") => Mark::Role,
        (MESSAGE, "content") => Mark::Parts,
        (PART, "type") if above == Mark::Parts => Mark::Sort,
        (_, "arguments" | "input") => Mark::Whole,
        (_, "content" | "text" | "name" | "refusal" | "reasoning" | "reasoning_content" | "thinking") => Mark::Text,
        _ => Mark::Other,
    }
}

fn responses(depth: usize, above: Mark, name: &str) -> Mark {
    match (depth, name) {
        (MESSAGE, "role") => Mark::Role,
        (MESSAGE, "type") => Mark::Sort,
        (MESSAGE, "content" | "output") => Mark::Parts,
        (_, "type") if above == Mark::Parts => Mark::Sort,
        (_, "arguments" | "input" | "action") => Mark::Whole,
        (_, "content" | "text" | "name" | "refusal" | "code") => Mark::Text,
        _ => Mark::Other,
    }
}

fn anthropic(depth: usize, above: Mark, name: &str) -> Mark {
    match (above, name) {
        (Mark::Source, "type") => Mark::SourceSort,
        (Mark::Source, "data") => Mark::Data,
        (Mark::Parts, "source") => Mark::Source,
        (Mark::Parts, "type") => Mark::Sort,
        (Mark::Parts | Mark::Source, "content") => Mark::Parts, // a tool's result, and a document, have parts of their own
        (_, "role") if depth == MESSAGE => Mark::Role,
        (_, "content") if depth == MESSAGE => Mark::Parts,
        (_, "input") => Mark::Whole,
        (_, "content" | "text" | "name" | "thinking" | "title" | "context") => Mark::Text,
        _ => Mark::Other,
    }
}

fn gemini(above: Mark, name: &str) -> Mark {
    match (above, name) {
        (Mark::Blob, "mimeType" | "mime_type") => Mark::MediaType,
        (Mark::Parts, "inlineData" | "inline_data" | "fileData" | "file_data") => Mark::Blob,
        (Mark::Parts, "functionCall" | "function_call" | "functionResponse" | "function_response") => Mark::Call,
        (Mark::Turns, "role") => Mark::Role,
        (_, "parts") => Mark::Parts,
        (_, "contents") => Mark::Turns, // of a request within the request, as are tools
        (Mark::Call, "args" | "response") | (_, "tools") => Mark::Whole,
        (_, "text" | "name" | "code" | "output" | "title") => Mark::Text,
        _ => Mark::Other,
    }
}
