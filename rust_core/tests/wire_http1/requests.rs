//! Requests that a gate has to pass, and what may become of them on the way.

use proptest::prelude::*;

/// A request, as its client meant it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    pub(crate) http_11: bool,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Length(Vec<u8>),
    Chunked { chunks: Vec<(Vec<u8>, &'static str)>, last: &'static str, trailer: &'static str },
}

impl Request {
    /// It as it stands on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let version = if self.http_11 { "1.1" } else { "1.0" };
        let mut head = format!("{} {} HTTP/{version}\r\nHost: localhost\r\n", self.method, self.target);
        for (name, value) in &self.fields {
            head.extend([*name, ":", value, "\r\n"]);
        }
        if !self.http_11 {
            head.push_str("Connection: keep-alive\r\n");
        }
        match &self.body {
            Body::None => {}
            Body::Length(body) => head.extend(["content-length: ", &body.len().to_string(), "\r\n"]),
            Body::Chunked { .. } => head.push_str("Transfer-Encoding: Chunked\r\n"),
        }
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        match &self.body {
            Body::None => {}
            Body::Length(body) => bytes.extend_from_slice(body),
            Body::Chunked { chunks, last, trailer } => {
                for (data, extension) in chunks {
                    bytes.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
                    bytes.extend_from_slice(data);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(format!("{last}\r\n{trailer}\r\n").as_bytes());
            }
        }
        bytes
    }

    /// Its body, without what frames it.
    pub(crate) fn content(&self) -> Vec<u8> {
        match &self.body {
            Body::None => Vec::new(),
            Body::Length(body) => body.clone(),
            Body::Chunked { chunks, .. } => chunks.iter().flat_map(|(data, _)| data.clone()).collect(),
        }
    }
}

/// Requests one behind the other, and the bytes that they are.
pub(crate) fn pipeline() -> impl Strategy<Value = Vec<Request>> {
    prop::collection::vec(request(), 1..5)
}

pub(crate) fn wire(requests: &[Request]) -> Vec<u8> {
    requests.iter().flat_map(Request::bytes).collect()
}

/// Bytes of requests, some of which are changed.
pub(crate) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..4u8, scrap());
    (pipeline(), prop::collection::vec(change, 0..4)).prop_map(|(requests, changes)| {
        let mut bytes = wire(&requests);
        for (place, kind, scrap) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => drop(bytes.splice(at..at, scrap.iter().copied())),
                1 => drop(bytes.splice(at..=at, scrap.iter().copied())),
                2 => drop(bytes.remove(at)),
                _ => {
                    // Where lines end is where most can go wrong.
                    let end = bytes[at..].windows(2).position(|pair| pair == b"\r\n").map_or(at, |found| at + found);
                    drop(bytes.splice(end..end, scrap.iter().copied()));
                }
            }
            if bytes.is_empty() {
                bytes.push(b'\n');
            }
        }
        bytes
    })
}

/// What makes requests of others out of requests.
fn scrap() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "\n",
        "\r",
        "\r\n",
        "\r\n\r\n",
        "\r\n ",
        " ",
        "\t",
        ":",
        ";",
        "0",
        "f",
        "-1",
        "+",
        ",",
        "0\r\n\r\n",
        "\r\nHost: evil",
        "\r\nContent-Length: 3",
        "\r\nContent-Length : 3",
        "\r\nTransfer-Encoding: chunked",
        "\r\nTransfer-Encoding: gzip, chunked",
        "\r\nTransfer-Encoding:\u{b}chunked",
        "\r\nX: \u{e9}",
        "\0",
        "\u{7f}",
        "HTTP/2.0",
        "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\"",
        "#",
        "%",
    ])
    .prop_map(|text| text.as_bytes().to_vec());
    prop_oneof![3 => known, 1 => prop::collection::vec(any::<u8>(), 1..3)]
}

fn request() -> impl Strategy<Value = Request> {
    let method = prop::sample::select(vec!["GET", "POST", "HEAD", "OPTIONS", "PATCH", "x-own"]);
    let target = prop::sample::select(vec![
        "/",
        "/v1/chat/completions",
        "/v1/messages?beta=true",
        "/v1beta/models/m:streamGenerateContent?alt=sse&key=%20",
        "http://127.0.0.1:8484/v1/models",
        "HTTPS://[::1]:1/v1/models?x=1",
        "http://localhost",
        "/a{b}|c~",
    ]);
    let field = (
        prop::sample::select(vec!["X-A", "accept", "!#$%&'*+-.^_`|~09", "Authorization"]),
        prop::sample::select(vec!["", " ", " a", "a \t", "\t b: c; d=\"e\" ", " \u{e9}", " a, b", " 0"]),
    );
    let fields = prop::collection::vec(field.prop_map(|(name, value)| (name, value.to_owned())), 0..5);
    (method, target, any::<bool>(), fields, body()).prop_map(|(method, target, http_11, fields, body)| {
        let body = match body {
            Body::Chunked { .. } if !http_11 => Body::Length(b"plain".to_vec()),
            body => body,
        };
        Request { method, target, http_11, fields, body }
    })
}

fn body() -> impl Strategy<Value = Body> {
    let data = || {
        prop_oneof![prop::collection::vec(any::<u8>(), 1..40), Just(b"\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec())]
    };
    let extension = prop::sample::select(vec!["", ";a", ";a=b", "; a = \"b c\"", ";"]);
    let trailer = prop::sample::select(vec!["", "X-T: 1\r\n", "a:\r\nb: \u{e9}\t\r\n"]);
    let last = prop::sample::select(vec!["0", "000", "0;x"]);
    let chunked = (prop::collection::vec((data(), extension), 0..4), last, trailer);
    prop_oneof![
        Just(Body::None),
        prop_oneof![Just(Vec::new()), data()].prop_map(Body::Length),
        chunked.prop_map(|(chunks, last, trailer)| Body::Chunked { chunks, last, trailer }),
    ]
}
