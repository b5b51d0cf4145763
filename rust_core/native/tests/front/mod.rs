//! A server whose host is the test.

#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rust_core_native::ingress::{Deadlines, Exchange, Host, Listener, Server, Work};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

pub const SOON: Duration = Duration::from_secs(5);
pub const GET: &[u8] = b"GET /x?y HTTP/1.1\r\nHost: localhost\r\n\r\n";

pub const LONG: Deadlines = Deadlines { head: SOON, idle: SOON, close: SOON };
/// A deadline that a test waits for.
pub const BRIEF: Duration = Duration::from_millis(150);

/// So much of a body is waited for.
pub const TOGETHER: usize = 256 * 1024;

/// Hands on what it is told of.
struct Told {
    numbers: AtomicU64,
    asked: mpsc::UnboundedSender<Exchange>,
    gone: mpsc::UnboundedSender<u64>,
    work: Option<fn(Exchange) -> Work>,
}

impl Host for Told {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn most_together(&self) -> usize {
        TOGETHER
    }

    fn asked(&self, exchange: Exchange) -> Option<Work> {
        if let Some(work) = self.work {
            return Some(work(exchange));
        }
        self.asked.send(exchange).ok();
        None
    }

    fn gone(&self, number: u64) {
        self.gone.send(number).ok();
    }

    fn short(&self, _: String) {}
}

pub struct Front {
    pub server: Server,
    pub port: u16,
    pub asked: mpsc::UnboundedReceiver<Exchange>,
    pub gone: mpsc::UnboundedReceiver<u64>,
}

impl Front {
    pub async fn open() -> Self {
        Self::held_to(LONG).await
    }

    pub async fn held_to(deadlines: Deadlines) -> Self {
        Self::started(deadlines, None).await
    }

    /// Whoever waits for an answer does this for it.
    pub async fn working(work: fn(Exchange) -> Work) -> Self {
        Self::started(LONG, Some(work)).await
    }

    async fn started(deadlines: Deadlines, work: Option<fn(Exchange) -> Work>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asking, asked) = mpsc::unbounded_channel();
        let (going, gone) = mpsc::unbounded_channel();
        let host: Arc<dyn Host> = Arc::new(Told { numbers: AtomicU64::new(1), asked: asking, gone: going, work });
        let server = Server::start(&tokio::runtime::Handle::current(), vec![Listener::Tcp(listener)], deadlines, &host);
        Self { server, port, asked, gone }
    }

    pub async fn client(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    pub async fn next(&mut self) -> Exchange {
        timeout(SOON, self.asked.recv()).await.expect("nobody asked").unwrap()
    }

    /// The number of the client that leaves next.
    pub async fn next_gone(&mut self) -> u64 {
        timeout(SOON, self.gone.recv()).await.expect("nobody leaves").unwrap()
    }

    /// Returns once no connection is left, without closing any that is busy.
    pub async fn stopped(&self) {
        timeout(SOON, self.server.stop(SOON * 10)).await.expect("a connection stays");
    }
}

pub async fn rest(client: &mut TcpStream) -> (String, bool) {
    let mut read = Vec::new();
    let ended = timeout(SOON, client.read_to_end(&mut read)).await.expect("it goes on");
    let reset = matches!(&ended, Err(error) if error.kind() == ErrorKind::ConnectionReset);
    (String::from_utf8(read).unwrap(), reset)
}

pub async fn until(client: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).ends_with(end) {
        let mut byte = [0];
        timeout(SOON, client.read_exact(&mut byte)).await.expect("nothing comes").unwrap();
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

/// Sends a piece, and waits until there is room for the next.
pub async fn send(exchange: &Exchange, piece: Bytes) {
    if let Some(room) = exchange.send(piece) {
        room.await;
    }
}
