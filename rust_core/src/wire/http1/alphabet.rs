//! Which bytes may stand where in a head.

const TOKEN: u8 = 1;
const TARGET: u8 = 2;

/// What each byte is good for.
static KINDS: [u8; 256] = kinds();

#[allow(clippy::indexing_slicing)] // it runs while this is compiled
const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = u8::MIN;
    loop {
        if matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'|' | b'~')
        {
            kinds[byte as usize] |= TOKEN;
        }
        // Of what is printable, URLs have neither `"`, `#`, `<`, `>` nor a backtick.
        if matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'~') {
            kinds[byte as usize] |= TARGET;
        }
        if byte == u8::MAX {
            return kinds;
        }
        byte += 1;
    }
}

/// A byte of a method or of a field's name.
pub(super) fn in_token(byte: u8) -> bool {
    KINDS.get(usize::from(byte)).is_some_and(|kind| kind & TOKEN != 0)
}

/// A byte that stands for itself in a request's target.
pub(super) fn in_target(byte: u8) -> bool {
    KINDS.get(usize::from(byte)).is_some_and(|kind| kind & TARGET != 0)
}

/// How many bytes of a method or of a field's name these begin with.
pub(super) fn token_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !in_token(*byte)).unwrap_or(bytes.len())
}

/// Whether this is a method or a field's name.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_length(bytes) == bytes.len()
}

/// A byte of a field's value or of a chunk's extension: no control character but the tab.
pub(super) fn in_value(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Whether all of these may stand in a field's value. It does not stop at the first that may not, and so looks at many at once.
pub(super) fn is_value(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |valid, byte| valid & in_value(*byte))
}

/// The bytes before the first such byte, and those behind it.
pub(super) fn split_at_first(byte: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}
