//! What passes, and what is under way meanwhile.

use rust_core::wire::http1::{Limits, Phase, RequestGate};

use crate::seen::{Seen, in_pieces, stand_in, through};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn with_fields(fields: usize) -> Vec<u8> {
    let more = "x: 1\r\n".repeat(fields - 1);
    format!("GET / HTTP/1.1\r\nHost: localhost\r\n{more}\r\n").into_bytes()
}

fn of_size(size: usize) -> Vec<u8> {
    let room = size - b"GET / HTTP/1.1\r\nHost: localhost\r\nx: \r\n\r\n".len();
    format!("GET / HTTP/1.1\r\nHost: localhost\r\nx: {}\r\n\r\n", "y".repeat(room)).into_bytes()
}

#[test]
fn a_head_is_withheld_until_it_is_whole() {
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    assert_eq!(gate.phase(), Phase::BetweenRequests);
    gate.feed(&GET[..GET.len() - 1], &mut out);
    assert_eq!((gate.phase(), out.as_slice()), (Phase::Head, &b""[..]));
    gate.feed(b"\n", &mut out);
    assert_eq!((gate.phase(), out.as_slice()), (Phase::BetweenRequests, GET));
}

#[test]
fn a_body_is_passed_on_at_once() {
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    gate.feed(b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na", &mut out);
    assert_eq!((gate.phase(), gate.open_for()), (Phase::Body, 2));
    assert!(out.ends_with(b"\r\n\r\na"));
    gate.feed(b"bcGET", &mut out);
    assert_eq!((gate.phase(), gate.open_for()), (Phase::Head, 0));
    assert!(out.ends_with(b"\r\n\r\nabc"));
}

#[test]
fn a_gate_is_open_for_the_data_of_a_chunk_and_for_nothing_else_of_it() {
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    gate.feed(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", &mut out);
    let mut opened = Vec::new();
    for byte in b"3\r\nabc\r\n0\r\n\r\n" {
        opened.push(gate.open_for());
        gate.feed(&[*byte], &mut out);
    }
    assert_eq!(opened, [0, 0, 0, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(gate.phase(), Phase::BetweenRequests);
}

#[test]
fn empty_lines_before_a_head_are_skipped_up_to_four() {
    for lines in 0..=4 {
        let bytes = [b"\r\n".repeat(lines), GET.to_vec()].concat();
        assert_eq!(through(&bytes).out, GET);
        assert_eq!(through(&[GET, &bytes].concat()).out, [GET, GET].concat());
    }
    assert_eq!(through(&b"\r\n".repeat(4)).phase, Phase::BetweenRequests);
    assert_eq!(through(&b"\r\n".repeat(5)).refusal().0, 400);
}

#[test]
fn all_that_is_allowed_passes_and_one_more_does_not() {
    let limits = Limits::default();
    assert_eq!(through(&with_fields(limits.fields)).violation, None);
    assert_eq!(
        through(&with_fields(limits.fields + 1)).refusal(),
        (431, "The request has more than 100 header fields.")
    );
    assert_eq!(through(&of_size(limits.head_bytes)).out, of_size(limits.head_bytes));
    assert_eq!(
        through(&of_size(limits.head_bytes + 1)).refusal(),
        (431, "The head of the request is larger than 65536 bytes.")
    );
    let asking = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let path = "/".to_owned() + &"p".repeat(limits.uri_bytes - 1);
    let query = format!("/v1/models?{}", "q".repeat(limits.uri_bytes - "/v1/models".len()));
    for target in [path, query] {
        assert_eq!(through(&asking(&target)).violation, None);
        assert_eq!(
            through(&asking(&(target + "x"))).refusal(),
            (414, "The path and the query have more than 8192 bytes.")
        );
    }
}

#[test]
fn a_head_that_comes_slowly_has_the_same_room() {
    let limits = Limits::default();
    let cuts: Vec<usize> = (1..limits.head_bytes).step_by(1000).collect();
    assert_eq!(in_pieces(&of_size(limits.head_bytes), &cuts, limits).out.len(), limits.head_bytes);
    assert_eq!(in_pieces(&of_size(limits.head_bytes + 1), &cuts, limits).refusal().0, 431);
}

#[test]
fn http_2_passes_as_it_comes_if_the_connection_begins_with_it() {
    let bytes = [PREFACE, b"\0\0\n\x7f GET / HTTP/1.1\n\n"].concat();
    for cut in 0..bytes.len() {
        let seen = in_pieces(&bytes, &[cut], Limits::default());
        assert_eq!((seen.phase, &seen.out), (Phase::Http2, &bytes));
    }
    assert_eq!(through(&PREFACE[..23]), Seen { out: Vec::new(), phase: Phase::Head, violation: None, broken: None });
    let mut gate = RequestGate::new(Limits::default());
    gate.feed(PREFACE, &mut Vec::new());
    assert_eq!(gate.open_for(), u64::MAX);
}

#[test]
fn http_2_is_refused_anywhere_else() {
    for before in [GET, b"\r\n"] {
        assert_eq!(through(&[before, PREFACE].concat()).refusal().0, 505);
    }
    assert_eq!(through(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r!").refusal().0, 505);
    assert_eq!(through(b"PRIVATE / HTTP/1.1\r\nHost: x\r\n\r\n").violation, None);
}

#[test]
fn a_head_can_be_given_up_on_and_only_a_head() {
    for (sent, given_up) in [
        (&b""[..], false),
        (b"\r\n", false),
        (GET, false),
        (b"G", true),
        (b"PRI *", true),
        (b"GET /v1/messages?x HTTP/1.1\r\nHost", true),
        (b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", false),
        (PREFACE, false),
    ] {
        let mut gate = RequestGate::new(Limits::default());
        let mut out = Vec::new();
        gate.feed(sent, &mut out);
        let before = out.len();
        gate.give_up(408, "It is late.", &mut out);
        assert_eq!(out.get(before..) == Some(&stand_in()), given_up);
        assert_eq!(gate.violation().is_some_and(|violation| violation.status == 408), given_up);
        let target = gate.violation().and_then(|violation| violation.target.as_deref());
        assert_eq!(target, sent.starts_with(b"GET /v1").then_some(&b"/v1/messages"[..]));
    }
}

#[test]
fn one_request_at_a_time_passes_where_that_is_wanted() {
    let post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    let sent = [GET, post, GET].concat();
    let (mut gate, mut rest) = (RequestGate::new(Limits::default()), sent.as_slice());
    for request in [GET, post.as_slice(), GET] {
        let mut out = Vec::new();
        let taken = gate.feed_request(rest, &mut out);
        assert_eq!((out.as_slice(), gate.phase()), (request, Phase::BetweenRequests));
        rest = &rest[taken..];
    }
    assert!(rest.is_empty());
}
