//! Keeps web pages and misdirected requests out, before anything is read.
//!
//! A page in a browser can send requests to localhost: by a rebound DNS name (told by Host), or across sites (told by
//! Sec-Fetch-Site and Origin). None of them may spend tokens or read a list of models.

/// Names under which a sidecar is always asked.
const LOOPBACK: [&[u8]; 3] = [b"localhost", b"127.0.0.1", b"::1"];

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdirection {
    /// It has both Transfer-Encoding and Content-Length.
    TwoFramings,
    /// It has not one Host, or one that does not name this sidecar.
    ForeignHost,
    /// A page of another site makes it.
    CrossSite,
    /// A page of another origin makes it.
    ForeignOrigin,
}

impl Misdirection {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TwoFramings => "two_framings",
            Self::ForeignHost => "foreign_host",
            Self::CrossSite => "cross_site",
            Self::ForeignOrigin => "foreign_origin",
        }
    }
}

/// Knows the names that the sidecar goes by.
#[derive(Clone, Debug)]
pub struct Guard {
    allowed_hosts: Vec<Vec<u8>>,
}

impl Guard {
    /// A guard that takes these names, in any letter case, beside those of the loopback address.
    pub fn new<B: Into<Vec<u8>>>(allowed_hosts: impl IntoIterator<Item = B>) -> Self {
        Self { allowed_hosts: allowed_hosts.into_iter().map(Into::into).collect() }
    }

    /// Why a request with these headers is not taken, if it is not. Names are expected in lower case; in HTTP/2, `:authority`
    /// stands as `host`.
    pub fn check<'h>(&self, headers: impl IntoIterator<Item = (&'h [u8], &'h [u8])>) -> Option<Misdirection> {
        let (mut length, mut coding, mut hosts, mut foreign_host) = (false, false, 0, false);
        let (mut cross_site, mut foreign_origin) = (false, false);
        for (name, value) in headers {
            match name {
                b"content-length" => length = true,
                b"transfer-encoding" => coding = true,
                b"host" => {
                    hosts += 1;
                    foreign_host |= !self.is_own_name(value);
                }
                b"sec-fetch-site" => cross_site |= !matches!(value, b"none" | b"same-origin"),
                b"origin" => foreign_origin |= !self.is_own_origin(value),
                _ => {}
            }
        }
        let found = [
            (length && coding, Misdirection::TwoFramings),
            (hosts != 1 || foreign_host, Misdirection::ForeignHost),
            (cross_site, Misdirection::CrossSite),
            (foreign_origin, Misdirection::ForeignOrigin),
        ];
        found.into_iter().find_map(|(is_so, misdirection)| is_so.then_some(misdirection))
    }

    fn is_own_origin(&self, origin: &[u8]) -> bool {
        [&b"http://"[..], b"https://"]
            .into_iter()
            .find_map(|scheme| origin.strip_prefix(scheme))
            .is_some_and(|host| self.is_own_name(host))
    }

    fn is_own_name(&self, host: &[u8]) -> bool {
        let allowed = self.allowed_hosts.iter().map(Vec::as_slice);
        name_of(host).is_some_and(|name| LOOPBACK.into_iter().chain(allowed).any(|own| own.eq_ignore_ascii_case(name)))
    }
}

/// The name in `name`, `name:port` or `[v6]:port`; `None` if it is none of these.
fn name_of(host: &[u8]) -> Option<&[u8]> {
    let (name, port) = match host.strip_prefix(b"[") {
        Some(rest) => match split_in_two(rest, b']') {
            (_, None) => return None,
            (name, Some([])) => (name, None),
            (name, Some(rest)) => (name, Some(rest.strip_prefix(b":")?)),
        },
        None => split_in_two(host, b':'),
    };
    port.is_none_or(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(name)
}

/// What stands before the first such byte, and what behind it, if there is one.
fn split_in_two(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = bytes.splitn(2, |byte| *byte == at);
    (parts.next().unwrap_or_default(), parts.next())
}
