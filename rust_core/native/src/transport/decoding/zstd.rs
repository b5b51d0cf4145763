//! Zstandard: frame by frame, block by block.

use std::io::Read;

use bytes::{Buf, Bytes, BytesMut};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Codec, Corrupt, Decoded, Effort, PIECE};

/// What a frame may ask to be remembered of it: the bound of RFC 9659 for what travels over HTTP.
const LARGEST_WINDOW: u64 = 8 * 1024 * 1024;
const MAGIC: u32 = 0xFD2F_B528;
/// The frames that are to be skipped begin with any of sixteen.
const SKIPPED: u32 = 0x184D_2A50;
/// What a block comes to at most.
const LARGEST_BLOCK: usize = 128 * 1024;
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;

#[derive(Default)]
pub(super) struct Zstd {
    /// What has come and cannot be decoded yet: less than a block.
    waiting: BytesMut,
    frame: Frame,
    decoder: FrameDecoder,
}

#[derive(Default)]
enum Frame {
    /// What comes next is the head of one.
    #[default]
    None,
    Skipped(usize),
    Open {
        has_checksum: bool,
    },
}

/// What a frame's head tells, and how long it is.
struct Head {
    length: usize,
    window: u64,
    has_checksum: bool,
}

impl Codec for Zstd {
    fn decode(&mut self, input: &mut Bytes, effort: &mut Effort) -> Result<Decoded, Corrupt> {
        self.waiting.extend_from_slice(&input.split_to(input.len()));
        loop {
            if self.decoder.can_collect() > 0 {
                let mut piece = vec![0; self.decoder.can_collect().min(PIECE)];
                let length = self.decoder.read(&mut piece).map_err(corrupt)?;
                piece.truncate(length);
                effort.spend(length);
                return Ok(Decoded::Piece(piece.into()));
            }
            if effort.is_spent() {
                return Ok(Decoded::Spent);
            }
            let goes_on = match self.frame {
                Frame::None => self.open(effort)?,
                Frame::Skipped(length) => self.skip(length, effort),
                Frame::Open { has_checksum } => self.decode_block(has_checksum, effort)?,
            };
            if !goes_on {
                return Ok(Decoded::Starved);
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.frame, Frame::None) && self.waiting.is_empty()
    }
}

impl Zstd {
    fn open(&mut self, effort: &mut Effort) -> Result<bool, Corrupt> {
        let Some(magic) = little_endian(&self.waiting, 0, 4) else { return Ok(false) };
        if magic & !15 == u64::from(SKIPPED) {
            let Some(length) = little_endian(&self.waiting, 4, 4) else { return Ok(false) };
            self.waiting.advance(8);
            effort.spend(8);
            self.frame = Frame::Skipped(usize::try_from(length).unwrap_or(usize::MAX));
            return Ok(true);
        }
        if magic != u64::from(MAGIC) {
            return Err(Corrupt("a body that is not Zstandard's".to_owned()));
        }
        let Some(head) = head(&self.waiting) else { return Ok(false) };
        if head.window > LARGEST_WINDOW {
            return Err(Corrupt(format!("a body that needs {} bytes of memory to be decoded", head.window)));
        }
        let bytes = self.waiting.split_to(head.length);
        effort.spend(head.length);
        self.decoder.reset(&*bytes).map_err(corrupt)?;
        self.frame = Frame::Open { has_checksum: head.has_checksum };
        Ok(true)
    }

    fn skip(&mut self, length: usize, effort: &mut Effort) -> bool {
        let skipped = length.min(self.waiting.len());
        effort.spend(skipped);
        self.waiting.advance(skipped);
        self.frame = if skipped == length { Frame::None } else { Frame::Skipped(length - skipped) };
        skipped == length
    }

    fn decode_block(&mut self, has_checksum: bool, effort: &mut Effort) -> Result<bool, Corrupt> {
        let Some(header) = little_endian(&self.waiting, 0, BLOCK_HEADER) else { return Ok(false) };
        let (is_last, repeats) = (header & 1 == 1, header >> 1 & 3 == 1);
        let size = if repeats { 1 } else { usize::try_from(header >> 3).unwrap_or(usize::MAX) };
        let length = BLOCK_HEADER + size + if is_last && has_checksum { CHECKSUM } else { 0 };
        if self.waiting.len() < length {
            return Ok(false);
        }
        let block = self.waiting.split_to(length);
        effort.spend(LARGEST_BLOCK); // what it comes to nobody tells: it stays in the window
        self.decoder.decode_blocks(&*block, BlockDecodingStrategy::UptoBlocks(1)).map_err(corrupt)?;
        if is_last {
            self.frame = Frame::None;
        }
        Ok(true)
    }
}

fn head(bytes: &[u8]) -> Option<Head> {
    let descriptor = *bytes.get(4)?;
    let (size_flag, is_single, has_checksum, dictionary) =
        (descriptor >> 6, descriptor & 0x20 != 0, descriptor & 4 != 0, usize::from(descriptor & 3));
    let dictionary = if dictionary == 3 { 4 } else { dictionary };
    let content_size = match (size_flag, is_single) {
        (0, false) => 0,
        (0, true) => 1,
        (flag, _) => 1 << flag,
    };
    let at = if is_single { 5 } else { 6 } + dictionary;
    let length = at + content_size;
    let told = little_endian(bytes, at, content_size)?;
    let window = if is_single {
        told + if content_size == 2 { 256 } else { 0 }
    } else {
        let window = *bytes.get(5)?;
        let base = 1_u64 << (10 + (window >> 3));
        base + base / 8 * u64::from(window & 7)
    };
    Some(Head { length, window, has_checksum })
}

fn little_endian(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn corrupt(error: impl std::fmt::Display) -> Corrupt {
    Corrupt(format!("a body that cannot be decoded: {error}"))
}
