//! An attempt whose provider plays, and a client that has its answer.

#![allow(dead_code, unreachable_pub)] // each test uses a part of it

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use rust_core_native::attempt::{Break, Committed, Failed, Patience, PlainAnswer, Reading, StreamAnswer, ask};
use rust_core_native::transport::{Endpoint, Origin, Pool};
use rust_core_pure::wire::{Dialect, Usage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::front::{Front, rest};
use crate::support::{Play, Provider, call, endpoint, patient, pool};

pub const SOON: Duration = Duration::from_secs(5);
pub const BRIEF: Duration = Duration::from_millis(200);
pub const AGES: Duration = Duration::from_secs(3600);

pub const ROLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
pub const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
pub const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
pub const DONE: &str = "data: [DONE]\n\n";
pub const ERROR: &str = "data: {\"error\":{\"message\":\"no more\"}}\n\n";

pub fn cost() -> Usage {
    Usage { prompt: 3, completion: 2, ..Usage::default() }
}

/// A stream without an end.
pub fn open(pieces: &[&str]) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |piece: &&str| format!("{:x}\r\n{piece}\r\n", piece.len());
    [head.to_owned()].into_iter().chain(pieces.iter().map(chunk)).collect()
}

/// A stream with its end.
pub fn ended(pieces: &[&str]) -> String {
    open(pieces) + "0\r\n\r\n"
}

pub fn plain(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/JSON ; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn say(answer: String) -> Play {
    Play::Say(answer.leak())
}

pub fn hang(answer: String) -> Play {
    Play::Hang(answer.leak())
}

pub fn cut(answer: String) -> Play {
    Play::Cut(answer.leak())
}

/// How a plain answer is read.
pub fn whole() -> Reading {
    Reading { wire: Dialect::OpenAi, stream: false, hide_usage: false, choices: 1, last_event: None }
}

/// How a stream is read.
pub fn stream() -> Reading {
    Reading { stream: true, last_event: Some(Bytes::from_static(DONE.as_bytes())), ..whole() }
}

pub fn patience() -> Patience {
    Patience { first_byte: SOON, idle: SOON, attempt: None, until: Instant::now() + SOON * 2 }
}

/// Where a call goes, over connections that are kept.
pub struct Asked {
    pub endpoint: Endpoint,
    pub pool: Arc<Pool>,
    pub provider: Option<Provider>,
}

impl Asked {
    pub async fn playing(plays: Vec<Play>) -> Self {
        let provider = Provider::playing(vec![plays]).await;
        Self { endpoint: provider.endpoint(), pool: pool(patient()), provider: Some(provider) }
    }

    /// A provider that writes a head and then one thing, so many times.
    pub async fn repeating(head: &'static str, thing: String, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..times {
                if stream.write_all(thing.as_bytes()).await.is_err() {
                    return;
                }
            }
            stream.shutdown().await.ok();
            let _ = stream.read_to_end(&mut Vec::new()).await; // what is unread would make its end a reset
        });
        let origin = Origin { secure: false, host: "127.0.0.1".to_owned(), port };
        Self { endpoint: endpoint(origin), pool: pool(patient()), provider: None }
    }

    pub async fn ask(&self, reading: &Reading, patience: &Patience) -> Result<Committed, Box<Failed>> {
        ask(&self.endpoint, &self.pool, call(), reading, patience).await
    }

    pub async fn plain(&self) -> PlainAnswer {
        match self.ask(&whole(), &patience()).await.unwrap() {
            Committed::Plain(answer) => answer,
            Committed::Stream(answer) => unreachable!("{answer:?}"),
        }
    }

    pub async fn stream(&self, reading: &Reading, patience: &Patience) -> Box<StreamAnswer> {
        match self.ask(reading, patience).await.unwrap() {
            Committed::Stream(answer) => answer,
            Committed::Plain(answer) => unreachable!("{answer:?}"),
        }
    }

    /// Signal, detail and body of what came to nothing.
    pub async fn broke(&self, reading: &Reading, patience: &Patience) -> (&'static str, String, Option<Bytes>) {
        match *self.ask(reading, patience).await.unwrap_err() {
            Failed::Broke { signal, detail, body } => (signal, detail, body),
            refused @ Failed::Refused { .. } => unreachable!("{refused:?}"),
        }
    }

    pub async fn refused(&self, patience: &Patience) -> (u16, HeaderMap, Bytes) {
        match *self.ask(&stream(), patience).await.unwrap_err() {
            Failed::Refused { status, headers, body } => (status, headers, body),
            broke @ Failed::Broke { .. } => unreachable!("{broke:?}"),
        }
    }
}

/// What became of a stream.
pub struct Relayed {
    pub answer: Box<StreamAnswer>,
    /// How it ended.
    pub end: Result<Bytes, Break>,
    /// What the client had.
    pub had: String,
    pub took: Duration,
}

impl Relayed {
    pub fn signal(&self) -> (&'static str, &str) {
        let broken = self.end.as_ref().unwrap_err();
        (broken.signal, &broken.detail)
    }
}

/// Asks for a stream and passes it on to a client.
pub async fn relayed(plays: Vec<Play>, reading: &Reading) -> Relayed {
    let answer = Asked::playing(plays).await.stream(reading, &patience()).await;
    passed_on(answer).await
}

/// Passes a stream on to a client that reads it.
pub async fn passed_on(mut answer: Box<StreamAnswer>) -> Relayed {
    let mut front = Front::open().await;
    let mut client = asking(&front).await;
    let exchange = front.next().await;
    assert!(exchange.begin(answer.status(), HeaderMap::new()));
    let reads = tokio::spawn(async move { rest(&mut client).await.0 });
    let (sent, began) = (AtomicU64::new(0), Instant::now());
    let end = answer.relay(&exchange, &sent).await;
    let took = began.elapsed();
    exchange.finish();
    let had = reads.await.unwrap();
    let had = had.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(had.len() as u64, sent.load(Ordering::Relaxed));
    Relayed { answer, end, had, took }
}

/// A client whose answer ends with its connection.
pub async fn asking(front: &Front) -> TcpStream {
    let mut client = front.client().await;
    client.write_all(b"GET /x HTTP/1.0\r\nHost: localhost\r\n\r\n").await.unwrap();
    client
}
