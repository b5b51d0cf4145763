//! What is seen of a gate from outside.

use rust_core::wire::http1::{Limits, Phase, REFUSED_METHOD, RequestGate, Violation};

/// What came out of a gate, and how it stood then.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) out: Vec<u8>,
    pub(crate) phase: Phase,
    pub(crate) violation: Option<Violation>,
    pub(crate) broken: Option<String>,
}

impl Seen {
    /// A gate now, and what it has passed on so far.
    pub(crate) fn of(gate: &RequestGate, out: &[u8]) -> Self {
        let broken = gate.broken().map(str::to_owned);
        Self { out: out.to_vec(), phase: gate.phase(), violation: gate.violation().cloned(), broken }
    }

    /// The status and the message of the violation.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        let violation = self.violation.as_ref().expect("nothing was refused");
        (violation.status, &violation.message)
    }
}

/// These bytes, in one piece.
pub(crate) fn through(bytes: &[u8]) -> Seen {
    in_pieces(bytes, &[], Limits::default())
}

/// These bytes, cut at these places.
pub(crate) fn in_pieces(bytes: &[u8], cuts: &[usize], limits: Limits) -> Seen {
    let mut gate = RequestGate::new(limits);
    let mut out = Vec::new();
    let mut start = 0;
    for &cut in cuts.iter().chain([&bytes.len()]) {
        gate.feed(&bytes[start..cut], &mut out);
        start = cut;
    }
    Seen::of(&gate, &out)
}

/// The request that stands in for one that is refused.
pub(crate) fn stand_in() -> Vec<u8> {
    format!("{REFUSED_METHOD} / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").into_bytes()
}
