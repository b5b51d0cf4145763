//! Which of a client's headers travel upstream, and which of a provider's reach the client.

use std::borrow::Cow;

/// How the names of a provider's headers begin that reach the client.
const ANSWER_PREFIXES: [&[u8]; 3] = [b"x-ratelimit-", b"openai-", b"anthropic-ratelimit-"];

/// How the names of headers begin that are the browser's, a proxy's or the sidecar's own.
const LOCAL_PREFIXES: [&[u8]; 4] = [b"x-pyproxy-", b"sec-", b"proxy-", b"x-forwarded-"];

/// A name and a value.
type Header<'h> = (&'h [u8], &'h [u8]);

/// A client's headers that may go upstream, in their order. Names are expected in lower case.
///
/// Everything may, so that beta features work, but what belongs to one connection, to the client's own credential, to the browser,
/// or to the sidecar.
pub fn forwarded_headers<'h, I>(headers: I) -> impl Iterator<Item = Header<'h>>
where
    I: Iterator<Item = Header<'h>> + Clone,
{
    let of_connection: Vec<&[u8]> = headers
        .clone()
        .filter(|(name, _)| *name == b"connection")
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
        .collect();
    headers.filter(move |(name, _)| {
        let is_local = LOCAL_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        !is_local
            && !stays(name)
            && !of_connection.iter().any(|token| token.eq_ignore_ascii_case(name) && !name.is_empty())
    })
}

/// A provider's headers that mean something to the client, in their order and their names in lower case; nothing about its
/// connection, cookies or servers.
pub fn answer_headers<'h, I>(headers: I) -> impl Iterator<Item = (Cow<'h, [u8]>, &'h [u8])>
where
    I: Iterator<Item = Header<'h>>,
{
    headers.map(|(name, value)| (in_lower_case(name), value)).filter(|(name, _)| {
        matches!(&**name, b"content-type" | b"retry-after" | b"retry-after-ms" | b"cache-control")
            || ANSWER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

fn stays(name: &[u8]) -> bool {
    is_hop_by_hop(name) || is_credential(name) || is_rewritten(name) || is_local(name)
}

fn is_hop_by_hop(name: &[u8]) -> bool {
    matches!(
        name,
        b"connection"
            | b"keep-alive"
            | b"te"
            | b"trailer"
            | b"transfer-encoding"
            | b"upgrade"
            | b"expect"
            | b"http2-settings"
    )
}

/// An organization or a project goes with the client's key, and a provider refuses it beside another.
fn is_credential(name: &[u8]) -> bool {
    matches!(
        name,
        b"authorization"
            | b"x-api-key"
            | b"api-key"
            | b"x-goog-api-key"
            | b"cookie"
            | b"openai-organization"
            | b"openai-project"
            | b"x-goog-user-project"
    )
}

fn is_rewritten(name: &[u8]) -> bool {
    matches!(name, b"host" | b"content-length" | b"content-encoding" | b"accept-encoding" | b"content-type")
}

fn is_local(name: &[u8]) -> bool {
    matches!(name, b"origin" | b"referer" | b"forwarded" | b"x-real-ip" | b"x-request-id")
}

fn in_lower_case(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}
