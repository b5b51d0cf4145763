#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Clients over real sockets: served one after the other, cut, gone, refused.

mod front;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use rust_core_native::ingress::{Deadlines, Part};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use front::{BRIEF, Front, GET, LONG, SOON, TOGETHER, rest, send, until};

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

#[tokio::test(start_paused = true)] // the clock goes on only where nobody has anything to do
async fn a_body_that_is_there_is_told_of_whole_in_however_many_pieces_it_is_read() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    let body = vec![b'x'; 40_000];
    for framing in ["content-length: 40000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n9c40\r\n"] {
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{framing}");
        let end = if framing.contains("chunked") { "\r\n0\r\n\r\n" } else { "" };
        client.write_all(&[head.as_bytes(), &body, end.as_bytes()].concat()).await.unwrap();
        let exchange = front.next().await;
        assert_eq!(exchange.body().take(), Some(Part::Bytes(Bytes::from(body.clone()), true)), "{framing}");
        exchange.answer(200, HeaderMap::new(), Bytes::from_static(b"all"));
        until(&mut client, "all").await;
    }
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
        send(&exchange, Bytes::from_static(b"some")).await;
        send(&exchange, Bytes::from_static(b"error")).await;
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
    while timeout(Duration::from_millis(300), send(&exchange, piece.clone())).await.is_ok() {
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
async fn a_body_that_comes_without_a_pause_is_told_of_whole_up_to_what_may_be_waited_for() {
    let mut wholes = 0;
    for size in [TOGETHER, TOGETHER + 1].repeat(20) {
        let mut front = Front::open().await;
        let client = front.client().await;
        let (_reading, mut writing) = client.into_split();
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n");
        let sending = tokio::spawn(async move {
            writing.write_all(&[head.as_bytes(), &vec![b'x'; size]].concat()).await.unwrap();
            writing
        });
        let exchange = front.next().await;
        let Some(Part::Bytes(bytes, is_last)) = exchange.body().take() else { panic!("it has come") };
        assert_eq!(is_last, bytes.len() == size);
        assert!(!is_last || size == TOGETHER, "it is larger than what may be waited for");
        wholes += usize::from(is_last);
        let mut came = bytes.len();
        while came < size {
            let Part::Bytes(more, _) = exchange.body().next().await else { panic!("it has an end") };
            came += more.len();
        }
        assert_eq!(came, size);
        sending.await.unwrap();
    }
    assert!(wholes > 5, "most of twenty were held up on their way");
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

/// More than a system takes for a client that reads nothing.
const FLOOD: usize = 256;

fn flood() -> Bytes {
    Bytes::from(vec![b'x'; 64 * 1024])
}

fn declaring(length: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static(length))])
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_its_connection_no_longer_than_the_last_bytes_may_take() {
    for ending in ["cut", "finish", "drop"] {
        let mut front = Front::held_to(Deadlines { close: BRIEF, ..LONG }).await;
        let mut client = front.client().await;
        client.write_all(GET).await.unwrap();
        let exchange = front.next().await;
        exchange.begin(200, HeaderMap::new());
        for _ in 0..FLOOD {
            let _ = exchange.send(flood());
        }
        match ending {
            "cut" => exchange.cut(),
            "finish" => drop(exchange.finish()),
            _ => drop(exchange),
        }
        front.stopped().await;
        assert!(rest(&mut client).await.0.len() < FLOOD * flood().len(), "{ending}");
    }
}

#[tokio::test]
async fn a_slow_client_misses_no_piece_whose_sender_waited_no_longer() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    let exchange = front.next().await;
    exchange.begin(200, HeaderMap::new());
    for _ in 0..FLOOD {
        let _ = exchange.send(flood());
    }
    assert!(exchange.send(Bytes::from_static(b"error")).is_some(), "there is room");
    assert!(exchange.finish().is_some());
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let answering = tokio::spawn(async move { rest(&mut client).await.0 });
    front.next().await.answer(200, HeaderMap::new(), Bytes::new());
    let said = answering.await.unwrap();
    assert_eq!(said.matches("xx").count(), FLOOD * flood().len() / 2);
    assert!(said.contains("error"));
}

#[tokio::test]
async fn a_client_that_has_all_that_was_declared_is_served() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    let exchange = front.next().await;
    exchange.begin(200, declaring("10"));
    send(&exchange, Bytes::from_static(b"first")).await;
    send(&exchange, Bytes::from_static(b"other")).await;
    until(&mut client, "firstother").await;
    drop(client);
    front.stopped().await;
    assert!(front.gone.try_recv().is_err());
    assert!(exchange.finish().is_none());
}

