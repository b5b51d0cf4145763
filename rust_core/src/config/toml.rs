//! TOML text to the statements it is made of, each key and value with its position.
//!
//! The grammar is `toml_parser`'s, of TOML 1.1. Statements stay in their order and are not put together: which table a
//! dotted key belongs to, and whether a key was there before, is for the reader of the statements to say, who can name
//! both places. A hostile text costs no more than its bounds allow: the parser recurses no deeper than they say.

use std::cell::Cell;

use toml_parser::lexer::TokenKind;
use toml_parser::{ErrorSink, ParseError, Source};

use super::position::{Cursor, Position};
use super::toml_builder::Builder;

/// How much a text may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Arrays and inline tables within each other, and keys in one dotted key.
    pub depth: usize,
    /// Keys and values, the tables that dotted keys name included.
    pub nodes: usize,
}

impl Bounds {
    /// Words, signs, comments and line breaks. A key or a value with what stands around it is some three of them.
    fn tokens(self) -> usize {
        self.nodes.saturating_mul(8).saturating_add(64)
    }
}

/// One line of a text, or several where a value goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `[a.b]`
    Table(Header),
    /// `[[a.b]]`
    ArrayOfTables(Header),
    /// `a.b = 1`
    Pair(Pair),
}

/// What stands in brackets over the pairs of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where its bracket opens.
    pub at: Position,
    /// Its dotted key.
    pub keys: Vec<Key>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Its dotted key.
    pub keys: Vec<Key>,
    /// Its value.
    pub value: Value,
}

/// One part of a dotted key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where it starts, its quote included.
    pub at: Position,
    /// What it says, without quotes and escapes.
    pub text: String,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Where it starts.
    pub at: Position,
    /// What it says.
    pub content: Content,
}

/// What a value says.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// `true`, `false`
    Boolean(bool),
    /// A whole number of 64 bits with a sign.
    Integer(i64),
    /// A number, `inf` and `nan` included.
    Float(f64),
    /// A text in any of its four quotes.
    Text(String),
    /// Something that begins like a date or a time; whether the calendar has it is not looked at.
    Moment,
    /// `[1, 2]`
    Array(Vec<Value>),
    /// `{a = 1, b.c = 2}`
    Table(Vec<Pair>),
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: Position,
    /// What is wrong there.
    pub kind: ProblemKind,
}

/// What is wrong in a text. It never repeats the text, which may hold a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is not TOML, for this reason.
    Syntax(String),
    /// More levels than [`Bounds::depth`].
    Depth,
    /// More keys and values than [`Bounds::nodes`].
    Nodes,
    /// More words, signs, comments and line breaks than that many keys and values need.
    Tokens,
}

/// Most problems that are told of one text.
const MOST_PROBLEMS: usize = 100;

/// Reads a text.
///
/// # Errors
/// What is wrong with it, in order: the first fault of each line, up to one within brackets, behind which nothing is sure.
pub fn read_toml(text: &str, bounds: Bounds) -> Result<Vec<Statement>, Vec<Problem>> {
    let source = Source::new(text);
    let tokens: Vec<_> = source.lex().take(bounds.tokens()).collect();
    let progress = Progress::default();
    let mut faults = Faults { progress: &progress, found: Vec::new() };
    let mut builder = Builder::new(source, bounds, &progress);
    toml_parser::parser::parse_document(&tokens, &mut builder, &mut faults);
    let (statements, exceeded) = builder.finish();
    let cut = tokens.last().filter(|last| last.kind() != TokenKind::Eof);
    let cut = cut.map(|last| (last.span().start(), ProblemKind::Tokens));
    let problems = match exceeded.or(cut) {
        Some(bound) => vec![bound], // what the parser missed behind it follows from it
        None => faults.found,
    };
    if problems.is_empty() { Ok(statements) } else { Err(first_of_each_line(text, problems)) }
}

/// What parser and builder must know of each other.
#[derive(Default)]
pub(super) struct Progress {
    /// Whether there was a fault.
    pub(super) broken: Cell<bool>,
    /// Whether an array or an inline table is open; after a fault, whether one was then.
    pub(super) within_brackets: Cell<bool>,
}

/// Takes the parser's faults.
struct Faults<'p> {
    progress: &'p Progress,
    found: Vec<(usize, ProblemKind)>,
}

impl ErrorSink for Faults<'_> {
    fn report_error(&mut self, error: ParseError) {
        let lost = self.progress.broken.replace(true) && self.progress.within_brackets.get();
        if !lost && self.found.len() < MOST_PROBLEMS {
            self.found.push((offset_of(&error), ProblemKind::Syntax(error.description().to_owned())));
        }
    }
}

/// Where a fault stands: at what was not expected; for what is never closed, where it opens.
fn offset_of(error: &ParseError) -> usize {
    let (context, unexpected) = (error.context(), error.unexpected());
    let place =
        if error.description().starts_with("unclosed") { context.or(unexpected) } else { unexpected.or(context) };
    place.map_or(0, |span| span.start())
}

fn first_of_each_line(text: &str, mut problems: Vec<(usize, ProblemKind)>) -> Vec<Problem> {
    problems.sort_by_key(|(offset, _)| *offset);
    let mut cursor = Cursor::new(text);
    let placed = problems.into_iter().map(|(offset, kind)| Problem { at: cursor.at(offset), kind });
    let mut told: Vec<_> = placed.collect();
    told.dedup_by_key(|problem| problem.at.line);
    told
}
