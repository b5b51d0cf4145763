//! The last look at a head that was parsed: its host stands in the header, where everybody reads it. Those of HTTP/2 have not passed the
//! gate, and are held to the same here.

use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Version};
use rust_core_pure::wire::http1::Violation;

/// Lets the host be read where everybody reads it, in the header. Returns why a head is not served.
pub(super) fn admit(head: &mut Parts) -> Option<Violation> {
    if head.version != Version::HTTP_2 {
        name_the_host_of_the_target(head);
        return None; // it has passed the gate
    }
    let target = head.uri.path();
    let refusal = if head.method == Method::CONNECT {
        Some((501, "CONNECT asks for a tunnel, and there are none here"))
    } else if !(target.is_ascii() && head.uri.query().is_none_or(str::is_ascii)) {
        Some((400, "its target has a character that must be percent-encoded"))
    } else {
        name_the_host(head).err().map(|why| (400, why))
    };
    refusal.map(|(status, why)| Violation {
        status,
        message: format!("This cannot be read as HTTP/2: {why}."),
        target: Some(head.uri.path().as_bytes().to_vec()).filter(|path| path.is_ascii()),
        bodiless: head.method == Method::HEAD,
    })
}

/// Who asks for a whole URL asks its host, whatever the header says.
fn name_the_host_of_the_target(head: &mut Parts) {
    if let Some(Ok(host)) = head.uri.authority().map(|authority| HeaderValue::from_str(authority.as_str())) {
        head.headers.insert(HOST, host);
    }
}

/// HTTP/2 names the host in the target; a header that names it, too, must not name another.
fn name_the_host(head: &mut Parts) -> Result<(), &'static str> {
    let mut named = head.headers.get_all(HOST).into_iter();
    match (named.next(), named.next(), head.uri.authority()) {
        (_, Some(_), _) => Err("it has more than one Host"),
        (Some(host), None, Some(authority)) if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => {
            Err("its Host is not its authority")
        }
        (None, None, Some(authority)) => {
            let host = HeaderValue::from_str(authority.as_str()).map_err(|_| "its authority is none")?;
            head.headers.insert(HOST, host);
            Ok(())
        }
        _ => Ok(()),
    }
}
