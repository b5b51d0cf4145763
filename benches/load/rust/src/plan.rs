//! What a run is to do, as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

/// A run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Who is asked.
    pub(crate) address: SocketAddr,
    /// Where there.
    path: String,
    /// Further headers.
    headers: BTreeMap<String, String>,
    /// The model's name.
    pub(crate) model: String,
    /// How long the text of the request is.
    request_bytes: usize,
    /// How long the run lasts at most.
    seconds: f64,
    /// In which way.
    pub(crate) mode: Mode,
}

/// A way to ask.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Each connection asks again as soon as it is answered; after so many requests in all the run ends early.
    Closed {
        connections: usize,
        requests: Option<u64>,
    },
    /// So many requests a second, whether or not the earlier ones are answered.
    Open { rate: f64 },
    /// So many streams at once, and beside them one short stream of the model `probe` after the other.
    Streams { streams: usize, probe: String },
}

impl Plan {
    /// How long the run lasts at most.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// A request to a model as it goes over the wire.
    pub(crate) fn request(&self, model: &str, stream: bool) -> Vec<u8> {
        let text = "Sixteen letters ".repeat(self.request_bytes.div_ceil(16).max(1));
        let body = format!(
            r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"{text}"}}]}}"#
        );
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
            self.path
        );
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}
