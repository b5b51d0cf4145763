//! gzip and deflate.

use bytes::{Buf, Bytes};
use flate2::{Decompress, FlushDecompress, Status};

use super::{Codec, Corrupt, Decoded, Effort, PIECE};

/// The first byte of each member of a gzip file.
const MEMBER: u8 = 0x1f;
const LARGEST_WINDOW: u8 = 15;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Gzip,
    /// With the header that the name means, or without one, as some servers have it.
    Deflate,
}

pub(super) struct Inflate {
    form: Form,
    state: Option<Decompress>,
    begun: bool,
    ended: bool,
}

impl Inflate {
    pub(super) fn gzip() -> Self {
        Self { form: Form::Gzip, state: None, begun: false, ended: false }
    }

    pub(super) fn deflate() -> Self {
        Self { form: Form::Deflate, ..Self::gzip() }
    }

    /// What comes next of the member that is open, a piece at most, or nothing where more of it is needed.
    fn inflate(&mut self, input: &mut Bytes, effort: &mut Effort) -> Result<Vec<u8>, Corrupt> {
        let first = input.first().copied().unwrap_or_default();
        let state = self.begin(first);
        let mut piece = Vec::with_capacity(input.len().saturating_mul(4).clamp(1024, PIECE));
        let before = state.total_in();
        let status = state
            .decompress_vec(input, &mut piece, FlushDecompress::None)
            .map_err(|error| Corrupt(format!("a body that cannot be inflated: {error}")))?;
        let taken = usize::try_from(state.total_in() - before).unwrap_or(usize::MAX).min(input.len());
        input.advance(taken);
        effort.spend(taken + piece.len());
        self.ended = status == Status::StreamEnd;
        Ok(piece)
    }

    fn begin(&mut self, first: u8) -> &mut Decompress {
        let form = self.form;
        self.begun = true;
        self.state.get_or_insert_with(|| match form {
            Form::Gzip => Decompress::new_gzip(LARGEST_WINDOW),
            // The header of zlib names its method, 8, in the low half of its first byte, and a window of 32 KiB at most in
            // the other. No block without a header begins so: it would be a stored one whose padding is not zero.
            Form::Deflate => Decompress::new(first & 0x8f == 0x08),
        })
    }
}

impl Codec for Inflate {
    fn decode(&mut self, input: &mut Bytes, effort: &mut Effort) -> Result<Decoded, Corrupt> {
        loop {
            if self.ended {
                if self.form == Form::Deflate || input.first() != Some(&MEMBER) {
                    input.clear(); // padding
                    return Ok(Decoded::Starved);
                }
                (self.state, self.ended) = (None, false);
            }
            if self.state.is_none() && input.is_empty() {
                return Ok(Decoded::Starved);
            }
            if effort.is_spent() {
                return Ok(Decoded::Spent);
            }
            let piece = self.inflate(input, effort)?;
            if !piece.is_empty() {
                return Ok(Decoded::Piece(piece.into()));
            }
            if !self.ended {
                return Ok(Decoded::Starved);
            }
            // A member without content may be followed by as many more as there is room for.
        }
    }

    fn is_whole(&self) -> bool {
        self.ended || !self.begun
    }
}
