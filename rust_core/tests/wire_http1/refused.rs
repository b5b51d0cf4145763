//! What is refused, how, and what is told of it.

use rust_core::wire::http1::{Limits, Phase, REFUSED_METHOD, RequestGate};

use crate::seen::{Seen, stand_in, through};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A request with these lines behind its first two.
fn with(lines: &str) -> Vec<u8> {
    format!("POST /v1/messages?beta=true HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n").into_bytes()
}

#[track_caller]
fn assert_refused(bytes: &[u8], status: u16, word: &str) -> Seen {
    let seen = through(bytes);
    assert_eq!(seen.refusal().0, status, "{:?}", seen.violation);
    assert!(seen.refusal().1.contains(word), "{:?}", seen.violation);
    assert_eq!((seen.phase, &seen.out), (Phase::Refused, &stand_in()));
    seen
}

#[test]
fn lines_end_with_cr_lf_and_cr_and_lf_stand_nowhere_else() {
    assert_refused(b"GET / HTTP/1.1\nHost: x\n\n", 400, "without CR");
    assert_refused(b"GET / HTTP/1.1\r\nHost: x\n\r\n", 400, "without CR");
    assert_refused(b"GET / HTTP/1.1\r\nHost: x\r\n\n", 400, "without CR");
    assert_refused(b"\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "without CR");
    assert_refused(b"\rGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no LF");
    assert_refused(b"GET / HTTP/1.1\rHost: x\r\n\r\n", 400, "method, a target and a version");
    assert_refused(&with("X: a\rb"), 400, "control character");
    assert_refused(&with("X: a\r\r\nb"), 400, "control character");
}

#[test]
fn a_header_field_is_a_token_a_colon_and_a_value() {
    for (line, word) in [
        (" folded", "folded"),
        ("X: a\r\n\tb", "folded"),
        ("X : a", "before the colon"),
        ("X\t: a", "before the colon"),
        ("no colon", "no colon"),
        (": a", "the name"),
        ("X Y: a", "the name"),
        ("X(Y): a", "the name"),
        ("X\u{e9}: a", "the name"),
        ("X\0: a", "the name"),
        ("X: a\0b", "control character"),
        ("X: a\u{b}b", "control character"),
        ("X: \u{7f}", "control character"),
        ("X: \u{1b}[0m", "control character"),
    ] {
        let seen = assert_refused(&with(line), 400, word);
        assert_eq!(seen.violation.unwrap().target.as_deref(), Some(&b"/v1/messages"[..]));
    }
    assert_refused(b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400, "folded");
    for line in ["X:", "X:a", "X: a\tb", "X: \u{e9}", "~!#$%&'*+-.^_`|: a:b"] {
        assert_eq!(through(&with(line)).out, with(line));
    }
}

#[test]
fn every_byte_is_taken_where_the_grammar_has_it_and_nowhere_else() {
    let letters = |byte: u8| byte.is_ascii_alphanumeric();
    for byte in 0..=u8::MAX {
        let taken = |before: &str, after: &str| {
            let bytes = [before.as_bytes(), &[byte], after.as_bytes(), b"\r\nHost: x\r\n\r\n"].concat();
            through(&bytes).violation.is_none()
        };
        let in_token = letters(byte) || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert_eq!(taken("A", "B / HTTP/1.1"), in_token, "{byte} in a method");
        assert_eq!(taken("G / HTTP/1.1\r\nA", "B: c"), in_token || byte == b':', "{byte} in a name");
        let in_target = letters(byte) || b"!$%&'()*+,-./:;=?@[]^_{|}~\\".contains(&byte);
        assert_eq!(taken("G /a", "b HTTP/1.1"), in_target, "{byte} in a path");
        assert_eq!(taken("G /?a", "b HTTP/1.1"), in_target, "{byte} in a query");
        let in_value = byte == b'\t' || (byte >= b' ' && byte != 127);
        assert_eq!(taken("G / HTTP/1.1\r\nA: b", "c"), in_value, "{byte} in a value");
        let digit = byte.is_ascii_digit();
        assert_eq!(taken("G / HTTP/1.1\r\nContent-Length: 1", "1"), digit, "{byte} in a length");
        let in_name = letters(byte) || b"-._/?".contains(&byte);
        assert_eq!(taken("G http://a", "b HTTP/1.1"), in_name, "{byte} in a host");
        let sized = [with("Transfer-Encoding: chunked").as_slice(), b"1", &[byte]].concat();
        let in_size = byte.is_ascii_hexdigit() || byte == b';' || byte == b'\r';
        assert_eq!(through(&sized).broken.is_none(), in_size, "{byte} in a size");
    }
}

#[test]
fn the_first_line_is_a_method_a_target_and_a_version() {
    for (line, status, word) in [
        ("nonsense", 400, "method, a target"),
        ("GET /", 400, "method, a target"),
        ("GET  / HTTP/1.1", 400, "method, a target"),
        ("GET /  HTTP/1.1", 400, "method, a target"),
        ("GET / HTTP/1.1 ", 400, "method, a target"),
        ("GET / x HTTP/1.1", 400, "method, a target"),
        ("GET\t/ HTTP/1.1", 400, "method, a target"),
        ("GET / http/1.1", 400, "method, a target"),
        ("GET / HTTP/11", 400, "method, a target"),
        ("GET / HTTP/1.x", 400, "method, a target"),
        ("GET / HTTP/2.0", 505, "version"),
        ("GET / HTTP/0.9", 505, "version"),
        ("GET / HTTP/1.2", 505, "version"),
        ("GET / HTTP/3.0", 505, "version"),
        ("G@T / HTTP/1.1", 400, "method"),
        ("GET: / HTTP/1.1", 400, "method"),
        ("(GET) / HTTP/1.1", 400, "method"),
        (" GET / HTTP/1.1", 400, "method"),
        ("\u{16}\u{3}\u{1}", 400, "method"),
        ("CONNECT localhost:80 HTTP/1.1", 501, "CONNECT"),
        ("CONNECT / HTTP/1.1", 501, "CONNECT"),
    ] {
        assert_refused(format!("{line}\r\nHost: x\r\n\r\n").as_bytes(), status, word);
    }
    assert_refused(format!("{REFUSED_METHOD} / HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes(), 400, "method");
}

#[test]
fn the_target_is_a_path_or_an_http_url_and_plain() {
    for target in [
        "x",
        "localhost:80",
        "*",
        "?x",
        "ftp://localhost/",
        "http:/localhost/",
        "http://",
        "http:///x",
        "http://?x",
        "http://u:p@localhost/",
        "http://localhost:/",
        "http://localhost:x/",
        "http://localhost:123456/",
        "http://[::1/",
        "http://[x]/",
        "http://[::1]x/",
        "http://a%41/",
        "http://a:1:2/",
        "/\u{e9}",
        "/\u{7f}",
        "/a\tb",
        "/a\0",
        "/#a",
        "/\"",
        "/?a<b",
        "/?a`b",
    ] {
        assert_refused(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes(), 400, "target");
    }
    for (method, target) in
        [("OPTIONS", "*"), ("GET", "http://a_b-c.d:65535?x"), ("GET", "hTTps://[1::]/"), ("GET", "//x")]
    {
        assert_eq!(through(format!("{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).violation, None);
    }
}

#[test]
fn a_host_is_named_once() {
    assert_refused(b"GET / HTTP/1.1\r\n\r\n", 400, "no Host");
    assert_refused(&with("hOST: localhost"), 400, "several Host");
    assert_refused(b"GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400, "several Host");
    assert_eq!(through(b"GET / HTTP/1.0\r\n\r\n").violation, None);
}

#[test]
fn a_length_is_one_number() {
    for value in ["", "+1", "-1", "1 1", "1,1", "0x1", "1.0", "5x", "\u{b2}"] {
        assert_refused(&with(&format!("Content-Length: {value}")), 400, "no number");
    }
    for value in ["18446744073709551616", "18446744073709551615", "00000000000000000000"] {
        assert_refused(&with(&format!("Content-Length: {value}")), 400, "bounds");
    }
    assert_refused(&with("Content-Length: 0\r\ncontent-length: 0"), 400, "several Content-Length");
    let mut gate = RequestGate::new(Limits::default());
    gate.feed(&with("Content-Length:\t9999999999999999999 "), &mut Vec::new());
    assert_eq!(gate.open_for(), 9_999_999_999_999_999_999);
}

#[test]
fn the_only_coding_is_chunked_and_it_has_no_length_beside_it() {
    let both = "The request has both Transfer-Encoding and Content-Length; send one of them.";
    assert_refused(&with("Content-Length: 0\r\nTransfer-Encoding: chunked"), 400, both);
    assert_refused(&with("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400, both);
    for value in ["gzip, chunked", "chunked, chunked", "identity", "", "chunked;q=1", "xchunked", "\"chunked\""] {
        assert_refused(&with(&format!("Transfer-Encoding: {value}")), 501, "Transfer-Encoding");
    }
    assert_refused(&with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 501, "several");
    assert_refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.0");
    assert_eq!(through(&with("transfer-encoding: \tCHUNKED ")).phase, Phase::Body);
}

#[test]
fn what_was_asked_for_is_told_where_it_could_be_read() {
    let told = |bytes: &[u8]| {
        let violation = through(bytes).violation.unwrap();
        (violation.target.map(|path| String::from_utf8(path).unwrap()), violation.bodiless)
    };
    let path = |path: &str| Some(path.to_owned());
    assert_eq!(told(b"GET /a?b HTTP/2.0\r\n"), (path("/a"), false));
    assert_eq!(told(b"HEAD http://localhost/a?b HTTP/2.0\r\n"), (path("/a"), true));
    assert_eq!(told(b"HEAD /a HTTP/1.1\r\n\r\n"), (path("/a"), true));
    assert_eq!(told(b"GET http://localhost HTTP/2.0\r\n"), (None, false));
    assert_eq!(told(b"GET /a#b HTTP/1.1\r\n"), (None, false));
    assert_eq!(told(b"GET /a?\xff HTTP/1.1\r\n"), (path("/a"), false));
    assert_eq!(told(b"nonsense\r\n"), (None, false));
    let long = "x".repeat(70_000);
    assert_eq!(told(format!("HEAD /a?{long} HTTP/1.1\r\n").as_bytes()), (path("/a"), true));
    assert_eq!(told(format!("GET /{long} HTTP/1.1\r\n").as_bytes()), (None, false));
    assert_eq!(told(format!("GET /a HTTP/1.1\r\nX: {long}\r\n").as_bytes()), (path("/a"), false));
}

#[test]
fn a_first_line_without_an_end_is_a_long_target_or_else_a_large_head() {
    for (begin, status) in
        [("GET /", 414), ("GET /v1/models?", 414), ("GET / HTTP/1.1\r\nX: ", 431), ("GET / ", 431), ("G", 431)]
    {
        let bytes = begin.to_owned() + &"x".repeat(70_000);
        assert_eq!(through(&bytes.as_bytes()[..64 * 1024]).phase, Phase::Head);
        assert_refused(bytes.as_bytes(), status, "");
    }
}

#[test]
fn nothing_is_passed_behind_a_refused_head_and_everything_before_it_is() {
    let seen = through(&[GET, b"GET / HTTP/1.1\nHost: x\n\n", GET].concat());
    assert_eq!(seen.out, [GET, &stand_in()].concat());
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    gate.feed(b"\0", &mut out);
    out.clear();
    gate.feed(GET, &mut out);
    gate.give_up(408, "late", &mut out);
    assert_eq!((out.as_slice(), gate.violation().map(|violation| violation.status)), (&b""[..], Some(400)));
}

#[test]
fn a_body_in_chunks_is_followed_strictly() {
    let head = with("Transfer-Encoding: chunked");
    for (body, passed, word) in [
        ("x", 0, "no number"),
        (";a\r\n", 0, "no number"),
        ("\r\n", 0, "no number"),
        ("-1\r\n", 0, "no number"),
        ("0x1\r\n", 1, "no number"),
        ("1 \r\na", 1, "no number"),
        (" 1\r\na", 0, "no number"),
        ("1\na", 1, "no number"),
        ("11111111111111111", 16, "digits"),
        ("1\rx", 2, "CR without LF"),
        ("1;a\rx", 4, "CR without LF"),
        ("1;a\nb", 3, "control"),
        ("1;a\0", 3, "control"),
        ("1\r\nab", 4, "longer"),
        ("1\r\na\n", 4, "longer"),
        ("1\r\na\rb", 5, "longer"),
        ("1\r\na\r\n\r\n", 6, "no number"),
        ("0\r\nx", 4, ""),
        ("0\r\n\n", 3, "trailer"),
        ("0\r\n\rx", 4, "trailer"),
        ("0\r\n: a", 3, "trailer"),
        ("0\r\n a", 3, "trailer"),
        ("0\r\nx\r", 4, "trailer"),
        ("0\r\nx : a", 4, "trailer"),
        ("0\r\nx: a\n", 7, "trailer"),
        ("0\r\nx: \0", 6, "trailer"),
        ("0\r\nx: a\rb", 8, "trailer"),
    ] {
        let seen = through(&[&head, body.as_bytes()].concat());
        assert_eq!(seen.violation, None);
        assert_eq!(seen.broken.is_some(), !word.is_empty(), "{body:?} {seen:?}");
        assert!(seen.broken.unwrap_or_default().contains(word), "{body:?}");
        assert_eq!(seen.out[head.len()..], body.as_bytes()[..passed], "{body:?}");
    }
}

#[test]
fn a_body_in_chunks_is_bounded_in_all_that_is_not_data() {
    let head = with("Transfer-Encoding: chunked");
    let broken = |body: String| through(&[&head, body.as_bytes()].concat()).broken;
    let extended =
        |bytes: usize| format!("1;{}\r\na\r\n1;{}\r\n", "x".repeat(bytes / 2), "y".repeat(bytes - bytes / 2));
    assert_eq!(broken(extended(8192)), None);
    assert!(broken(extended(8193)).unwrap().contains("extensions"));
    let trailer = |fields: usize| format!("0\r\n{}\r\n", "x: 1\r\n".repeat(fields));
    assert_eq!(broken(trailer(64)), None);
    assert!(broken(trailer(65)).unwrap().contains("fields"));
    let large = |bytes: usize| format!("0\r\nx:{}\r\n\r\n", "y".repeat(bytes - 6));
    assert_eq!(broken(large(8192)), None);
    assert!(broken(large(8193)).unwrap().contains("large"));
    assert_eq!(broken("ffffffffffffffff\r\n".to_owned()), None);
}

#[test]
fn nothing_is_passed_behind_a_broken_body() {
    let mut gate = RequestGate::new(Limits::default());
    let mut out = Vec::new();
    gate.feed(&with("Transfer-Encoding: chunked"), &mut out);
    gate.feed(b"1\r\nab", &mut out);
    let before = out.len();
    gate.feed(GET, &mut out);
    gate.give_up(408, "late", &mut out);
    gate.passed(1);
    assert_eq!((gate.phase(), out.len(), gate.open_for()), (Phase::Refused, before, 0));
}
