//! Values within values.

use std::ops::Range;

use super::cursor::{Cursor, Invalid};
use super::text::Text;

/// Hears what a walk passes.
///
/// The depth of a string is how many arrays and objects it lies in, counted from the value that the walk began with. A mark is
/// what the watcher made of the nearest name above: an array hands it on to its elements.
pub(in crate::wire) trait Watcher {
    /// What a watcher makes of a name.
    type Mark: Copy;

    /// The name of a member, of an object under `above`. Returns the mark of its value.
    fn name(&mut self, depth: usize, above: Self::Mark, name: Text<'_>) -> Self::Mark;

    /// A string that is a value.
    fn string(&mut self, depth: usize, mark: Self::Mark, value: Text<'_>);

    /// A number that is a value.
    fn number(&mut self, mark: Self::Mark);

    /// The end of an array or object that was not empty, and whose members were at this depth.
    fn close(&mut self, depth: usize);
}

/// Listens to nothing.
pub(in crate::wire) struct Skip;

impl Watcher for Skip {
    type Mark = ();

    fn name(&mut self, _: usize, (): (), _: Text<'_>) {}

    fn string(&mut self, _: usize, (): (), _: Text<'_>) {}

    fn number(&mut self, (): ()) {}

    fn close(&mut self, _: usize) {}
}

/// An array or object that has not ended.
struct Open<M> {
    is_object: bool,
    mark: M,
}

impl<'a> Cursor<'a> {
    /// Passes one value, whatever it is, and returns where it stands.
    pub(in crate::wire) fn walk<W: Watcher>(
        &mut self,
        mark: W::Mark,
        watcher: &mut W,
    ) -> Result<Range<usize>, Invalid> {
        self.next();
        let start = self.at();
        let mut mark = mark;
        let mut open: Vec<Open<W::Mark>> = Vec::new();
        loop {
            match self.next() {
                Some(b'"') => watcher.string(open.len(), mark, self.string()?),
                Some(byte @ (b'{' | b'[')) => {
                    self.expect(byte)?;
                    let is_object = byte == b'{';
                    if !self.take(closing(is_object)) {
                        open.push(Open { is_object, mark });
                        mark = self.member(watcher, &open)?;
                        continue;
                    }
                }
                first => {
                    self.plain()?;
                    if let Some(b'-' | b'0'..=b'9') = first {
                        watcher.number(mark);
                    }
                }
            }
            // A value has ended, and with it may what it lies in.
            loop {
                let Some(inner) = open.last() else {
                    return Ok(start..self.at());
                };
                if self.take(b',') {
                    mark = self.member(watcher, &open)?;
                    break;
                }
                self.expect(closing(inner.is_object))?;
                watcher.close(open.len());
                open.pop();
            }
        }
    }

    /// Passes an object's members: each one's name is read, its value left to `each`.
    pub(in crate::wire) fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, Text<'a>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            each(self, name)?;
            if !self.take(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Passes an array's elements: each one is left to `each`.
    pub(in crate::wire) fn elements(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.take(b',') {
                return self.expect(b']');
            }
        }
    }

    /// What the next value lies under: passes its name, if it has one.
    fn member<W: Watcher>(&mut self, watcher: &mut W, open: &[Open<W::Mark>]) -> Result<W::Mark, Invalid> {
        let inner = open.last().ok_or(Invalid)?;
        if !inner.is_object {
            return Ok(inner.mark);
        }
        let mark = watcher.name(open.len(), inner.mark, self.string()?);
        self.expect(b':')?;
        Ok(mark)
    }
}

fn closing(is_object: bool) -> u8 {
    if is_object { b'}' } else { b']' }
}
