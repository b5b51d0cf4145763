//! Which requests are ordinary.

use bytes::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderValue};
use hyper::{HeaderMap, Method};
use rust_core_pure::wire::{Address, Dialect, Envelope, Guard};

use crate::ingress::Exchange;

/// What is refused for its size, and by whom: the host, which has the words for it.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 * 1024;
const LONGEST_PATH: usize = 8 * 1024;
const LONGEST_ID: usize = 128;

/// Who asks for something special says so in one of these; and so does who belongs to a session.
const SPECIAL: [&str; 4] = ["x-claude-code-session-id", "session-id", "session_id", "conversation_id"];
const OWN: &str = "x-pyproxy-";
/// But for who it is that asks.
const NODE: &str = "x-pyproxy-node";

/// A request that asks for nothing special, as far as its head tells.
pub(super) struct Plain {
    pub(super) body: Bytes,
    /// The id that it came with.
    pub(super) id: Option<HeaderValue>,
    /// Who asks, if that is said.
    pub(super) node: Option<String>,
}

impl Plain {
    /// `None` where the host is to look at it.
    pub(super) fn of(exchange: &Exchange, guard: &Guard, largest: usize) -> Option<Self> {
        let head = &exchange.head;
        let is_plain = exchange.violation.is_none()
            && head.method == Method::POST
            && head.uri.query().is_none_or(str::is_empty)
            && head.uri.path().len() <= LONGEST_PATH
            && is_json(&head.headers)
            && !head.headers.contains_key(EXPECT)
            && !head.headers.contains_key(CONTENT_ENCODING)
            && is_small(&head.headers)
            && !head.headers.keys().any(|name| is_special(name.as_str()))
            && guard.check(head.headers.iter().map(|(name, value)| (name.as_ref(), value.as_bytes()))).is_none();
        if !is_plain {
            return None;
        }
        let body = exchange.body().whole().filter(|body| body.len() <= largest)?;
        let id = head.headers.get("x-request-id").filter(|id| is_one_word(id.as_bytes())).cloned();
        let node = match head.headers.get(NODE) {
            None => None,
            Some(node) => Some(node.to_str().ok()?.trim().to_owned()).filter(|node| !node.is_empty()),
        };
        Some(Self { body, id, node })
    }

    /// What its body says; `None` where that cannot be read, or goes on with what the host remembers.
    pub(super) fn envelope(&self, dialect: Dialect) -> Option<Envelope> {
        let address = Address::new(dialect, None, None).ok()?;
        Envelope::scan(&self.body, address).ok().filter(|envelope| envelope.previous_response_id.is_none())
    }
}

fn is_special(name: &str) -> bool {
    (name.starts_with(OWN) && name != NODE) || SPECIAL.contains(&name)
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let media_type = only.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

fn is_small(headers: &HeaderMap) -> bool {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    headers.len() <= MOST_HEADERS && size <= MOST_HEADER_BYTES
}

fn is_one_word(id: &[u8]) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}
