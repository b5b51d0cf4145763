//! Answers whose work is done by who waits for them, to clients over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too

mod front;

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use front::{Front, GET, SOON, rest, send, until};
use hyper::HeaderMap;
use rust_core_native::ingress::Exchange;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

const OLD: &[u8] = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";

fn begun(exchange: &Exchange) {
    assert!(exchange.begin(200, HeaderMap::new()));
}

async fn asked(front: &Front, request: &[u8]) -> tokio::net::TcpStream {
    let mut client = front.client().await;
    client.write_all(request).await.unwrap();
    client
}

#[tokio::test]
async fn every_piece_comes_from_the_task_of_the_connection() {
    let front = Front::working(|exchange| {
        Box::pin(async move {
            let task = tokio::task::id();
            begun(&exchange);
            for _ in 0..3 {
                sleep(Duration::from_millis(5)).await;
                let piece = if tokio::task::id() == task { "same;" } else { "other;" };
                send(&exchange, Bytes::from(piece)).await;
            }
            drop(exchange.finish());
        })
    })
    .await;
    let mut client = asked(&front, GET).await;
    let answer = until(&mut client, "0\r\n\r\n").await;
    assert_eq!(answer.matches("same;").count(), 3, "{answer}");
}

#[tokio::test]
async fn work_goes_on_while_its_client_takes_nothing() {
    let front = Front::working(|exchange| {
        Box::pin(async move {
            begun(&exchange);
            let sends = async {
                loop {
                    send(&exchange, Bytes::from(vec![b'x'; 256 * 1024])).await;
                }
            };
            assert!(timeout(Duration::from_millis(300), sends).await.is_err());
            exchange.cut();
            let told = exchange.head.headers.get("tell").unwrap().to_str().unwrap().to_owned();
            drop(exchange);
            tokio::net::TcpStream::connect(told).await.unwrap();
        })
    })
    .await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tell = listener.local_addr().unwrap();
    let _client = asked(&front, format!("GET / HTTP/1.1\r\nHost: localhost\r\nTell: {tell}\r\n\r\n").as_bytes()).await;
    timeout(SOON, listener.accept()).await.expect("its deadline is not seen").unwrap();
}

#[tokio::test]
async fn work_for_a_client_that_has_gone_is_brought_to_its_end() {
    static TOLD: Mutex<Option<(oneshot::Receiver<()>, oneshot::Sender<()>)>> = Mutex::new(None);
    let ((go_on, told), (done, was_done)) = (oneshot::channel(), oneshot::channel());
    *TOLD.lock().unwrap() = Some((told, done));
    let mut front = Front::working(|exchange| {
        Box::pin(async move {
            let (told, done) = TOLD.lock().unwrap().take().unwrap();
            begun(&exchange);
            send(&exchange, Bytes::from_static(b"piece")).await;
            told.await.unwrap();
            done.send(()).unwrap();
        })
    })
    .await;
    let mut client = asked(&front, GET).await;
    until(&mut client, "piece\r\n").await;
    drop(client);
    front.next_gone().await;
    front.server.close();
    front.stopped().await;
    go_on.send(()).unwrap();
    timeout(SOON, was_done).await.expect("it was dropped").unwrap();
}

#[tokio::test]
async fn work_that_panics_cuts_its_answer() {
    let front = Front::working(|exchange| {
        Box::pin(async move {
            begun(&exchange);
            send(&exchange, Bytes::from_static(b"piece")).await;
            sleep(Duration::from_millis(20)).await;
            panic!("on purpose");
        })
    })
    .await;
    let (answer, _) = rest(&mut asked(&front, GET).await).await;
    assert!(answer.ends_with("5\r\npiece\r\n"), "{answer}");
    // There only a reset tells a cut from the end.
    let (mut client, mut read) = (asked(&front, OLD).await, Vec::new());
    let ended = timeout(SOON, tokio::io::AsyncReadExt::read_to_end(&mut client, &mut read)).await.unwrap();
    assert!(ended.is_err(), "{}", String::from_utf8_lossy(&read));
}

#[tokio::test]
async fn others_go_on_with_an_answer_that_work_has_begun() {
    static LEFT: Mutex<Option<mpsc::UnboundedSender<Exchange>>> = Mutex::new(None);
    let (leaving, mut left) = mpsc::unbounded_channel();
    *LEFT.lock().unwrap() = Some(leaving);
    let front = Front::working(|exchange| {
        Box::pin(async move {
            begun(&exchange);
            send(&exchange, Bytes::from_static(b"first,")).await;
            sleep(Duration::from_millis(5)).await;
            LEFT.lock().unwrap().as_ref().unwrap().send(exchange).unwrap();
        })
    })
    .await;
    let mut client = asked(&front, GET).await;
    until(&mut client, "first,\r\n").await;
    let exchange = timeout(SOON, left.recv()).await.unwrap().unwrap();
    sleep(Duration::from_millis(20)).await;
    for piece in ["second,", "third"] {
        send(&exchange, Bytes::from(piece)).await;
        until(&mut client, &format!("{piece}\r\n")).await;
    }
    drop(exchange.finish());
    until(&mut client, "0\r\n\r\n").await;
}

#[tokio::test]
async fn more_pieces_at_once_than_there_is_room_for_all_come() {
    let front = Front::working(|exchange| {
        Box::pin(async move {
            begun(&exchange);
            for number in 0..200 {
                send(&exchange, Bytes::from(format!("{number};"))).await;
            }
            drop(exchange.finish());
        })
    })
    .await;
    let mut client = asked(&front, GET).await;
    let answer = until(&mut client, "0\r\n\r\n").await;
    assert_eq!(answer.matches(';').count(), 200);
    client.write_all(GET).await.unwrap();
    until(&mut client, "0\r\n\r\n").await;
}
