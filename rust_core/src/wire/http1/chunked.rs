//! A body in chunks, followed to its end.

use super::alphabet::{in_token, in_value};

/// Digits of a size that fits 64 bits.
const SIZE_DIGITS: u8 = 16;
/// Bytes of all extensions of a body: they mean nothing here, but somebody has to read them.
const EXTENSION_BYTES: usize = 8 * 1024;
const TRAILER_BYTES: usize = 8 * 1024;
const TRAILER_FIELDS: usize = 64;

/// Where in a body the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    End,
}

/// What became of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Advance {
    /// All of them belong to the body, and so do others behind them.
    Within,
    /// The body ends behind so many of them.
    Ends(usize),
    /// So many of them belong to the body; the next may not follow.
    Breaks(usize, &'static str),
}

/// Where a body in chunks stands.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    place: Place,
    /// The size as far as it has been read, then what is still to come of the chunk's data.
    left: u64,
    digits: u8,
    extension_bytes: usize,
    trailer_bytes: usize,
    trailer_fields: usize,
}

impl Chunked {
    /// Follows the body through these bytes.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Advance {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.place == Place::Data {
                let ahead = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.pass_data(ahead as u64);
                at += ahead;
                continue;
            }
            match self.step(*byte) {
                Ok(()) if self.place == Place::End => return Advance::Ends(at + 1),
                Ok(()) => at += 1,
                Err(why) => return Advance::Breaks(at, why),
            }
        }
        Advance::Within
    }

    /// How many of the next bytes are data, whatever they are.
    pub(super) fn data_ahead(&self) -> u64 {
        if self.place == Place::Data { self.left } else { 0 }
    }

    /// So many bytes of data have passed, no more than are ahead.
    pub(super) fn pass_data(&mut self, bytes: u64) {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 {
            self.place = Place::DataCr;
        }
    }

    /// Takes a byte that is no data.
    fn step(&mut self, byte: u8) -> Result<(), &'static str> {
        self.place = match (self.place, byte) {
            (Place::Size, digit) if digit.is_ascii_hexdigit() => return self.digit(digit),
            (Place::Size, b';') if self.digits > 0 => Place::Extension,
            (Place::Size, b'\r') if self.digits > 0 => Place::SizeLf,
            (Place::Size, _) => return Err("the size of a chunk is no number"),
            (Place::Extension, b'\r') => Place::SizeLf,
            (Place::Extension, byte) if in_value(byte) => {
                self.extension_bytes += 1;
                if self.extension_bytes > EXTENSION_BYTES {
                    return Err("the extensions of the chunks are too long");
                }
                Place::Extension
            }
            (Place::Extension, _) => return Err("the extension of a chunk has a control character"),
            (Place::SizeLf, b'\n') => {
                self.digits = 0;
                if self.left == 0 { Place::Trailer } else { Place::Data }
            }
            (Place::SizeLf, _) => return Err("the size of a chunk has a CR without LF behind it"),
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::Size,
            (Place::Data | Place::DataCr | Place::DataLf, _) => return Err("a chunk is longer than its size"),
            (_, byte) => return self.trailer(byte),
        };
        Ok(())
    }

    fn digit(&mut self, digit: u8) -> Result<(), &'static str> {
        if self.digits == SIZE_DIGITS {
            return Err("the size of a chunk has too many digits");
        }
        self.digits += 1;
        self.left = (self.left << 4) | u64::from(char::from(digit).to_digit(16).unwrap_or_default());
        Ok(())
    }

    /// Takes a byte behind the last chunk.
    fn trailer(&mut self, byte: u8) -> Result<(), &'static str> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > TRAILER_BYTES {
            return Err("the trailer is too large");
        }
        self.place = match (self.place, byte) {
            (Place::Trailer, b'\r') => Place::EndLf,
            (Place::EndLf, b'\n') => Place::End,
            (Place::Trailer, byte) if in_token(byte) => {
                self.trailer_fields += 1;
                if self.trailer_fields > TRAILER_FIELDS {
                    return Err("the trailer has too many fields");
                }
                Place::TrailerName
            }
            (Place::TrailerName, byte) if in_token(byte) => Place::TrailerName,
            (Place::TrailerName, b':') => Place::TrailerValue,
            (Place::TrailerValue, b'\r') => Place::TrailerLf,
            (Place::TrailerValue, byte) if in_value(byte) => Place::TrailerValue,
            (Place::TrailerLf, b'\n') => Place::Trailer,
            _ => return Err("the trailer is malformed"),
        };
        Ok(())
    }
}
