#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Calls over real sockets, up to the commit point of their answers.

mod attempting;
mod front;
mod support;

use std::time::Duration;

use attempting::{
    AGES, Asked, BRIEF, DONE, ERROR, ROLE, SOON, STOP, TEXT, cost, cut, ended, hang, open, patience, plain, say,
    stream, whole,
};
use rust_core_native::attempt::{Committed, Failed, Patience};
use rust_core_native::transport::Origin;
use support::{ANSWER, Play, endpoint, patient, pool};
use tokio::time::{Instant, pause, timeout};

const BODY: &str = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;

#[tokio::test]
async fn a_plain_answer_is_whole_with_what_it_cost_and_its_connection_serves_again() {
    let asked = Asked::playing(vec![say(plain(201, BODY)), ANSWER]).await;
    let answer = asked.plain().await;
    assert_eq!((answer.status, &answer.body[..], answer.usage), (201, BODY.as_bytes(), Some(cost())));
    assert_eq!(answer.headers["content-length"], BODY.len().to_string());
    assert_eq!(asked.plain().await.body, "{}");
    assert_eq!(asked.provider.unwrap().requests(), [2]);
}

#[tokio::test]
async fn a_plain_answer_may_come_in_any_pieces() {
    let pieces: Vec<_> = BODY.split_inclusive(',').collect();
    let asked = Asked::playing(vec![say(ended(&pieces))]).await;
    assert_eq!(asked.plain().await.body, BODY);
}

#[tokio::test]
async fn a_good_status_over_what_is_no_answer_is_malformed_and_the_body_is_told() {
    let bodies = [
        (r#"{"error":{"message":"quota"}}"#, "an error body with status 200: quota"),
        ("[]", "not a JSON object but an array"),
        ("", "not valid JSON: EOF while parsing a value at line 1 column 0"),
    ];
    for (body, problem) in bodies {
        let asked = Asked::playing(vec![say(plain(200, body)), say(plain(200, body))]).await;
        for reading in [whole(), stream()] {
            let broke = asked.broke(&reading, &patience()).await;
            assert_eq!(broke, ("malformed", problem.to_owned(), Some(body.into())));
        }
    }
    let asked = Asked::playing(vec![say("HTTP/1.1 204 No Content\r\n\r\n".to_owned())]).await;
    assert_eq!(asked.broke(&whole(), &patience()).await.0, "malformed");
}

#[tokio::test]
async fn a_plain_answer_where_a_stream_was_asked_for_is_malformed() {
    let asked = Asked::playing(vec![say(plain(200, BODY))]).await;
    let broke = asked.broke(&stream(), &patience()).await;
    assert_eq!(broke, ("malformed", "a stream was asked for and a plain answer came".to_owned(), None));
}

#[tokio::test]
async fn an_answer_larger_than_can_be_held_is_malformed() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";
    let mebibyte = "a".repeat(1 << 20);
    let asked = Asked::repeating(HEAD, mebibyte.clone(), 65).await;
    let broke = asked.broke(&whole(), &patience()).await;
    assert_eq!(broke, ("malformed", "the answer is larger than 67108864 bytes".to_owned(), None));
    let asked = Asked::repeating(HEAD, mebibyte, 64).await;
    assert_eq!(asked.broke(&whole(), &patience()).await.2.unwrap().len(), 64 << 20, "so much can");
}

#[tokio::test]
async fn a_status_that_is_no_success_is_a_refusal_in_the_provider_s_words() {
    for status in [300, 304, 404, 429, 500, 600, 999] {
        let body = if status == 304 { "" } else { "{\"error\":1}" };
        let asked = Asked::playing(vec![say(plain(status, body)), ANSWER]).await;
        let refused = asked.refused(&patience()).await;
        assert_eq!((refused.0, &refused.2[..]), (status, body.as_bytes()));
        assert!(refused.1.contains_key("content-type"));
        assert_eq!(asked.plain().await.body, "{}", "over the same connection");
    }
}

#[tokio::test]
async fn the_words_of_a_refusal_are_as_many_as_come() {
    const HALF: &str = "HTTP/1.1 400 X\r\ncontent-length: 9\r\n\r\nhalf";
    for play in [Play::Cut(HALF), Play::Hang(HALF)] {
        let asked = Asked::playing(vec![play]).await;
        assert_eq!(asked.refused(&Patience { idle: BRIEF, ..patience() }).await.2, "half");
    }
    let asked = Asked::repeating("HTTP/1.1 400 X\r\n\r\n", "a".repeat(1000), usize::MAX).await;
    assert_eq!(asked.refused(&patience()).await.2.len(), 1 << 20);
}

