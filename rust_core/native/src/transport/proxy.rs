//! A proxy on the way: it is told whom to connect to, or, for what is sent in the clear, whom to ask.

use std::fmt;
use std::io;

use hyper::header::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::endpoint::Origin;

/// What a proxy may say before the way is open.
const LONGEST_HEAD: usize = 8 * 1024;

/// A proxy of HTTP, which itself is spoken to in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What it wants to be told of who asks.
    pub authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Has it open a way to an origin.
    pub(super) async fn open(&self, stream: &mut TcpStream, origin: &Origin) -> io::Result<()> {
        let authority = origin.address();
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(&[b"proxy-authorization: ", authorization.as_bytes(), b"\r\n"].concat());
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await?;
        let mut head = Vec::with_capacity(1024);
        // Nobody speaks at the other end before we do: what comes is the proxy's.
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 || head.len() > LONGEST_HEAD {
                return Err(io::Error::other("the proxy gave no answer"));
            }
        }
        match status(&head) {
            Some([b'2', ..]) => Ok(()),
            Some(status) => Err(io::Error::other(format!("the proxy answered {}", String::from_utf8_lossy(status)))),
            None => Err(io::Error::other("the proxy gave no answer of HTTP")),
        }
    }
}

fn status(head: &[u8]) -> Option<&[u8; 3]> {
    if !head.starts_with(b"HTTP/1.") {
        return None;
    }
    head.get(9..12)?.try_into().ok()
}

/// Without what opens it.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}
