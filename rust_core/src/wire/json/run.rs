//! How far a string goes on before its end, an escape, or what may not stand in it.

use memchr::memchr2;

use super::cursor::Invalid;

/// Most strings end, and most escapes come, within so many bytes; a longer run is worth a wider search.
const WITHIN: usize = 128;

const ONES: u64 = u64::MAX / 0xff;
const HIGHS: u64 = ONES << 7;

/// How many bytes come before the first that is a quote, a backslash or a control character.
#[inline]
pub(super) fn run(bytes: &[u8]) -> Result<usize, Invalid> {
    let mut passed = 0;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        if passed == WITHIN {
            break;
        }
        let found = stops(u64::from_le_bytes(*word));
        if found != 0 {
            return Ok(passed + found.trailing_zeros() as usize / 8);
        }
        passed += word.len();
        rest = after;
    }
    let length = memchr2(b'"', b'\\', rest).ok_or(Invalid)?;
    if has_control(rest.get(..length).unwrap_or_default()) { Err(Invalid) } else { Ok(passed + length) }
}

/// Marks the highest bit of bytes that end a run. Bytes above the first that is marked may be marked wrongly: in a subtraction
/// they lend to those below.
fn stops(word: u64) -> u64 {
    let below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word;
    (below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1)) & HIGHS
}

/// Without a way out, so that many bytes are looked at in one step.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().copied().fold(u8::MAX, u8::min) < 0x20
}
