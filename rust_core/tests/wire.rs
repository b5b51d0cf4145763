//! The wire's machines over any bytes.

use proptest::prelude::*;
use rust_core::wire::{
    Address, Dialect, Envelope, Frames, Framing, Passed, Signal, SseFramer, classify, inspect, parse_retry_after,
};

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "data: ",
        "data:",
        "data",
        "event: x",
        ": c",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\r\r",
        "\r\n\r\n",
        "{}",
        "[DONE]",
        "[]",
        "{",
        r#"{"choices":[{"delta":{"content":"a"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        r#"{"error":{"message":"x"}}"#,
        r#"{"type":"response.output_text.delta","sequence_number":1,"delta":"a"}"#,
        r#"{"type":"response.completed","response":{"usage":{"input_tokens":1}}}"#,
        r#"{"type":"message_start","message":{"usage":{"input_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
        r#"{"type":"message_stop"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#,
        r#"{"usageMetadata":{"promptTokenCount":1}}"#,
        "\u{feff}",
        "é",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat().into_bytes())
}

/// JSON cut up and put together again, so that much of it is nearly valid.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"messages\"",
        "\"contents\":",
        "\"source\":",
        "\"type\":\"image\"",
        "\"tools\":",
        "\\",
        "\\u00e9",
        "\\ud800",
        "\\n",
        "\\x",
        "0",
        "-",
        "1",
        ".5",
        "e3",
        "true",
        "null",
        "nul",
        " ",
        "\n",
        "\u{1}",
        "é",
        "a longer text, of more than eight bytes",
        "{}",
        "[]",
        "\"b\":1",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| format!("{{\"model\":\"m\",\"x\":{}}}", tokens.concat()))
}

/// A request's address in each dialect.
fn addresses() -> impl Iterator<Item = Address<'static>> {
    let other = [Dialect::OpenAi, Dialect::Responses, Dialect::Anthropic].map(|dialect| (dialect, None));
    other
        .into_iter()
        .chain([(Dialect::Gemini, Some("m"))])
        .filter_map(|(dialect, model)| Address::new(dialect, model, None).ok())
}

const DIALECTS: [Dialect; 4] = [Dialect::OpenAi, Dialect::Responses, Dialect::Anthropic, Dialect::Gemini];

fn through(dialect: Dialect, stream: &[u8], cuts: &[usize], limit: usize) -> (Vec<u8>, Vec<u8>, String) {
    let framing = Framing { hide_usage: true, keep_text: true };
    let mut framer = SseFramer::new(dialect, limit, framing);
    let mut in_place = SseFramer::new(dialect, limit, framing);
    let (mut data, mut events, mut start) = (Vec::new(), 0, 0);
    let mut passed = Frames::default();
    for &cut in cuts.iter().chain([&stream.len()]) {
        let piece = stream.get(start..cut).unwrap_or_default();
        framer.feed_into(piece, &mut passed);
        let same = match in_place.feed_piece(piece) {
            Passed::Part(part) => piece.get(part).unwrap_or_default().to_vec(),
            Passed::Own(bytes) => bytes,
        };
        assert_eq!(same, passed.data, "not copied, it is the same");
        data.extend_from_slice(&passed.data);
        events += passed.events;
        start = cut;
    }
    let state = |framer: &SseFramer| {
        let flags = (framer.content(), framer.terminal(), framer.complete(), framer.pending());
        let delivered = (framer.text(), framer.tool_calls(), framer.other_choices());
        let counted = (framer.choices(), framer.finished(), framer.sequence_number());
        format!(
            "{flags:?} {delivered:?} {counted:?} {:?} {:?} {:?}",
            framer.error(),
            framer.malformed(),
            framer.usage()
        )
    };
    let before = state(&framer);
    let last = framer.finish();
    (data, last, format!("{events} {before} {}", state(&framer)))
}

#[test]
fn whole_events_are_passed_on_as_a_part_of_their_piece() {
    let mut framer = SseFramer::new(Dialect::OpenAi, 100, Framing::default());
    assert_eq!(framer.feed_piece(b"data: {}\n\ndata: {}\n\nda"), Passed::Part(0..20));
    assert_eq!(framer.feed_piece(b"ta:"), Passed::Part(0..0));
    assert_eq!(framer.feed_piece(b" {}\n\n"), Passed::Own(b"data: {}\n\n".to_vec()));
    assert_eq!(framer.feed_piece(b"data:\n\ndata: {}\n\n"), Passed::Part(7..17), "an event without data is kept back");
    assert_eq!(framer.feed_piece(b"data: {}\r\r"), Passed::Part(0..10));
    assert_eq!(framer.feed_piece(b"\n: c\n\ndata: "), Passed::Part(0..6), "the line end of the event before");
}