#[tokio::test]
async fn a_refusal_whose_words_take_all_the_time_there_is_is_late() {
    let asked = Asked::playing(vec![Play::Hang("HTTP/1.1 400 X\r\ncontent-length: 9\r\n\r\nhalf")]).await;
    let broke = asked.broke(&whole(), &Patience { attempt: Some(BRIEF), ..patience() }).await;
    assert_eq!(broke.0, "attempt_timeout");
}

/// Over a connection that is there already, so that nothing is waited for but time.
async fn silent(after: String, wait: Patience) -> (&'static str, String, Duration) {
    let asked = Asked::playing(vec![ANSWER, hang(after)]).await;
    asked.plain().await;
    pause();
    let began = Instant::now();
    let broke = asked.broke(&stream(), &Patience { until: began + wait.until.duration_since(began), ..wait }).await;
    (broke.0, broke.1, began.elapsed())
}

fn long() -> Patience {
    Patience { first_byte: AGES, idle: AGES, attempt: None, until: Instant::now() + AGES * 2 }
}

fn about(took: Duration, seconds: f64) -> bool {
    took.as_secs_f64() >= seconds && took.as_secs_f64() < seconds + 0.1
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for_longer_than_the_first_byte() {
    let (signal, detail, took) = silent(String::new(), Patience { first_byte: BRIEF * 10, ..long() }).await;
    assert_eq!((signal, &*detail), ("first_byte_timeout", "no answer within 2 s"));
    assert!(about(took, 2.0), "{took:?}");
}

#[tokio::test]
async fn nor_is_the_first_byte_whatever_the_head_says() {
    for status in [200, 500] {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 9\r\n\r\n");
        let asked = Asked::playing(vec![hang(head)]).await;
        let began = Instant::now();
        let (signal, detail, _) = asked.broke(&whole(), &Patience { first_byte: BRIEF, ..patience() }).await;
        assert_eq!(signal, "first_byte_timeout");
        assert!(detail.starts_with("nothing came for 0.1") && detail.ends_with(" s"), "{detail}");
        assert!(about(began.elapsed(), 0.2));
    }
}

#[tokio::test]
async fn the_pieces_that_follow_have_as_long_as_may_be_idle() {
    for (head, reading) in [("content-length: 9\r\n\r\n{", whole()), ("content-length: 999\r\n\r\ndata:", stream())] {
        let asked = Asked::playing(vec![hang(format!("HTTP/1.1 200 OK\r\n{head}"))]).await;
        let began = Instant::now();
        let broke = asked.broke(&reading, &Patience { idle: BRIEF, ..patience() }).await;
        assert_eq!(broke, ("idle_timeout", "nothing came for 0.2 s".to_owned(), None));
        assert!(about(began.elapsed(), 0.2));
    }
}

#[tokio::test]
async fn an_attempt_is_bounded_and_so_is_the_request() {
    let bounds = [
        (Some(3), 9, "attempt_timeout", "no answer within the echelon's timeout of 3 s", 3.0),
        (Some(9), 3, "deadline", "the request's time is over", 3.0),
        (Some(3), 3, "deadline", "the request's time is over", 3.0),
        (None, 3, "deadline", "the request's time is over", 3.0),
        (None, 0, "deadline", "the request's time is over", 0.0),
    ];
    for (attempt, until, signal, words, seconds) in bounds {
        let asked = Asked::playing(vec![ANSWER, Play::Hang("")]).await;
        asked.plain().await;
        pause();
        let began = Instant::now();
        let until = began + Duration::from_secs(until);
        let wait = Patience { attempt: attempt.map(Duration::from_secs), until, ..long() };
        let broke = asked.broke(&stream(), &wait).await;
        assert_eq!(broke, (signal, words.to_owned(), None));
        assert!(about(began.elapsed(), seconds), "{:?}", began.elapsed());
        tokio::time::resume();
    }
}

#[tokio::test]
async fn no_patience_is_too_long() {
    let asked = Asked::playing(vec![ANSWER]).await;
    let wait = Patience { first_byte: Duration::MAX, idle: Duration::MAX, attempt: Some(Duration::MAX), ..patience() };
    assert!(matches!(asked.ask(&whole(), &wait).await, Ok(Committed::Plain(_))));
}

#[tokio::test]
async fn a_provider_that_sends_without_a_pause_and_says_nothing_is_late_all_the_same() {
    const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";
    for (thing, reading) in [("data:\n\n", stream()), ("a", whole())] {
        let asked = Asked::repeating(HEAD, thing.repeat(if reading.stream { 1000 } else { 1 }), usize::MAX).await;
        let wait = Patience { attempt: Some(BRIEF), ..patience() };
        assert_eq!(timeout(SOON, asked.broke(&reading, &wait)).await.unwrap().0, "attempt_timeout");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_or_is_not_made_is_told_as_the_transport_tells_it() {
    for answer in
        ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]
    {
        let asked = Asked::playing(vec![cut(answer.to_owned())]).await;
        assert_eq!(asked.broke(&stream(), &patience()).await.0, "reset");
    }
    let origin = Origin { secure: false, host: "127.0.0.1".to_owned(), port: 1 };
    let asked = Asked { endpoint: endpoint(origin), pool: pool(patient()), provider: None };
    assert_eq!(asked.broke(&whole(), &patience()).await.0, "connect_failed");
}

#[tokio::test]
async fn a_stream_is_committed_at_its_first_content_or_when_it_has_said_too_much_before() {
    let asked = Asked::playing(vec![hang(open(&[ROLE, TEXT]))]).await;
    assert_eq!(asked.stream(&stream(), &patience()).await.held(), &[ROLE, TEXT].concat());
    let asked = Asked::playing(vec![hang(open(&[ROLE, DONE]))]).await;
    assert_eq!(asked.stream(&stream(), &patience()).await.held(), &[ROLE, DONE].concat(), "an empty answer is one");
    let comment = format!(": {}\n\n", "c".repeat(1 << 15));
    let comments = [&*comment, &*comment, &*comment];
    let asked = Asked::playing(vec![hang(open(&comments))]).await;
    assert_eq!(asked.stream(&stream(), &patience()).await.held().len(), comment.len() * 2);
}

#[tokio::test]
async fn a_stream_that_comes_to_nothing_is_truncated() {
    let without = "the stream ended without an answer";
    let before = "the stream ended before its answer did";
    let streams = [(vec![DONE], without), (vec![], before), (vec![ROLE], before), (vec!["data: [DONE]"], before)];
    for (pieces, words) in streams {
        let asked = Asked::playing(vec![say(ended(&pieces))]).await;
        assert_eq!(asked.broke(&stream(), &patience()).await, ("truncated", words.to_owned(), None));
    }
    let half = STOP.trim_end();
    let asked = Asked::playing(vec![say(ended(&[half])), say(ended(&[half]))]).await;
    let two = rust_core_native::attempt::Reading { choices: 2, ..stream() };
    assert_eq!(asked.broke(&two, &patience()).await.0, "truncated");
    assert_eq!(asked.stream(&stream(), &patience()).await.held(), STOP, "its end makes it whole");
}

#[tokio::test]
async fn what_is_no_event_before_any_content_is_malformed() {
    let asked = Asked::playing(vec![hang(open(&[ROLE, ERROR]))]).await;
    let told =
        ("malformed", "the provider sent an error event".to_owned(), Some(r#"{"error":{"message":"no more"}}"#.into()));
    assert_eq!(asked.broke(&stream(), &patience()).await, told);
    let asked = Asked::playing(vec![hang(open(&["data: []\n\n"]))]).await;
    let told = ("malformed", "an event's data is not a JSON object but an array".to_owned(), None);
    assert_eq!(asked.broke(&stream(), &patience()).await, told);
}

#[tokio::test]
async fn whatever_comes_to_nothing_leaves_no_call_behind() {
    let asked = Asked::playing(vec![hang(open(&[ERROR]))]).await;
    let failed = asked.ask(&stream(), &patience()).await;
    assert!(matches!(failed.as_ref().map_err(|failed| &**failed), Err(Failed::Broke { .. })));
    let mut provider = asked.provider.unwrap();
    assert_eq!(timeout(SOON, provider.ended.recv()).await.unwrap(), Some(0), "while the failure is held");
}
