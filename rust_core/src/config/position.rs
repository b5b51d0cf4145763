//! From offsets to the lines and columns that people count in.

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// Finds positions by walking a text once, from its start to its end.
pub(super) struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    here: Position,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, here: Position { line: 1, column: 1 } }
    }

    /// The position at an offset in bytes, which must not lie before the one that was asked for last.
    pub(super) fn at(&mut self, offset: usize) -> Position {
        let Some(passed) = self.text.get(self.offset..offset) else { return self.here };
        let last_line = passed.rsplit('\n').next().unwrap_or(passed);
        if last_line.len() < passed.len() {
            self.here.line += passed.bytes().filter(|&byte| byte == b'\n').count();
            self.here.column = 1;
        }
        self.here.column += last_line.chars().count();
        self.offset = offset;
        self.here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_from_one_and_in_characters() {
        let text = "ab\r\n\nä€𝄞x\n";
        let slow = |offset: usize| {
            let before = &text[..offset];
            let line = before.split('\n').next_back().unwrap();
            Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
        };
        let mut cursor = Cursor::new(text);
        for offset in (0..=text.len()).filter(|&offset| text.is_char_boundary(offset)) {
            assert_eq!(cursor.at(offset), slow(offset));
            assert_eq!(Cursor::new(text).at(offset), slow(offset));
        }
    }

    #[test]
    fn an_offset_that_cannot_be_is_where_the_last_one_was() {
        let mut cursor = Cursor::new("a\nä");
        let last = cursor.at(2);
        assert_eq!((cursor.at(1), cursor.at(3), cursor.at(9)), (last, last, last));
    }
}
