//! Bytes that are wanted together, copied only if they did not come so.

use bytes::Bytes;

/// Pieces, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// All there is, as long as it came in one piece.
    one: Bytes,
    /// All there is, once it came in more.
    all: Vec<u8>,
    room: usize,
}

impl Gathered {
    /// None yet, of which so many bytes are likely to come.
    pub(super) fn with_room(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.one = piece;
        } else if !piece.is_empty() {
            if self.all.is_empty() {
                self.all.reserve(self.room.max(self.one.len() + piece.len()));
                self.all.extend_from_slice(&self.one);
                self.one = Bytes::new();
            }
            self.all.extend_from_slice(&piece);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.one.len() + self.all.len()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.one } else { Bytes::from(self.all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_not_copied_and_more_are_in_their_order() {
        let piece = Bytes::from(vec![b'a'; 3]);
        let mut gathered = Gathered::default();
        gathered.push(Bytes::new());
        gathered.push(piece.clone());
        gathered.push(Bytes::new());
        assert_eq!(gathered.len(), 3);
        assert_eq!(gathered.into_bytes().as_ptr(), piece.as_ptr());

        let mut gathered = Gathered::with_room(2);
        for piece in ["a", "", "bc", "d"] {
            gathered.push(Bytes::from_static(piece.as_bytes()));
        }
        assert_eq!(gathered.len(), 4);
        assert_eq!(gathered.into_bytes(), "abcd");
        assert_eq!(Gathered::with_room(9).into_bytes(), "");
    }
}
