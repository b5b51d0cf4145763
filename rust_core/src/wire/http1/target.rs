//! What a request asks for: a path, or a URL with one.

use std::net::Ipv6Addr;
use std::ops::Range;

use memchr::{memchr, memchr2};

use super::alphabet::in_target;
use super::violation::Fault;

/// Where in a target its path stands, if it can be read, and whether the target is one that is served.
pub(super) fn read(method: &[u8], target: &[u8], most: usize) -> (Option<Range<usize>>, Result<(), Fault>) {
    let query = memchr(b'?', target);
    let path = path_start(method, target).map(|start| start..query.unwrap_or(target.len()));
    let readable = path.clone().filter(|path| (1..=most).contains(&path.len()) && is_plain(target.get(path.clone())));
    let length = target.len() - usize::from(query.is_some());
    let verdict = if length > most {
        Err(Fault::new(414, format!("The path and the query have more than {most} bytes.")))
    } else if !is_plain(Some(target)) {
        Err(Fault::unreadable("its target has a character that must be percent-encoded"))
    } else if path.is_none() {
        Err(Fault::unreadable("its target is neither a path nor an http URL"))
    } else {
        Ok(())
    };
    (readable, verdict)
}

/// Where the path begins; `None` where there is none.
fn path_start(method: &[u8], target: &[u8]) -> Option<usize> {
    match target {
        [b'/', ..] => Some(0),
        b"*" => (method == b"OPTIONS").then_some(0),
        _ => {
            let scheme = ["http://", "https://"].into_iter().find(|scheme| {
                target.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme.as_bytes()))
            })?;
            let rest = target.get(scheme.len()..)?;
            let end = memchr2(b'/', b'?', rest).unwrap_or(rest.len());
            is_authority(rest.get(..end)?).then_some(scheme.len() + end)
        }
    }
}

/// Whether this is a name or an address, with or without a port. Who sends a name and a password with it is refused.
fn is_authority(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (host_is_valid, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, rest))) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        Some(None) => return false,
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            (!name.is_empty() && name.bytes().all(in_name), port)
        }
    };
    let port_is_valid = match port.strip_prefix(':') {
        Some(digits) => !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    host_is_valid && port_is_valid
}

fn is_plain(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| bytes.iter().all(|byte| in_target(*byte)))
}
