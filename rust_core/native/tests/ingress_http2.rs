#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Clients of HTTP/2: served, refused, and held to deadlines.

mod front;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rust_core_native::ingress::{Deadlines, Exchange};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use front::{BRIEF, Front, LONG, SOON, send};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// Streams are given no window.
const NO_WINDOW: &[u8] = &[0, 4, 0, 0, 0, 0];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field, spelt out.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

fn head(fields: &[(&str, &str)]) -> Vec<u8> {
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
    frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)
}

fn get(path: &str) -> Vec<u8> {
    head(&[(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "localhost")])
}

/// A client that has begun to speak, with these settings.
async fn client(front: &Front, settings: &[u8]) -> TcpStream {
    let mut client = front.client().await;
    client.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()).await.unwrap();
    client
}

async fn closed(client: &mut TcpStream) {
    let mut read = Vec::new();
    timeout(SOON, client.read_to_end(&mut read)).await.expect("it stays open").ok();
}

#[tokio::test]
async fn http2_without_a_word_before_is_served_too() {
    let mut front = Front::open().await;
    let stream = TokioIo::new(front.client().await);
    let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://localhost/v1/models").body(Empty::<Bytes>::new()).unwrap();
    let asking = tokio::spawn(async move { client.send_request(request).await });
    let exchange = front.next().await;
    assert_eq!(exchange.head.headers["host"], "localhost");
    exchange.begin(200, HeaderMap::new());
    send(&exchange, Bytes::from_static(b"piece")).await;
    let _ = exchange.finish();
    let answer = timeout(SOON, asking).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "piece");
}

#[tokio::test]
async fn a_connection_without_a_first_request_is_closed_when_that_is_late() {
    let front = Front::held_to(Deadlines { head: BRIEF, ..LONG }).await;
    let half = frame(HEADERS, 0, 1, &field(":method", "GET"));
    for begun in [PREFACE.to_vec(), [PREFACE, &frame(SETTINGS, 0, 0, &[]), &half].concat()] {
        let mut client = front.client().await;
        client.write_all(&begun).await.unwrap();
        closed(&mut client).await;
    }
}

#[tokio::test]
async fn a_connection_that_pauses_for_too_long_is_closed() {
    let mut front = Front::held_to(Deadlines { idle: BRIEF, ..LONG }).await;
    let mut client = client(&front, &[]).await;
    client.write_all(&get("/")).await.unwrap();
    front.next().await.answer(200, HeaderMap::new(), Bytes::from_static(b"all"));
    closed(&mut client).await;
    assert!(front.gone.try_recv().is_err());
}

#[tokio::test]
async fn a_request_that_is_not_answered_yet_is_measured_by_no_deadline() {
    let mut front = Front::held_to(Deadlines { head: BRIEF, idle: BRIEF, close: BRIEF }).await;
    let mut busy = client(&front, &[]).await;
    busy.write_all(&get("/")).await.unwrap();
    let exchange = front.next().await;
    for _ in 0..3 {
        closed(&mut client(&front, &[]).await).await;
    }
    assert!(front.gone.try_recv().is_err());
    exchange.answer(200, HeaderMap::new(), Bytes::from_static(b"answered"));
    let mut said = Vec::new();
    timeout(SOON, busy.read_to_end(&mut said)).await.unwrap().unwrap();
    assert!(said.ends_with(b"answered"));
}

#[tokio::test]
async fn a_client_that_opens_no_window_holds_its_connection_no_longer_than_the_last_bytes_may_take() {
    let in_pieces = |exchange: Exchange| {
        exchange.begin(200, HeaderMap::new());
        let _ = exchange.send(Bytes::from_static(b"piece"));
        let _ = exchange.finish();
    };
    let whole = |exchange: Exchange| {
        exchange.answer(200, HeaderMap::new(), Bytes::from_static(b"all"));
    };
    for answer in [&in_pieces as &dyn Fn(Exchange), &whole] {
        let mut front = Front::held_to(Deadlines { close: BRIEF, ..LONG }).await;
        let mut client = client(&front, NO_WINDOW).await;
        client.write_all(&get("/")).await.unwrap();
        answer(front.next().await);
        closed(&mut client).await;
        front.stopped().await;
    }
}

#[tokio::test]
async fn a_head_that_the_gate_would_refuse_is_refused_here_too() {
    let mut front = Front::open().await;
    let all = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "localhost")];
    let hosts = |hosts: &[&'static str]| {
        head(&[&all[..], &hosts.iter().map(|host| ("host", *host)).collect::<Vec<_>>()].concat())
    };
    for (sent, status, path) in [
        (get("/\u{e9}"), Some(400), None),
        (get("/x?\u{e9}"), Some(400), Some("/x")),
        (hosts(&["evil"]), Some(400), Some("/")),
        (hosts(&["localhost", "localhost"]), Some(400), Some("/")),
        (hosts(&["LOCALHOST"]), None, None),
        (head(&[(":method", "CONNECT"), (":authority", "localhost:80")]), Some(501), Some("")),
    ] {
        let mut client = client(&front, &[]).await;
        client.write_all(&sent).await.unwrap();
        let violation = front.next().await.violation;
        assert_eq!(violation.as_ref().map(|violation| violation.status), status);
        assert_eq!(violation.and_then(|violation| violation.target).as_deref(), path.map(str::as_bytes));
    }
}