proptest! {
    #[test]
    fn any_cut_of_a_stream_comes_to_the_same(stream in pieces(), cuts in prop::collection::vec(0..400usize, 0..20), limit in 1..400usize) {
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= stream.len()).collect();
        cuts.sort_unstable();
        let every_byte: Vec<usize> = (0..stream.len()).collect();
        for dialect in DIALECTS {
            let whole = through(dialect, &stream, &[], limit);
            prop_assert_eq!(&whole, &through(dialect, &stream, &cuts, limit));
            prop_assert_eq!(&whole, &through(dialect, &stream, &every_byte, limit));
            prop_assert!(whole.0.len() <= stream.len());
        }
    }

    #[test]
    fn a_body_is_taken_where_serde_takes_it(body in nearly_json()) {
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
        for address in addresses() {
            let scanned = Envelope::scan(body.as_bytes(), address);
            let refused = scanned.is_err_and(|error| error.message.contains("not valid JSON"));
            prop_assert_eq!(refused, !valid);
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300), status in any::<u16>(), now in any::<u64>()) {
        for address in addresses() {
            let _ = Envelope::scan(&bytes, address);
        }
        for dialect in DIALECTS {
            through(dialect, &bytes, &[], 100);
            let _ = inspect(dialect, &bytes);
        }
        let _ = classify(Signal::Status, Some(status), Some(&bytes));
        let _ = classify(Signal::Malformed, None, Some(&bytes));
        for name in ["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens"] {
            let headers = [(name.as_bytes().to_vec(), bytes.clone()), (b"x-ratelimit-remaining-tokens".to_vec(), b"0".to_vec())];
            prop_assert!(parse_retry_after(&headers, now, Some(&bytes)).is_none_or(|wait| wait <= 3_600_000_000_000));
        }
    }
}

/// Events of a chat, many of them alike but for their text.
fn chat() -> impl Strategy<Value = Vec<u8>> {
    let plain = prop::sample::select(vec![
        &b"a"[..],
        b" word",
        b"a text that is rather long, so that some events with it are too large",
    ]);
    let odd = prop::sample::select(vec![
        &b""[..],
        b"\xc3\xa9",
        b"\xc3",
        b"\\n",
        b"\\",
        b"\\\"",
        b"\"",
        b"\t",
        b"\n",
        b"\n\n",
        b"\r",
        b"\"x",
        b"\\ud83d",
        b"}]}",
        b"\",\"refusal\":\"no",
        b"\"},\"finish_reason\":\"stop\",\"x\":{\"y\":\"",
        b"\",\"content\":\"b",
    ]);
    let text = prop_oneof![3 => plain, 1 => odd];
    let shape = prop::sample::select(vec![
        (&b"data: {\"choices\":[{\"delta\":{\"content\":\""[..], &b"\"}}]}\n\n"[..]),
        (
            b"data: {\"choices\":[{\"delta\":{\"content\":\"",
            b"\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n",
        ),
        (b"data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"", b"\"},\"finish_reason\":\"stop\"}]}\r\n\r\n"),
        (b"\xef\xbb\xbfdata: {\"choices\":[{\"delta\":{\"content\":\"", b"\"}}]}\n\n"),
        (b"data: {\"content\":\"", b"\"}\n\n"),
        (b"data: {\"error\":{\"content\":\"", b"\"}}\n\n"),
        (b"data: {\"choices\":[],\"usage\":{\"content\":\"", b"\",\"prompt_tokens\":2,\"completion_tokens\":3}}\n\n"),
        (b": ", b"\n\n"),
    ]);
    let event = |(before, behind): (&[u8], &[u8]), text: &[u8]| [before, text, behind].concat();
    (shape.clone(), shape, prop::collection::vec((any::<bool>(), text), 0..9)).prop_map(move |(one, other, texts)| {
        texts.into_iter().flat_map(|(which, text)| event(if which { one } else { other }, text)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Where its text is kept each event is read, and none is only compared with the one before it.
    #[test]
    fn events_that_are_alike_mean_what_they_mean_when_each_is_read(stream in chat(), hide_usage: bool, size in 1..300_usize, limit in 60..120_usize) {
        let mut compares = SseFramer::new(Dialect::OpenAi, limit, Framing { hide_usage, keep_text: false });
        let mut reads = SseFramer::new(Dialect::OpenAi, limit, Framing { hide_usage, keep_text: true });
        for piece in stream.chunks(size) {
            let (compared, read) = (compares.feed(piece), reads.feed(piece));
            prop_assert_eq!((compared.data, compared.events), (read.data, read.events));
            let state = |framer: &SseFramer| {
                let ends = (framer.content(), framer.terminal(), framer.complete(), framer.choices(), framer.usage());
                (ends, framer.error().map(<[u8]>::to_vec), framer.malformed().map(str::to_owned), framer.other_choices())
            };
            prop_assert_eq!(state(&compares), state(&reads));
        }
        prop_assert_eq!(compares.finish(), reads.finish());
    }
}

#[test]
fn an_event_is_only_compared_with_the_one_right_before_it() {
    let chunk = |text: &str, prompt_tokens: u64| {
        let usage = format!(r#"{{"prompt_tokens":{prompt_tokens},"completion_tokens":1}}"#);
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}],\"usage\":{usage}}}\n\n")
    };
    let mut framer = SseFramer::new(Dialect::OpenAi, 1000, Framing::default());
    let without_text = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}}\n\n";
    for event in [&chunk("a", 1), &chunk("b", 1), without_text, &chunk("c", 1)] {
        framer.feed(event.as_bytes());
    }
    assert_eq!(framer.usage().map(|usage| usage.prompt), Some(1));
}
