#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Streams over real sockets, from a provider to a client.

mod attempting;
mod front;
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use attempting::{
    AGES, Asked, BRIEF, DONE, ERROR, ROLE, SOON, STOP, TEXT, USAGE, asking, cost, cut, ended, hang, open, passed_on,
    patience, relayed, say, stream,
};
use front::Front;
use hyper::HeaderMap;
use rust_core_native::attempt::{Patience, Reading};
use rust_core_pure::wire::Dialect;
use support::ANSWER;
use tokio::time::{Instant, pause, timeout};

#[tokio::test]
async fn a_stream_is_passed_on_byte_for_byte_however_it_is_cut() {
    let whole = [ROLE, ": c\r\n\r\n", TEXT, STOP, USAGE, DONE].concat();
    let bytes: Vec<_> = (0..whole.len()).map(|at| &whole[at..=at]).collect();
    let twos = (1..whole.len()).map(|at| vec![&whole[..at], &whole[at..]]);
    for pieces in twos.chain([bytes, vec![&whole]]) {
        let relayed = relayed(vec![say(ended(&pieces))], &stream()).await;
        assert_eq!(relayed.had, whole);
        assert_eq!(relayed.end.unwrap(), "", "it has its last event");
        assert_eq!(relayed.answer.usage(), Some(cost()));
    }
}

#[tokio::test]
async fn nothing_behind_the_last_event_is_passed_on_or_waited_for() {
    let relayed = relayed(vec![hang(open(&[TEXT, STOP, DONE, TEXT]))], &stream()).await;
    assert_eq!((relayed.had, relayed.end.unwrap().len()), ([TEXT, STOP, DONE].concat(), 0));
    assert!(relayed.took < SOON / 2);
}

#[tokio::test]
async fn the_usage_is_known_where_it_is_kept_back() {
    let reading = Reading { hide_usage: true, ..stream() };
    let relayed = relayed(vec![say(ended(&[TEXT, STOP, USAGE, DONE]))], &reading).await;
    assert_eq!((relayed.had, relayed.answer.usage()), ([TEXT, STOP, DONE].concat(), Some(cost())));
}

#[tokio::test]
async fn what_is_whole_without_a_last_event_is_ended_with_the_client_s() {
    let ends = [say(ended(&[TEXT, STOP])), cut(open(&[TEXT, STOP])), say(ended(&[TEXT, STOP.trim_end()]))];
    for end in ends {
        let relayed = relayed(vec![end], &stream()).await;
        assert_eq!(relayed.had, [TEXT, STOP].concat());
        assert_eq!(relayed.end.unwrap(), DONE);
    }
    let without = Reading { last_event: None, ..stream() };
    assert_eq!(relayed(vec![say(ended(&[STOP]))], &without).await.end.unwrap(), "");
}

/// How long a stream is passed on whose provider leaves the connection open.
async fn lingers(pieces: &[&str], reading: &Reading) -> (Duration, Option<&'static str>) {
    let asked = Asked::playing(vec![hang(open(pieces))]).await;
    let (first_byte, idle) = (Duration::from_secs(2), Duration::from_secs(3)); // the one timer is set to the shorter before
    let wait = Patience { first_byte, idle, until: Instant::now() + AGES, ..patience() };
    let answer = asked.stream(reading, &wait).await;
    pause();
    let relayed = passed_on(answer).await;
    assert_eq!(relayed.had, pieces.concat());
    tokio::time::resume();
    (relayed.took, relayed.end.err().map(|broken| broken.signal))
}

fn about(took: Duration, seconds: f64) -> bool {
    took.as_secs_f64() >= seconds && took.as_secs_f64() < seconds + 0.1
}

#[tokio::test]
async fn an_open_connection_is_not_waited_for_long_once_the_answer_is_whole() {
    let streams = [
        (vec![TEXT, STOP], 1.0, None),
        (vec![TEXT, STOP, USAGE], 0.25, None),
        (vec![TEXT, USAGE, STOP], 0.25, None),
        (vec![TEXT, STOP, ": c\n\n"], 1.0, None),
        (vec![TEXT], 3.0, Some("idle_timeout")),
    ];
    for (pieces, seconds, signal) in streams {
        let (took, broken) = lingers(&pieces, &stream()).await;
        assert!(about(took, seconds), "{took:?} {pieces:?}");
        assert_eq!(broken, signal);
    }
    let two = Reading { choices: 2, ..stream() };
    let (took, broken) = lingers(&[TEXT, STOP], &two).await;
    assert!(about(took, 3.0), "another choice may come: {took:?}");
    assert_eq!(broken, Some("idle_timeout"));
}

#[tokio::test]
async fn signs_of_life_do_not_make_it_wait_for_longer() {
    let head = ["HTTP/1.1 200 OK\r\n\r\n", TEXT, STOP, USAGE].concat().leak();
    let asked = Asked::repeating(head, ": c\n\n".repeat(100), usize::MAX).await;
    let relayed = passed_on(asked.stream(&stream(), &patience()).await).await;
    assert_eq!(relayed.end.unwrap(), DONE);
    assert!(relayed.took >= Duration::from_millis(250) && relayed.took < SOON / 2, "{:?}", relayed.took);
}

