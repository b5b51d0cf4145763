//! hyper behind the gate reads the requests that the gate has passed, and no others.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use proptest::prelude::*;
use rust_core::wire::http1::{Limits, Phase, RequestGate};

use crate::requests::{damaged, pipeline, wire};
use crate::seen::through;

/// A connection whose client has sent all that it sends.
struct Sent(Vec<u8>);

impl Read for Sent {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let size = self.0.len().min(buffer.remaining());
        buffer.put_slice(&self.0.drain(..size).collect::<Vec<u8>>());
        Poll::Ready(Ok(()))
    }
}

impl Write for Sent {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The body of every answer.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

/// A request as hyper has read it. Of a body that did not end, what came is not told.
#[derive(Clone, Debug, PartialEq)]
struct Understood {
    method: String,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    closes: bool,
    body: Option<Vec<u8>>,
}

/// What hyper reads in these bytes, and whether it is content with them to their end.
fn read(bytes: &[u8]) -> (Vec<Understood>, bool) {
    let requests = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&requests);
    let service = service_fn(move |request: Request<Incoming>| {
        let note = Rc::clone(&note);
        async move {
            let fields = request.headers().iter();
            let asked = |word| {
                request.headers().get_all("connection").iter().any(|value| value.as_bytes().eq_ignore_ascii_case(word))
            };
            let seen = Understood {
                method: request.method().to_string(),
                target: request.uri().to_string(),
                fields: fields.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
                closes: asked(b"close") || (request.version() == Version::HTTP_10 && !asked(b"keep-alive")),
                body: None,
            };
            note.borrow_mut().push(seen);
            let mut body = pin!(request.into_body());
            let mut content = Vec::new();
            while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
                if let Ok(data) = frame?.into_data() {
                    content.extend_from_slice(&data);
                }
            }
            note.borrow_mut().last_mut().unwrap().body = Some(content);
            Ok::<_, hyper::Error>(Response::new(Nothing))
        }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    let mut connection =
        pin!(server.half_close(true).header_read_timeout(None).serve_connection(Sent(bytes.to_vec()), service));
    let mut context = Context::from_waker(Waker::noop());
    let end = (0..1000).find_map(|_| match connection.as_mut().poll(&mut context) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    });
    let requests = requests.borrow().clone();
    (requests, end.expect("hyper comes to an end").is_ok())
}

/// How many heads a gate passes of these bytes, its own included, and how many of their bodies came to an end.
fn counted(bytes: &[u8]) -> (usize, usize) {
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    let (mut heads, mut ends) = (0, 0);
    for byte in bytes {
        let before = (gate.phase(), out.len());
        gate.feed(&[*byte], &mut out);
        let in_head = matches!(before.0, Phase::Head | Phase::BetweenRequests);
        let whole = in_head && out.len() > before.1;
        heads += usize::from(whole);
        let refused = gate.violation().is_some();
        ends += usize::from(
            (whole || before.0 == Phase::Body) && (gate.phase() == Phase::BetweenRequests || (whole && refused)),
        );
    }
    (heads, ends)
}

proptest! {
    #[test]
    fn it_reads_valid_requests_as_they_were_meant(requests in pipeline()) {
        let (read, content) = read(&through(&wire(&requests)).out);
        prop_assert!(content);
        prop_assert_eq!(read.len(), requests.len());
        for (read, meant) in read.iter().zip(&requests) {
            prop_assert_eq!(&read.method, meant.method);
            let path = read.target.trim_start_matches("http://").trim_start_matches("https://");
            prop_assert!(meant.target.ends_with(path.trim_end_matches('/')), "{} {}", meant.target, read.target);
            prop_assert_eq!(&read.body, &Some(meant.content()));
            for (name, value) in &meant.fields {
                let value = value.trim_matches([' ', '\t']).as_bytes();
                let same = |(other, found): &&(String, Vec<u8>)| other.eq_ignore_ascii_case(name) && found == value;
                prop_assert!(read.fields.iter().any(|field| same(&field)));
            }
        }
    }

    #[test]
    fn it_sees_each_request_end_where_the_gate_does(bytes in damaged()) {
        let seen = through(&bytes);
        prop_assume!(seen.phase != Phase::Http2);
        let (heads, ends) = counted(&bytes);
        let (read, content) = read(&seen.out);
        // A client may ask by accident for a connection that is closed behind an answer.
        let left_unread = heads - read.len();
        prop_assert!(left_unread == 0 || read.last().is_some_and(|last| last.closes), "{}", String::from_utf8_lossy(&seen.out));
        prop_assert!(read.is_empty() == (heads == 0));
        let unended = read.iter().filter(|request| request.body.is_none()).count();
        prop_assert_eq!(unended, if left_unread == 0 { heads - ends } else { 0 });
        // It finds no fault of its own: if it is not content, a body had no end.
        prop_assert_eq!(content, unended == 0);
    }
}
