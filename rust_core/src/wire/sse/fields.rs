//! The data within one event, by WHATWG's rules for interpreting an event stream.

use std::borrow::Cow;

use memchr::memchr2;

/// The event's data: its `data` lines joined by LF. `None` if it has no such line.
pub(super) fn data_of(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut data: Option<Cow<'_, [u8]>> = None;
    for value in lines(event).filter_map(data_value) {
        match &mut data {
            None => data = Some(Cow::Borrowed(value)),
            Some(so_far) => {
                let so_far = so_far.to_mut();
                so_far.push(b'\n');
                so_far.extend_from_slice(value);
            }
        }
    }
    data
}

/// The value of a `data` line. A colon at the start makes a comment; a line without one is all name.
fn data_value(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"data")?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// The lines of an event. CR LF yields one empty line more than it should, which means nothing within an event.
fn lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = event;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        rest = tail.get(1..).unwrap_or_default();
        Some(line)
    })
}
