//! What was compressed, in pieces that are bounded: however well a bomb is packed, it comes out as slowly as it is asked for.

mod effort;
mod inflate;
mod zstd;

use std::fmt;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

pub(super) use effort::Effort;
use inflate::Inflate;
use zstd::Zstd;

/// The largest piece that is made at once.
const PIECE: usize = 64 * 1024;
/// More than these on one another are an attack: each multiplies what the one around it makes of a byte.
const MOST_LAYERS: usize = 2;

/// What cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Corrupt(pub(super) String);

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What comes of the compressed bytes at hand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// The next piece, never empty.
    Piece(Bytes),
    /// Nothing more before more of them come.
    Starved,
    /// Nothing yet, and enough was done for once: much may be packed that comes to nothing.
    Spent,
}

/// One way of compressing, undone.
trait Codec: Send {
    /// Makes the next piece of what `input` begins with, which is taken from it, as long as there is `effort` left.
    fn decode(&mut self, input: &mut Bytes, effort: &mut Effort) -> Result<Decoded, Corrupt>;

    /// Whether what came until now is all there has to be.
    fn is_whole(&self) -> bool;
}

struct Layer {
    codec: Box<dyn Codec>,
    input: Bytes,
}

/// Undoes what the headers of an answer say was done to its body.
pub(super) struct Decoder {
    /// The outermost first: it takes what comes, and hands on what it makes of it.
    layers: Vec<Layer>,
}

impl Decoder {
    /// The decoder for an answer; `None` where there is nothing to undo. What nobody here can undo is left as it is.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Corrupt> {
        let mut layers = Vec::new();
        let values = headers.get_all(CONTENT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        for coding in values.flat_map(|value| value.split(',')) {
            let codec: Box<dyn Codec> = match coding.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => Box::new(Inflate::gzip()),
                "deflate" => Box::new(Inflate::deflate()),
                "zstd" => Box::new(Zstd::default()),
                _ => continue,
            };
            if layers.len() == MOST_LAYERS {
                return Err(Corrupt(format!("the body is compressed more than {MOST_LAYERS} times over")));
            }
            layers.insert(0, Layer { codec, input: Bytes::new() });
        }
        Ok((!layers.is_empty()).then_some(Self { layers }))
    }

    /// Hands in what came, once `pull` is starved.
    pub(super) fn push(&mut self, piece: Bytes) {
        if let Some(outermost) = self.layers.first_mut() {
            outermost.input = piece;
        }
    }

    /// The next piece, if what was handed in makes one with no more than this `effort`.
    pub(super) fn pull(&mut self, effort: &mut Effort) -> Result<Decoded, Corrupt> {
        pull(&mut self.layers, effort)
    }

    /// Checks that nothing is missing, once nothing more comes and `pull` is starved.
    pub(super) fn finish(&self) -> Result<(), Corrupt> {
        if self.layers.iter().all(|layer| layer.codec.is_whole()) {
            return Ok(());
        }
        Err(Corrupt("the compressed body ended before its end".to_owned()))
    }
}

fn pull(layers: &mut [Layer], effort: &mut Effort) -> Result<Decoded, Corrupt> {
    let Some((innermost, outer)) = layers.split_last_mut() else { return Ok(Decoded::Starved) };
    loop {
        match innermost.codec.decode(&mut innermost.input, effort)? {
            Decoded::Starved => {}
            made_or_spent => return Ok(made_or_spent),
        }
        match pull(outer, effort)? {
            Decoded::Piece(piece) => innermost.input = piece,
            starved_or_spent => return Ok(starved_or_spent),
        }
    }
}

#[cfg(test)]
mod tests;
