#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Clients over real sockets: served one after the other, cut, gone, refused.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rust_core_native::ingress::{Deadlines, Exchange, Host, Listener, Part, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
const GET: &[u8] = b"GET /x?y HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Hands on what it is told of.
struct Told {
    numbers: AtomicU64,
    asked: mpsc::UnboundedSender<Exchange>,
    gone: mpsc::UnboundedSender<u64>,
}

impl Host for Told {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn asked(&self, exchange: Exchange) {
        self.asked.send(exchange).ok();
    }

    fn gone(&self, number: u64) {
        self.gone.send(number).ok();
    }
}

struct Front {
    server: Server,
    port: u16,
    asked: mpsc::UnboundedReceiver<Exchange>,
    gone: mpsc::UnboundedReceiver<u64>,
}

impl Front {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asking, asked) = mpsc::unbounded_channel();
        let (going, gone) = mpsc::unbounded_channel();
        let host: Arc<dyn Host> = Arc::new(Told { numbers: AtomicU64::new(1), asked: asking, gone: going });
        let deadlines = Deadlines { head: SOON, idle: SOON, close: SOON };
        let server = Server::start(&tokio::runtime::Handle::current(), vec![Listener::Tcp(listener)], deadlines, &host);
        Self { server, port, asked, gone }
    }

    async fn client(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    async fn next(&mut self) -> Exchange {
        timeout(SOON, self.asked.recv()).await.expect("nobody asked").unwrap()
    }
}

async fn rest(client: &mut TcpStream) -> (String, bool) {
    let mut read = Vec::new();
    let ended = timeout(SOON, client.read_to_end(&mut read)).await.expect("it goes on");
    let reset = matches!(&ended, Err(error) if error.kind() == ErrorKind::ConnectionReset);
    (String::from_utf8(read).unwrap(), reset)
}

async fn until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).ends_with(end) {
        let mut byte = [0];
        timeout(SOON, client.read_exact(&mut byte)).await.expect("nothing comes").unwrap();
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn requests_of_a_connection_are_served_one_after_the_other() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    let post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    client.write_all(&[GET, post].concat()).await.unwrap();
    let first = front.next().await;
    assert_eq!((first.head.method.as_str(), first.head.uri.path(), first.head.uri.query()), ("GET", "/x", Some("y")));
    assert!(front.asked.try_recv().is_err(), "the second waits for its turn");
    first.answer(200, HeaderMap::new(), Bytes::from_static(b"one"));
    let second = front.next().await;
    assert_eq!(second.body().take(), Some(Part::Bytes(Bytes::from_static(b"abc"), true)));
    second.answer(404, HeaderMap::new(), Bytes::new());
    let said = until(&mut client, "content-length: 0\r\n").await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n"), "{said}");
    assert!(said.contains("one"));
}

#[tokio::test]
async fn a_client_that_leaves_is_told_of_however_much_it_has_sent_ahead() {
    let mut front = Front::open().await;
    for ahead in [0, 5_000] {
        let mut client = front.client().await;
        client.write_all(&[GET, &vec![b'x'; ahead]].concat()).await.unwrap();
        let exchange = front.next().await;
        drop(client);
        assert_eq!(timeout(SOON, front.gone.recv()).await.unwrap(), Some(exchange.number));
    }
}

#[tokio::test]
async fn a_client_that_was_served_is_not_told_of() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    front.next().await.answer(200, HeaderMap::new(), Bytes::from_static(b"all"));
    until(&mut client, "all").await;
    drop(client);
    front.server.stop(SOON).await;
    assert!(front.gone.try_recv().is_err());
}

#[tokio::test]
async fn what_was_sent_comes_before_a_cut_and_no_end_with_it() {
    for (version, by_reset) in [("1.1", false), ("1.0", true)] {
        let mut front = Front::open().await;
        let mut client = front.client().await;
        client.write_all(format!("GET / HTTP/{version}\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let exchange = front.next().await;
        exchange.begin(200, HeaderMap::new());
        exchange.send(Bytes::from_static(b"some")).await;
        exchange.send(Bytes::from_static(b"error")).await;
        exchange.cut();
        let (said, reset) = rest(&mut client).await;
        assert!(said.contains("some") && said.contains("error"), "{said}");
        assert!(!said.ends_with("0\r\n\r\n"));
        assert_eq!(reset, by_reset, "HTTP/{version}");
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_takes_no_more_than_a_bounded_many_pieces() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    let exchange = front.next().await;
    exchange.begin(200, HeaderMap::new());
    let piece = Bytes::from(vec![0; 64 * 1024]);
    let mut sent = 0;
    while timeout(Duration::from_millis(300), exchange.send(piece.clone())).await.is_ok() {
        sent += 1;
        assert!(sent < 1_000, "it is kept in memory");
    }
}

#[tokio::test]
async fn a_refused_head_is_answered_in_its_turn_and_ends_the_connection() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(&[GET, b"GET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"].concat()).await.unwrap();
    let first = front.next().await;
    assert_eq!(first.violation, None);
    first.answer(200, HeaderMap::new(), Bytes::from_static(b"one"));
    let refused = front.next().await;
    assert_eq!(refused.violation.as_ref().map(|violation| violation.status), Some(400));
    refused.answer(400, HeaderMap::new(), Bytes::from_static(b"no"));
    let (said, _) = rest(&mut client).await;
    assert!(said.ends_with("no") && said.contains("connection: close"), "{said}");
}

#[tokio::test]
async fn a_body_that_ends_nowhere_is_told_apart_from_a_client_that_went() {
    let mut front = Front::open().await;
    let head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut client = front.client().await;
    client.write_all(&[head.as_slice(), b"no size\r\n"].concat()).await.unwrap();
    assert!(matches!(front.next().await.body().take(), Some(Part::Malformed(_))));
    let mut client = front.client().await;
    client.write_all(&[head.as_slice(), b"5\r\nab"].concat()).await.unwrap();
    let exchange = front.next().await;
    assert_eq!(exchange.body().take(), Some(Part::Bytes(Bytes::from_static(b"ab"), false)));
    drop(client);
    assert_eq!(timeout(SOON, exchange.body().next()).await.unwrap(), Part::Gone);
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
    exchange.send(Bytes::from_static(b"piece")).await;
    exchange.finish().await;
    let answer = timeout(SOON, asking).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "piece");
}

#[tokio::test]
async fn a_stop_waits_for_answers_under_way_and_for_nobody_else() {
    let mut front = Front::open().await;
    let (mut busy, mut idle) = (front.client().await, front.client().await);
    idle.write_all(b"GET").await.unwrap();
    busy.write_all(GET).await.unwrap();
    let exchange = front.next().await;
    let stopping = tokio::spawn(async move {
        front.server.stop(SOON).await;
        Ok::<_, Infallible>(front)
    });
    assert_eq!(rest(&mut idle).await.0, "");
    exchange.answer(200, HeaderMap::new(), Bytes::from_static(b"last"));
    assert!(rest(&mut busy).await.0.ends_with("last"));
    let front = timeout(SOON, stopping).await.expect("somebody is waited for").unwrap().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", front.port)).await.is_err());
}
