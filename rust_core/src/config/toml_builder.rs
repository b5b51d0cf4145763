//! The parser's events, put together to statements.

use std::mem;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::EventReceiver;
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use super::position::{Cursor, Position};
use super::toml::{Bounds, Content, Header, Key, Pair, ProblemKind, Progress, Statement, Value};

/// An array or an inline table that is not closed yet, with the keys that its value is for.
struct Open {
    at: Position,
    keys: Vec<Key>,
    content: Content,
}

/// Takes the events of a text without a fault; from the first fault on it builds nothing more.
///
/// After a fault the parser's events need not match each other, so a count of what is open would say nothing: nothing
/// more is entered then, which keeps the parser's recursion bounded.
pub(super) struct Builder<'t, 'p> {
    source: Source<'t>,
    cursor: Cursor<'t>,
    bounds: Bounds,
    nodes: usize,
    progress: &'p Progress,
    exceeded: Option<(usize, ProblemKind)>,
    statements: Vec<Statement>,
    header: Option<Position>,
    keys: Vec<Key>,
    open: Vec<Open>,
}

impl<'t, 'p> Builder<'t, 'p> {
    pub(super) fn new(source: Source<'t>, bounds: Bounds, progress: &'p Progress) -> Self {
        Self {
            source,
            cursor: Cursor::new(source.input()),
            bounds,
            nodes: 0,
            progress,
            exceeded: None,
            statements: Vec::new(),
            header: None,
            keys: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The statements, and where a bound was passed, if one was.
    pub(super) fn finish(self) -> (Vec<Statement>, Option<(usize, ProblemKind)>) {
        (self.statements, self.exceeded)
    }

    /// The position of one more key or value; None from the first fault on.
    fn node(&mut self, span: Span) -> Option<Position> {
        self.nodes += 1;
        if self.nodes > self.bounds.nodes {
            self.exceed(span, ProblemKind::Nodes);
        }
        (!self.progress.broken.get()).then(|| self.cursor.at(span.start()))
    }

    fn exceed(&mut self, span: Span, kind: ProblemKind) {
        if !self.progress.broken.replace(true) {
            self.exceeded = Some((span.start(), kind));
        }
    }

    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Option<Raw<'t>> {
        self.source.get(span).map(|raw| Raw::new_unchecked(raw.as_str(), encoding, span))
    }

    fn begin(&mut self, span: Span, content: Content) -> bool {
        if self.open.len() >= self.bounds.depth {
            self.exceed(span, ProblemKind::Depth);
        }
        let Some(at) = self.node(span) else { return false };
        self.open.push(Open { at, keys: mem::take(&mut self.keys), content });
        self.progress.within_brackets.set(true);
        true
    }

    fn end(&mut self) {
        if self.progress.broken.get() {
            return;
        }
        if let Some(Open { at, keys, content }) = self.open.pop() {
            self.progress.within_brackets.set(!self.open.is_empty());
            self.keys = keys;
            self.put(Value { at, content });
        }
    }

    fn put(&mut self, value: Value) {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::Array(items)) => items.push(value),
            Some(Content::Table(pairs)) => pairs.push(Pair { keys: mem::take(&mut self.keys), value }),
            _ => self.statements.push(Statement::Pair(Pair { keys: mem::take(&mut self.keys), value })),
        }
    }

    fn end_header(&mut self, statement: fn(Header) -> Statement) {
        if self.progress.broken.get() {
            return;
        }
        if let Some(at) = self.header.take() {
            self.statements.push(statement(Header { at, keys: mem::take(&mut self.keys) }));
        }
    }
}

impl EventReceiver for Builder<'_, '_> {
    fn std_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.header = self.node(span);
    }

    fn std_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.end_header(Statement::Table);
    }

    fn array_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        self.header = self.node(span);
    }

    fn array_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.end_header(Statement::ArrayOfTables);
    }

    fn inline_table_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.begin(span, Content::Table(Vec::new()))
    }

    fn inline_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.end();
    }

    fn array_open(&mut self, span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.begin(span, Content::Array(Vec::new()))
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.end();
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut text = String::new();
        match self.raw(span, encoding) {
            Some(raw) if encoding.is_some() || !raw.is_empty() => raw.decode_key(&mut text, error),
            _ => error.report_error(ParseError::new("missing key").with_unexpected(span)),
        }
        if self.keys.len() >= self.bounds.depth {
            self.exceed(span, ProblemKind::Depth);
        }
        self.nodes += usize::from(!self.keys.is_empty()); // the table that the key before stands for
        if let Some(at) = self.node(span) {
            self.keys.push(Key { at, text });
        }
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.raw(span, encoding) else { return };
        if let Some(fault) = plain_fault(raw, encoding) {
            return error.report_error(ParseError::new(fault).with_context(span).with_unexpected(span));
        }
        let mut text = String::new();
        let kind = raw.decode_scalar(&mut text, error);
        let Some(at) = self.node(span) else { return };
        match content(kind, text) {
            Some(content) => self.put(Value { at, content }),
            None => error.report_error(ParseError::new("a number of more than 64 bits").with_unexpected(span)),
        }
    }

    fn comment(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(raw) = self.raw(span, None) {
            raw.decode_comment(error);
        }
    }

    fn newline(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(raw) = self.raw(span, None) {
            raw.decode_newline(error);
        }
    }
}

/// What a scalar says; None for a number that its type cannot hold.
fn content(kind: ScalarKind, text: String) -> Option<Content> {
    Some(match kind {
        ScalarKind::String => Content::Text(text),
        ScalarKind::Boolean(truth) => Content::Boolean(truth),
        ScalarKind::DateTime => Content::Moment,
        ScalarKind::Float => Content::Float(text.parse().ok()?),
        ScalarKind::Integer(radix) => Content::Integer(i64::from_str_radix(&text, radix.value()).ok()?),
    })
}

/// What is wrong with a value, where that can be said more plainly than the parser says it.
fn plain_fault(raw: Raw<'_>, encoding: Option<Encoding>) -> Option<&'static str> {
    let text = raw.as_str();
    let quote = match encoding {
        None | Some(Encoding::LiteralString) if text.is_empty() => return Some("missing value"),
        None => return if text.starts_with(char::is_alphabetic) { plain_fault_of_word(text) } else { None },
        Some(Encoding::BasicString) => "\"",
        Some(Encoding::LiteralString) => "'",
        Some(Encoding::MlBasicString) => "\"\"\"",
        Some(Encoding::MlLiteralString) => "'''",
    };
    (text.len() < 2 * quote.len() || !text.ends_with(quote)).then_some("unclosed quote")
}

fn plain_fault_of_word(word: &str) -> Option<&'static str> {
    const WORDS: [&str; 4] = ["true", "false", "inf", "nan"];
    const NULLS: [&str; 3] = ["null", "none", "nil"];
    let is_one_of = |known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    if WORDS.contains(&word) {
        None
    } else if is_one_of(&WORDS) {
        Some("true, false, inf and nan are written in small letters")
    } else if is_one_of(&NULLS) {
        Some("there is no null in TOML")
    } else {
        Some("a text without quotes")
    }
}
