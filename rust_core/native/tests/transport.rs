#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Connections over real sockets: kept, found dead, given up.

mod support;

use std::time::Duration;

use rust_core_native::transport::{Settings, Signal};
use support::{ANSWER, Play, Provider, ask, call, patient, pool, whole};
use tokio::time::{advance, pause, timeout};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_connection_whose_answer_was_read_serves_again() {
    let provider = Provider::playing(vec![vec![ANSWER, ANSWER, ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    for _ in 0..3 {
        assert_eq!(ask(&endpoint, &pool).await.unwrap(), b"{}");
        assert_eq!(pool.idle(), 1);
    }
    assert_eq!(provider.requests(), [3]);
}

#[tokio::test]
async fn a_body_with_a_known_length_frees_its_connection_with_its_last_byte() {
    let provider = Provider::playing(vec![vec![ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let mut answer = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap(), "{}");
    assert_eq!(pool.idle(), 1, "before anybody asks for more");
    assert!(answer.body.next().await.is_none());
    assert_eq!(pool.idle(), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_have_connections_of_their_own_and_the_last_to_rest_serves_first() {
    let provider = Provider::playing(vec![vec![ANSWER, ANSWER], vec![ANSWER, ANSWER, ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let first = endpoint.send(&pool, call()).await.unwrap();
    let second = endpoint.send(&pool, call()).await.unwrap();
    whole(first).await.unwrap();
    whole(second).await.unwrap();
    assert_eq!(pool.idle(), 2);
    ask(&endpoint, &pool).await.unwrap();
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(provider.requests(), [1, 3]);
}

#[tokio::test]
async fn no_more_rest_than_may_and_the_longest_at_rest_goes() {
    let mut provider = Provider::playing(vec![vec![ANSWER, ANSWER], vec![ANSWER, ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(Settings { most_idle: 1, ..patient() }));
    let first = endpoint.send(&pool, call()).await.unwrap();
    let second = endpoint.send(&pool, call()).await.unwrap();
    whole(first).await.unwrap();
    whole(second).await.unwrap();
    assert_eq!(pool.idle(), 1);
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0));
}

#[tokio::test]
async fn a_connection_that_rests_too_long_is_closed_without_anybody_asking() {
    let mut provider = Provider::playing(vec![vec![ANSWER, ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(Settings::default()));
    ask(&endpoint, &pool).await.unwrap();
    tokio::task::yield_now().await; // whoever sweeps looks at the clock
    pause();
    advance(Duration::from_secs(29)).await;
    assert_eq!(pool.idle(), 1);
    advance(Duration::from_secs(10)).await;
    assert_eq!(provider.ended.recv().await, Some(0));
    assert_eq!(pool.idle(), 0);
}

#[tokio::test]
async fn a_connection_that_has_rested_too_long_is_not_asked_even_if_nobody_has_swept() {
    let provider = Provider::playing(vec![vec![ANSWER, ANSWER], vec![ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(Settings { keep: Duration::ZERO, ..patient() }));
    ask(&endpoint, &pool).await.unwrap();
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(provider.requests(), [1, 1]);
}

#[tokio::test]
async fn a_connection_that_is_known_to_be_closed_is_not_asked() {
    let mut provider = Provider::playing(vec![
        vec![Play::Say("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}")],
        vec![ANSWER],
    ])
    .await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(pool.idle(), 0);
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0));
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(provider.requests(), [1, 1]);
}

#[tokio::test]
async fn a_call_that_finds_its_connection_closed_is_sent_again_on_a_fresh_one() {
    for end in [Play::Close, Play::Reset] {
        let provider = Provider::playing(vec![vec![ANSWER, end], vec![ANSWER]]).await;
        let (endpoint, pool) = (provider.endpoint(), pool(patient()));
        ask(&endpoint, &pool).await.unwrap();
        assert_eq!(ask(&endpoint, &pool).await.unwrap(), b"{}");
        assert_eq!(provider.requests(), [2, 1], "{end:?}");
    }
}

#[tokio::test]
async fn it_is_sent_again_once_and_not_on_another_kept_connection() {
    for end in [Play::Close, Play::Reset] {
        let provider = Provider::playing(vec![vec![ANSWER, end], vec![ANSWER, end], vec![end], vec![ANSWER]]).await;
        let (endpoint, pool) = (provider.endpoint(), pool(patient()));
        let first = endpoint.send(&pool, call()).await.unwrap();
        ask(&endpoint, &pool).await.unwrap();
        whole(first).await.unwrap();
        assert_eq!(ask(&endpoint, &pool).await.unwrap_err().signal, Signal::Reset);
        assert_eq!(provider.requests(), [2, 1, 1], "{end:?}");
    }
}

#[tokio::test]
async fn a_fresh_connection_that_ends_without_an_answer_is_a_failure() {
    for end in [Play::Close, Play::Reset] {
        let provider = Provider::playing(vec![vec![end], vec![ANSWER]]).await;
        let failure = ask(&provider.endpoint(), &pool(patient())).await.unwrap_err();
        assert_eq!(failure.signal, Signal::Reset);
        assert_eq!(provider.requests(), [1]);
    }
}

#[tokio::test]
async fn a_call_whose_answer_has_begun_is_not_sent_again() {
    let provider = Provider::playing(vec![vec![ANSWER, Play::Cut("HTTP/1.1 ")], vec![ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(ask(&endpoint, &pool).await.unwrap_err().signal, Signal::Reset);
    assert_eq!(provider.requests(), [2]);
}

#[tokio::test]
async fn a_provider_that_kept_the_request_for_a_while_is_not_asked_again() {
    let provider = Provider::playing(vec![vec![ANSWER, Play::Close], vec![ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(Settings { stale_within: Duration::ZERO, ..patient() }));
    ask(&endpoint, &pool).await.unwrap();
    assert_eq!(ask(&endpoint, &pool).await.unwrap_err().signal, Signal::Reset);
    assert_eq!(provider.requests(), [2]);
}

#[tokio::test]
async fn an_answer_dropped_before_its_end_closes_its_connection() {
    const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf";
    let mut provider = Provider::playing(vec![vec![Play::Hang(HALF)]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let mut answer = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap(), "half");
    assert!(answer.body.try_next().is_none());
    drop(answer);
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0));
    assert_eq!(pool.idle(), 0);
}

#[tokio::test]
async fn a_call_that_is_given_up_before_its_head_came_closes_its_connection() {
    let mut provider = Provider::playing(vec![vec![ANSWER, Play::Hang("")]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    ask(&endpoint, &pool).await.unwrap();
    assert!(timeout(Duration::from_millis(50), endpoint.send(&pool, call())).await.is_err());
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0));
    assert_eq!(provider.requests(), [2]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failure_and_nothing_follows() {
    for head in ["transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", "content-length: 9\r\n\r\nhalf"] {
        let broken = format!("HTTP/1.1 200 OK\r\n{head}").leak();
        let provider = Provider::playing(vec![vec![ANSWER, Play::Cut(broken)], vec![ANSWER]]).await;
        let (endpoint, pool) = (provider.endpoint(), pool(patient()));
        ask(&endpoint, &pool).await.unwrap();
        let mut answer = endpoint.send(&pool, call()).await.unwrap();
        assert_eq!(answer.body.next().await.unwrap().unwrap(), "half");
        assert_eq!(answer.body.next().await.unwrap().unwrap_err().signal, Signal::Reset);
        assert!(answer.body.next().await.is_none());
        assert_eq!(pool.idle(), 0);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_decoded_is_a_failure_and_closes_its_connection() {
    const LIE: &str = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nno gzip";
    let mut provider = Provider::playing(vec![vec![Play::Hang(LIE)]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let mut answer = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap_err().signal, Signal::Reset);
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0), "while the answer is still held");
}

#[tokio::test]
async fn an_answer_without_a_body_frees_its_connection_with_its_head() {
    let provider = Provider::playing(vec![vec![Play::Say("HTTP/1.1 204 No Content\r\n\r\n")]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let mut answer = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!((answer.status, pool.idle()), (204, 1));
    assert!(answer.body.next().await.is_none());
}

#[tokio::test]
async fn closing_closes_what_rests_and_keeps_nothing_more() {
    let mut provider = Provider::playing(vec![vec![ANSWER], vec![ANSWER], vec![ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let under_way = endpoint.send(&pool, call()).await.unwrap();
    ask(&endpoint, &pool).await.unwrap();
    pool.close();
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(1));
    assert_eq!(whole(under_way).await.unwrap(), b"{}");
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0));
    assert_eq!(pool.idle(), 0);
}

#[tokio::test]
async fn interim_answers_and_trailers_are_passed_over() {
    const LONG: &str = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
        HTTP/1.1 200 OK\r\nX-Name: Value\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n\
        2\r\n{}\r\n0\r\nx-t: 1\r\n\r\n";
    let provider = Provider::playing(vec![vec![Play::Say(LONG), ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let answer = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get("x-name").unwrap(), "Value");
    assert!(!answer.headers.contains_key("link"));
    assert_eq!(whole(answer).await.unwrap(), b"{}");
    assert_eq!(pool.idle(), 1);
    ask(&endpoint, &pool).await.unwrap();
}

#[tokio::test]
async fn an_answer_may_have_many_headers() {
    let headers: Vec<_> = (0..200).map(|number| format!("x-{number}: value\r\n")).collect();
    let headers = headers.concat();
    let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}").leak();
    let provider = Provider::playing(vec![vec![Play::Say(answer)]]).await;
    let answer = provider.endpoint().send(&pool(patient()), call()).await.unwrap();
    assert_eq!(answer.headers.get("x-199").unwrap(), "value");
    assert_eq!(whole(answer).await.unwrap(), b"{}");
}

#[tokio::test]
async fn a_provider_that_switches_protocols_unasked_has_not_answered() {
    const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
    let provider = Provider::playing(vec![vec![Play::Hang(SWITCH)]]).await;
    assert_eq!(ask(&provider.endpoint(), &pool(patient())).await.unwrap_err().signal, Signal::Reset);
}

#[tokio::test]
async fn a_request_says_what_the_endpoint_and_the_call_say() {
    let provider = Provider::playing(vec![vec![ANSWER, ANSWER]]).await;
    let (endpoint, pool) = (provider.endpoint(), pool(patient()));
    let header = |name: &'static str, value: &'static str| {
        (hyper::header::HeaderName::from_static(name), hyper::header::HeaderValue::from_static(value))
    };
    let mut call = call();
    call.query = "alt=a b".into();
    call.headers = vec![
        header("authorization", "of the client"),
        header("x-version", "of the client"),
        header("x-twice", "1"),
        header("x-twice", "2"),
    ];
    whole(endpoint.send(&pool, call).await.unwrap()).await.unwrap();
    let head = provider.seen.lock().unwrap().requests[0][0].clone();
    assert_eq!(
        head.lines().collect::<Vec<_>>(),
        [
            "POST /v1/chat?alt=a%20b&api-version=1 HTTP/1.1",
            &format!("host: 127.0.0.1:{}", provider.port),
            "x-version: of the client",
            "x-twice: 1",
            "x-twice: 2",
            "authorization: Bearer sk-secret",
            "content-type: application/json",
            "accept-encoding: identity",
            "content-length: 2",
            "",
        ]
    );
    ask(&endpoint, &pool).await.unwrap();
    let head = provider.seen.lock().unwrap().requests[0][1].clone();
    assert!(head.contains("\r\nx-version: default\r\n") && head.starts_with("POST /v1/chat?api-version=1 "));
}

#[tokio::test]
async fn no_representation_tells_a_credential() {
    let provider = Provider::playing(vec![]).await;
    assert!(!format!("{:?} {:?}", provider.endpoint(), pool(patient())).contains("secret"));
}

#[tokio::test]
async fn nobody_listening_is_told_from_nobody_answering() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = |port| rust_core_native::transport::Origin { secure: false, host: "localhost".to_owned(), port };
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let refused = ask(&support::endpoint(origin(port)), &pool(patient())).await.unwrap_err();
    assert_eq!(refused.signal, Signal::ConnectFailed);
    assert!(refused.detail.contains("refused"), "{refused}");

    let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    full.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    let _waiting: Vec<_> = (0..4)
        .map(|_| {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address.into());
            socket
        })
        .collect();
    let mut slow = call();
    slow.connect_timeout = Duration::from_millis(200);
    let failure = support::endpoint(origin(address.port())).send(&pool(patient()), slow).await.unwrap_err();
    assert_eq!(failure.signal, Signal::ConnectTimeout);
    assert_eq!(failure.detail, "no connection within 0.2 s");
}