#[tokio::test]
async fn what_breaks_off_is_told_and_what_came_before_is_passed_on() {
    let missing = "the provider ended it without a finish_reason";
    let breaks = [
        (ended(&[TEXT]), "truncated", missing),
        (ended(&[TEXT, "data: {\"cho"]), "truncated", missing),
        (open(&[TEXT, "data: []\n\n", STOP]), "malformed", "an event's data is not a JSON object but an array"),
        (open(&[TEXT, ERROR, STOP]), "malformed", "the provider sent an error event"),
        (open(&[&[TEXT, ERROR].concat()]), "malformed", "the provider sent an error event"),
        (open(&[TEXT, STOP, ERROR]), "malformed", "the provider sent an error event"),
    ];
    for (answer, signal, detail) in breaks {
        let is_error = detail.contains("error event");
        let relayed = relayed(vec![say(answer)], &stream()).await;
        assert_eq!(relayed.signal(), (signal, detail));
        let error = relayed.end.unwrap_err().error;
        assert_eq!(error.as_deref(), is_error.then_some(&br#"{"error":{"message":"no more"}}"#[..]));
        assert!(relayed.had.starts_with(TEXT) && !relayed.had.contains("no more"));
    }
    let relayed = relayed(vec![cut(open(&[TEXT, TEXT]))], &stream()).await;
    assert_eq!((relayed.signal().0, &*relayed.had), ("reset", &*TEXT.repeat(2)));
    assert_eq!(relayed.end.unwrap_err().error, None);
}

#[tokio::test]
async fn each_piece_has_as_long_as_may_be_idle() {
    let asked = Asked::playing(vec![hang(open(&[TEXT]))]).await;
    let wait = Patience { idle: BRIEF, attempt: Some(BRIEF * 2), ..patience() };
    let relayed = passed_on(asked.stream(&stream(), &wait).await).await;
    assert_eq!(relayed.signal(), ("idle_timeout", "nothing came for 0.2 s"));
    assert!(about(relayed.took, 0.2));
}

#[tokio::test]
async fn a_stream_ends_with_the_request_s_time_and_not_with_the_attempt_s() {
    for pieces in [vec![TEXT], vec![TEXT, STOP]] {
        let asked = Asked::playing(vec![hang(open(&pieces))]).await;
        let until = Instant::now() + BRIEF * 2;
        let wait = Patience { attempt: Some(BRIEF), until, ..patience() };
        let relayed = passed_on(asked.stream(&stream(), &wait).await).await;
        assert_eq!(relayed.signal(), ("deadline", "the request's time is over"));
        assert!(Instant::now() >= until);
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_up_the_provider_and_has_the_request_s_time() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";
    let long = TEXT.replace("\"a\"", &format!("\"{}\"", "a".repeat(1 << 14)));
    let asked = Asked::repeating(HEAD, long.repeat(32), 1024).await;
    let wait = Patience { idle: Duration::from_millis(1), until: Instant::now() + BRIEF * 2, ..patience() };
    let mut front = Front::open().await;
    let client = asking(&front).await;
    socket2::SockRef::from(&client).set_recv_buffer_size(1 << 12).unwrap();
    let exchange = front.next().await;
    let mut answer = asked.stream(&stream(), &wait).await;
    exchange.begin(200, HeaderMap::new());
    let sent = AtomicU64::new(0);
    let broken = timeout(SOON, answer.relay(&exchange, &sent)).await.unwrap().unwrap_err();
    assert_eq!((broken.signal, &*broken.detail), ("deadline", "the request's time is over"));
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 12 << 20, "no more than the sockets hold: {sent}");
}

#[tokio::test]
async fn a_provider_that_sends_for_ever_has_the_request_s_time() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    for thing in [TEXT, "data:\n\n"] {
        let asked = Asked::repeating(HEAD, thing.repeat(100), usize::MAX).await;
        let wait = Patience { until: Instant::now() + BRIEF, ..patience() };
        let answer = asked.stream(&stream(), &wait).await;
        let relayed = timeout(SOON, passed_on(answer)).await.unwrap();
        assert_eq!(relayed.signal().0, "deadline");
    }
}

#[tokio::test]
async fn the_number_of_the_last_event_is_told() {
    let delta = "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":7,\"delta\":\"a\"}\n\n";
    let error = "data: {\"type\":\"error\",\"sequence_number\":8,\"message\":\"x\"}\n\n";
    let reading = Reading { wire: Dialect::Responses, last_event: None, ..stream() };
    for (pieces, number) in [(vec![delta], 7), (vec![delta, error], 8)] {
        let relayed = relayed(vec![say(ended(&pieces))], &reading).await;
        assert_eq!(relayed.end.unwrap_err().sequence_number, Some(number));
        assert_eq!(relayed.had, delta);
    }
}

#[tokio::test]
async fn what_follows_the_last_event_is_read_so_that_the_connection_serves_again() {
    for pieces in [vec![TEXT, STOP, DONE], vec![TEXT, STOP, DONE, "more", "and more"]] {
        let asked = Asked::playing(vec![say(ended(&pieces)), ANSWER]).await;
        let relayed = passed_on(asked.stream(&stream(), &patience()).await).await;
        assert!(relayed.end.is_ok());
        relayed.answer.drain().await;
        assert_eq!((asked.pool.idle(), asked.plain().await.body.len()), (1, 2));
        assert_eq!(asked.provider.unwrap().requests(), [2]);
    }
}

#[tokio::test]
async fn nobody_waits_long_for_what_follows_the_last_event() {
    for (pieces, seconds) in [(vec![TEXT, STOP, DONE], 0.05), (vec![TEXT, STOP], 0.0)] {
        let mut asked = Asked::playing(vec![hang(open(&pieces))]).await;
        let relayed = passed_on(asked.stream(&stream(), &patience()).await).await;
        pause();
        let began = Instant::now();
        relayed.answer.drain().await;
        let took = began.elapsed().as_secs_f64();
        assert!((seconds..seconds + 0.02).contains(&took), "{took}");
        tokio::time::resume();
        let ended = &mut asked.provider.as_mut().unwrap().ended;
        assert_eq!(timeout(SOON, ended.recv()).await.unwrap(), Some(0), "the connection is closed");
    }
}
