//! The tokens of JSON.

use super::run::run;
use super::text::{Escapes, Text};

/// The text is not JSON. Where and why is for a slower reader to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wire) struct Invalid;

/// A place in a text.
#[derive(Debug)]
pub(in crate::wire) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of a text.
    pub(in crate::wire) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes lie before it.
    pub(in crate::wire) fn at(&self) -> usize {
        self.at
    }

    /// The first byte of the next token.
    #[inline]
    pub(in crate::wire) fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// Passes this token of one byte, if it is the next.
    pub(in crate::wire) fn take(&mut self, token: u8) -> bool {
        let is_next = self.next() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes this token of one byte.
    pub(in crate::wire) fn expect(&mut self, token: u8) -> Result<(), Invalid> {
        self.take(token).then_some(()).ok_or(Invalid)
    }

    /// Nothing but white space is left.
    pub(in crate::wire) fn end(&mut self) -> Result<(), Invalid> {
        self.next().is_none().then_some(()).ok_or(Invalid)
    }

    /// Passes a string.
    #[inline]
    pub(in crate::wire) fn string(&mut self) -> Result<Text<'a>, Invalid> {
        self.expect(b'"')?;
        let start = self.at - 1;
        let mut escapes = Escapes::default();
        loop {
            self.at += run(self.rest())?;
            let end = self.byte();
            self.at += 1;
            match end {
                Some(b'"') => {
                    let quoted = self.text.get(start..self.at).ok_or(Invalid)?;
                    return Ok(Text::new(quoted, escapes.saved()));
                }
                Some(b'\\') => self.escape(&mut escapes)?,
                _ => return Err(Invalid),
            }
        }
    }

    /// Passes a number, `true`, `false` or `null`.
    pub(in crate::wire) fn plain(&mut self) -> Result<(), Invalid> {
        match self.next() {
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(Invalid),
        }
    }

    /// Passes what follows a backslash.
    #[inline]
    fn escape(&mut self, escapes: &mut Escapes) -> Result<(), Invalid> {
        let backslash = self.at - 1;
        let letter = self.byte().ok_or(Invalid)?;
        self.at += 1;
        match letter {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => escapes.letter(),
            b'u' => {
                let digits = self.rest().get(..4).ok_or(Invalid)?;
                let code =
                    digits.iter().try_fold(0u16, |code, digit| Some((code << 4) | hex(*digit)?)).ok_or(Invalid)?;
                self.at += 4;
                escapes.code(backslash, code);
            }
            _ => return Err(Invalid),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Invalid> {
        self.at += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            Some(b'0') => self.at += 1, // and no digit may follow: it would be no token
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    /// Passes digits, one at least.
    fn digits(&mut self) -> Result<(), Invalid> {
        let many = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += many;
        (many > 0).then_some(()).ok_or(Invalid)
    }

    fn word(&mut self, word: &str) -> Result<(), Invalid> {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += word.len();
        is_next.then_some(()).ok_or(Invalid)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

fn hex(digit: u8) -> Option<u16> {
    char::from(digit).to_digit(16).and_then(|value| u16::try_from(value).ok())
}
