//! Which of a client's headers travel upstream, which of them let it in somewhere, and which of a provider's reach the client.

use std::borrow::Cow;

/// How the names of a provider's headers begin that reach the client.
const ANSWER_PREFIXES: [&[u8]; 3] = [b"x-ratelimit-", b"openai-", b"anthropic-ratelimit-"];

/// How the names of headers begin that are the browser's, a proxy's or the sidecar's own.
const LOCAL_PREFIXES: [&[u8]; 4] = [b"x-pyproxy-", b"sec-", b"proxy-", b"x-forwarded-"];

/// How the names end of what lets a client in somewhere, however its words are set apart. Names of gateways' own follow the same
/// habits, and there is no list of them that would stay whole.
const CREDENTIAL_ENDS: [&[u8]; 19] = [
    b"apikey",
    b"accesskey",
    b"authkey",
    b"functionskey",
    b"masterkey",
    b"secretkey",
    b"subscriptionkey",
    b"virtualkey",
    b"auth",
    b"authentication",
    b"authorization",
    b"cookie",
    b"credential",
    b"credentials",
    b"jwt",
    b"password",
    b"secret",
    b"signature",
    b"token",
];

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
    let upstream = Upstream::of(headers.clone());
    headers.filter(move |(name, _)| upstream.takes(name))
}

/// Which of a client's headers may go upstream, for who has them in another form.
#[derive(Debug)]
pub struct Upstream<'h> {
    /// What its own `Connection` says belongs to it.
    of_connection: Vec<&'h [u8]>,
}

impl<'h> Upstream<'h> {
    /// Of a client that sends these.
    pub fn of(headers: impl Iterator<Item = Header<'h>>) -> Self {
        let of_connection = headers
            .filter(|(name, _)| *name == b"connection")
            .flat_map(|(_, value)| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|token| !token.is_empty())
            .collect();
        Self { of_connection }
    }

    /// Whether one of this name, in lower case, may.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        let is_local = LOCAL_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        !is_local
            && !stays(name)
            && !self.of_connection.iter().any(|token| token.eq_ignore_ascii_case(name) && !name.is_empty())
    }
}

/// A provider's headers that mean something to the client, in their order and their names in lower case; nothing about its
/// connection, cookies or servers.
pub fn answer_headers<'h, I>(headers: I) -> impl Iterator<Item = (Cow<'h, [u8]>, &'h [u8])>
where
    I: Iterator<Item = Header<'h>>,
{
    headers.map(|(name, value)| (in_lower_case(name), value)).filter(|(name, _)| reaches_client(name))
}

/// Whether a provider's header of this name, in lower case, does.
#[must_use]
pub fn reaches_client(name: &[u8]) -> bool {
    matches!(name, b"content-type" | b"retry-after" | b"retry-after-ms" | b"cache-control")
        || ANSWER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
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

/// Whether a header of this name, or a parameter of a query, is of a client's own credential, in capitals or not.
///
/// An organization, a project or an account goes with the client's key, and a provider refuses it beside another.
#[must_use]
pub fn is_credential(name: &[u8]) -> bool {
    // The last letter alone tells most names from most ends.
    let last = letters(name).next();
    CREDENTIAL_ENDS.iter().any(|end| end.last().copied() == last && ends_as(name, end))
        || goes_with_credential(&in_lower_case(name))
}

fn goes_with_credential(name: &[u8]) -> bool {
    matches!(
        name,
        b"openai-organization"
            | b"openai-project"
            | b"chatgpt-account-id"
            | b"x-goog-user-project"
            | b"x-goog-iam-authority-selector"
    )
}

/// Whether a name ends with these small letters, whatever stands between its words.
fn ends_as(name: &[u8], end: &[u8]) -> bool {
    let mut letters = letters(name);
    end.iter().rev().all(|expected| letters.next() == Some(*expected))
}

/// A name's letters from its last one on, small, without what stands between its words.
fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter().rev().filter(|byte| !matches!(byte, b'-' | b'_' | b'.')).map(u8::to_ascii_lowercase)
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
