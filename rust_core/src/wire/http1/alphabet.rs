//! Which bytes may stand where in a head.

/// A byte of a method or of a field's name.
pub(super) fn in_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~'
    )
}

/// A byte that stands for itself in a request's target. Of what is printable, URLs have neither `"`, `#`, `<`, `>` nor a backtick.
pub(super) fn in_target(byte: u8) -> bool {
    matches!(byte, b'!' | b'$'..=b';' | b'=' | b'?'..=b'_' | b'a'..=b'~')
}

/// Whether this is a method or a field's name.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| in_token(*byte))
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
