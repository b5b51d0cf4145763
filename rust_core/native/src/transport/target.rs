//! An address as it goes on the wire: what a URL may not hold as it is, is escaped.

use std::borrow::Cow;

/// A path and a query as they follow the host. What is escaped already stays as it is.
pub(super) fn target(path: &[u8], query: &[u8]) -> String {
    let mut target = String::with_capacity(path.len() + query.len() + 2);
    if path.first() != Some(&b'/') {
        target.push('/');
    }
    target.push_str(&escaped(path, is_of_a_path));
    if !query.is_empty() {
        target.push('?');
        target.push_str(&escaped(query, is_of_a_query));
    }
    target
}

fn is_of_a_query(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>')
}

fn is_of_a_path(byte: u8) -> bool {
    is_of_a_query(byte) && !matches!(byte, b'?' | b'`' | b'{' | b'}')
}

/// A percent sign stands for itself: what is escaped already must not be escaped twice, and what is no escape is its client's to answer for.
fn escaped(bytes: &[u8], is_plain: fn(u8) -> bool) -> Cow<'_, str> {
    if bytes.iter().all(|&byte| is_plain(byte)) {
        return String::from_utf8_lossy(bytes);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for &byte in bytes {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from(b"0123456789ABCDEF".get(usize::from(digit)).copied().unwrap_or(b'0'))),
            );
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_in_an_address_stays_as_it_is() {
        assert_eq!(target(b"/v1/models/a:b@c", b"alt=sse&x={y}|z"), "/v1/models/a:b@c?alt=sse&x={y}|z");
        assert_eq!(target(b"/a%2Fb", b"c=%20"), "/a%2Fb?c=%20");
    }

    #[test]
    fn what_may_not_is_escaped() {
        assert_eq!(target("/a b{\u{e9}".as_bytes(), b"a b\"#\r\n"), "/a%20b%7B%C3%A9?a%20b%22%23%0D%0A");
        assert_eq!(target(b"/100% ", b"%zz\""), "/100%%20?%zz%22");
    }

    #[test]
    fn there_is_a_path_always() {
        assert_eq!(target(b"", b""), "/");
        assert_eq!(target(b"", b"a"), "/?a");
    }
}
