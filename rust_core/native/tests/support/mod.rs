//! A provider that plays, connection by connection, what each request on it comes to.

#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rust_core_native::transport::{Answer, Call, Endpoint, Failure, Origin, Pool, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// What a request comes to.
#[derive(Clone, Copy, Debug)]
pub enum Play {
    /// It is answered.
    Say(&'static str),
    /// It is answered, and nothing follows; the connection stays until the client closes it.
    Hang(&'static str),
    /// It is answered, and the connection is closed.
    Cut(&'static str),
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
}

pub const ANSWER: Play = Play::Say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");

/// What a provider has seen.
#[derive(Default)]
pub struct Seen {
    /// The heads of the requests that arrived whole, for each connection.
    pub requests: Vec<Vec<String>>,
}

pub struct Provider {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
    /// Told of each connection that its client has closed, or that the play has ended.
    pub ended: mpsc::UnboundedReceiver<usize>,
}

impl Provider {
    pub async fn playing(plays: Vec<Vec<Play>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (tell, ended) = mpsc::unbounded_channel();
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            for (number, plays) in plays.into_iter().enumerate() {
                let (stream, _) = listener.accept().await.unwrap();
                record.lock().unwrap().requests.push(Vec::new());
                let (record, tell) = (Arc::clone(&record), tell.clone());
                tokio::spawn(async move {
                    play(number, stream, plays, &record).await;
                    let _ = tell.send(number);
                });
            }
        });
        Self { port, seen, ended }
    }

    /// How many requests each connection has brought.
    pub fn requests(&self) -> Vec<usize> {
        self.seen.lock().unwrap().requests.iter().map(Vec::len).collect()
    }

    pub fn endpoint(&self) -> Endpoint {
        endpoint(Origin { secure: false, host: "127.0.0.1".to_owned(), port: self.port })
    }
}

async fn play(number: usize, mut stream: TcpStream, plays: Vec<Play>, seen: &Mutex<Seen>) {
    for play in plays {
        let Some(head) = head(&mut stream).await else { return };
        seen.lock().unwrap().requests[number].push(head);
        match play {
            Play::Say(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Play::Hang(answer) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                break;
            }
            Play::Cut(answer) => return stream.write_all(answer.as_bytes()).await.unwrap(),
            Play::Close => return,
            Play::Reset => return socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap(),
        }
    }
    let mut rest = [0; 1];
    let _ = stream.read(&mut rest).await;
}

/// A request's head, when its body `{}` has come too; none when the client has closed the connection.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        let mut byte = [0; 1];
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    request.truncate(request.len() - 2);
    Some(String::from_utf8(request).unwrap())
}

pub fn endpoint(origin: Origin) -> Endpoint {
    let header = |name: &'static str, value: &'static str| {
        (hyper::header::HeaderName::from_static(name), hyper::header::HeaderValue::from_static(value))
    };
    Endpoint::new(
        origin,
        Bytes::from_static(b"/v1"),
        vec![header("authorization", "Bearer sk-secret")],
        vec![header("x-version", "default")],
        Bytes::from_static(b"api-version=1"),
    )
    .unwrap()
}

pub fn pool(settings: Settings) -> Arc<Pool> {
    Pool::new(Handle::current(), settings)
}

pub fn patient() -> Settings {
    Settings { stale_within: Duration::from_secs(5), ..Settings::default() }
}

pub fn call() -> Call {
    Call {
        method: hyper::Method::POST,
        path: Bytes::from_static(b"/chat"),
        query: Bytes::new(),
        headers: Vec::new(),
        body: Bytes::from_static(b"{}"),
        connect_timeout: Duration::from_secs(5),
    }
}

pub async fn whole(mut answer: Answer) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece?);
    }
    Ok(body)
}

pub async fn ask(endpoint: &Endpoint, pool: &Arc<Pool>) -> Result<Vec<u8>, Failure> {
    whole(endpoint.send(pool, call()).await?).await
}

/// A file of the tests of the whole.
pub fn corpus(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "tests", "corpus", "tls", name].iter().collect()
}