#[tokio::test]
async fn an_answer_in_pieces_of_which_none_are_sent_is_served() {
    let mut front = Front::open().await;
    for (method, declared) in [("GET", "0"), ("HEAD", "5")] {
        let mut client = front.client().await;
        client.write_all(format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        let exchange = front.next().await;
        exchange.begin(200, declaring(declared));
        send(&exchange, Bytes::from_static(b"hello")).await;
        exchange.cut();
        client.write_all(GET).await.unwrap();
        front.next().await.answer(200, HeaderMap::new(), Bytes::from_static(b"next"));
        let said = until(&mut client, "next").await;
        assert!(said.contains(&format!("content-length: {declared}\r\n")) && !said.contains("hello"), "{said}");
    }
    assert!(front.gone.try_recv().is_err());
}

#[tokio::test]
async fn an_answer_that_is_not_as_long_as_it_says_ends_its_connection() {
    for (declared, in_pieces) in [("9", false), ("9", true), ("2", false), ("2", true)] {
        let mut front = Front::open().await;
        let mut client = front.client().await;
        client.write_all(GET).await.unwrap();
        let exchange = front.next().await;
        if in_pieces {
            exchange.begin(200, declaring(declared));
            send(&exchange, Bytes::from_static(b"short")).await;
            let _ = exchange.finish();
        } else {
            exchange.answer(200, declaring(declared), Bytes::from_static(b"short"));
        }
        let (said, _) = rest(&mut client).await;
        let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert_ne!(body.len().to_string(), declared, "{said}");
    }
}

#[tokio::test]
async fn a_client_that_closes_its_side_has_the_answers_that_are_ready() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(&[GET, GET].concat()).await.unwrap();
    client.shutdown().await.unwrap();
    for body in ["one", "two"] {
        front.next().await.answer(200, HeaderMap::new(), Bytes::from_static(body.as_bytes()));
    }
    let (said, reset) = rest(&mut client).await;
    assert!(said.contains("one") && said.ends_with("two") && !reset, "{said}");
}

#[tokio::test]
async fn a_client_that_closes_its_side_is_told_of_at_once_and_has_what_is_said_all_the_same() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    client.shutdown().await.unwrap();
    let exchange = front.next().await;
    assert_eq!(front.next_gone().await, exchange.number);
    exchange.answer(200, HeaderMap::new(), Bytes::from_static(b"all"));
    let (said, reset) = rest(&mut client).await;
    assert!(said.ends_with("all") && !reset, "{said}");
    front.stopped().await;
    assert!(front.gone.try_recv().is_err(), "it is told of twice");
}

#[tokio::test]
async fn a_client_that_closed_its_side_is_not_waited_for_longer_than_the_last_bytes_may_take() {
    let mut front = Front::held_to(Deadlines { close: BRIEF, ..LONG }).await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    client.shutdown().await.unwrap();
    let _exchange = front.next().await;
    assert_eq!(rest(&mut client).await.0, "");
}

const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";

#[tokio::test]
async fn a_client_is_told_to_go_on_when_its_body_is_asked_for() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(POST).await.unwrap();
    let exchange = front.next().await;
    assert_eq!(exchange.body().take(), Some(Part::Bytes(Bytes::new(), false)));
    let body = exchange.body().clone();
    let reading = tokio::spawn(async move { body.next().await });
    assert_eq!(until(&mut client, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"abc").await.unwrap();
    assert_eq!(reading.await.unwrap(), Part::Bytes(Bytes::from_static(b"abc"), true));
}

#[tokio::test]
async fn a_client_whose_body_nobody_asked_for_is_not_told_to_go_on() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(POST).await.unwrap();
    front.next().await.answer(413, HeaderMap::new(), Bytes::from_static(b"no"));
    let (said, _) = rest(&mut client).await;
    assert!(said.starts_with("HTTP/1.1 413 ") && said.ends_with("no"), "{said}");
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_body_that_somebody_reads() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n").await.unwrap();
    let exchange = front.next().await;
    let body = exchange.body().clone();
    let reading = tokio::spawn(async move { body.next().await });
    tokio::task::yield_now().await; // now it reads
    exchange.answer(413, HeaderMap::new(), Bytes::from_static(b"no"));
    until(&mut client, "no").await;
    client.write_all(b"abc").await.unwrap();
    assert_eq!(reading.await.unwrap(), Part::Bytes(Bytes::from_static(b"abc"), true));
}

#[tokio::test]
async fn a_server_that_was_closed_waits_for_nobody_when_it_is_stopped() {
    let mut front = Front::open().await;
    let mut client = front.client().await;
    client.write_all(GET).await.unwrap();
    let _exchange = front.next().await;
    front.server.close();
    front.stopped().await;
}
