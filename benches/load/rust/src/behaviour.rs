//! What a model's name asks of the mock: words with a number, parted by hyphens.
//!
//! | word | means |
//! |---|---|
//! | `delay30` | the answer begins after 30 ms |
//! | `bytes65536` | a whole answer with a text so long |
//! | `chunks100` | a stream with so many chunks of text |
//! | `rate50` | the stream's chunks a second; without it they come as fast as they are read |

use std::fmt::Write;
use std::time::Duration;

use crate::stamps::STAMP_WIDTH;

/// How to answer.
#[derive(Debug)]
pub(crate) struct Behaviour {
    /// What passes before the first byte.
    pub(crate) delay: Duration,
    /// What is sent then.
    pub(crate) answer: Answer,
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Head and body in one.
    Whole(Vec<u8>),
    /// A stream: so many chunks, this long apart.
    Stream { chunks: u32, apart: Duration },
}

/// The head of every stream.
pub(crate) const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

impl Behaviour {
    /// Reads a model's name; words that say nothing are passed over.
    pub(crate) fn of(model: &str) -> Self {
        let number = |word: &str| {
            model
                .split('-')
                .find_map(|part| part.strip_prefix(word)?.parse::<u32>().ok())
        };
        let answer = match number("chunks") {
            Some(chunks) => Answer::Stream {
                chunks,
                apart: number("rate")
                    .map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1)),
            },
            None => Answer::Whole(whole(model, number("bytes").unwrap_or(0) as usize)),
        };
        Self {
            delay: Duration::from_millis(number("delay").unwrap_or(0).into()),
            answer,
        }
    }
}

fn whole(model: &str, bytes: usize) -> Vec<u8> {
    let text = "Sixteen letters ".repeat(bytes.div_ceil(16).max(3));
    let body = format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}}}"#
    );
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Writes one chunk of text, with the moment in it.
pub(crate) fn write_chunk(into: &mut String, stamp: u64) {
    const BEFORE: &str = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock","choices":[{"index":0,"delta":{"role":"assistant","content":"@"#;
    const AFTER: &str = "@ word\"},\"finish_reason\":null}]}\n\n";
    let size = BEFORE.len() + STAMP_WIDTH + AFTER.len();
    let _ = write!(into, "{size:x}\r\n{BEFORE}{stamp:0STAMP_WIDTH$}{AFTER}\r\n");
}

/// What ends a stream: why, the usage, and the sign.
pub(crate) fn stream_end() -> String {
    let events = concat!(
        r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        "\n\n",
        r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}"#,
        "\n\ndata: [DONE]\n\n"
    );
    format!("{:x}\r\n{events}\r\n0\r\n\r\n", events.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_answered() {
        let Behaviour {
            delay,
            answer: Answer::Whole(answer),
        } = Behaviour::of("delay30-bytes65536")
        else {
            panic!()
        };
        assert_eq!(delay, Duration::from_millis(30));
        assert!((65_536..66_200).contains(&answer.len()));
        let Answer::Stream { chunks, apart } = Behaviour::of("chunks100-rate50").answer else {
            panic!()
        };
        assert_eq!((chunks, apart), (100, Duration::from_millis(20)));
    }

    #[test]
    fn a_chunk_says_its_size() {
        let mut chunk = String::new();
        write_chunk(&mut chunk, 1_700_000_000_000_000_000);
        let (size, rest) = chunk.split_once("\r\n").unwrap();
        assert_eq!(usize::from_str_radix(size, 16).unwrap(), rest.len() - 2);
    }
}
