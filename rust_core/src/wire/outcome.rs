//! What a failed attempt means for the rest of the request: a table of data, and the lookups that lead into it.

use super::failure_body::FailureBody;
use super::reasons;
use crate::limiters::{UnknownName, by_name};

/// What to do after a failure. Frozen: one row of the table each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // a row of a table of yes and no
pub struct Outcome {
    /// The row's name.
    pub name: &'static str,
    /// May pass by itself: one retry on the same instance.
    pub retry_same: bool,
    /// Another instance of the same step may do better.
    pub try_another: bool,
    /// The next step of the plan may do better.
    pub try_next: bool,
    /// The provider's answer goes to the client as it is.
    pub to_client: bool,
    /// A failure of the instance, to its circuit breaker.
    pub counts_for_breaker: bool,
    /// The credential is of no use any more.
    pub disable_credential: bool,
    /// The limiter pauses until the provider's Retry-After.
    pub pause_limiter: bool,
    /// The same instance may be asked again within this request.
    pub ask_again: bool,
}

/// How an attempt failed, as its transport saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Something other than an answer: the row of this name.
    Event(&'static str),
    /// An answer that breaks the protocol; its body may still say why.
    Malformed,
    /// An answer whose status tells of a failure.
    Status,
}

/// Why something cannot be classified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassifyError {
    /// The signal "status" needs a status.
    MissingStatus,
    /// This status is not a failure.
    NotAFailure(u16),
}

impl std::fmt::Display for ClassifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingStatus => f.write_str("the signal \"status\" needs a status"),
            Self::NotAFailure(status) => {
                write!(f, "status {status} is not a failure: only 300 and above are classified")
            }
        }
    }
}

impl std::error::Error for ClassifyError {}

/// Reads a row's marks, in the order of [`Outcome`]'s members: `x` is yes, `.` is no.
const fn row(name: &'static str, marks: [u8; 8]) -> Outcome {
    let [same, another, next, client, breaker, credential, pause, again] = marks;
    Outcome {
        name,
        retry_same: same == b'x',
        try_another: another == b'x',
        try_next: next == b'x',
        to_client: client == b'x',
        counts_for_breaker: breaker == b'x',
        disable_credential: credential == b'x',
        pause_limiter: pause == b'x',
        ask_again: again == b'x',
    }
}

#[rustfmt::skip]
const TABLE: &[Outcome] = &[
    //                          ┌ retry_same
    //                          │┌ try_another
    //                          ││┌ try_next
    //                          │││┌ to_client
    //                          ││││┌ counts_for_breaker
    //                          │││││┌ disable_credential
    //                          ││││││┌ pause_limiter
    //                          │││││││┌ ask_again
    row("connect_failed",     *b".xx.x..x"),
    row("connect_timeout",    *b".xx.x..x"),
    row("first_byte_timeout", *b".xx.x..."), // never the same silent route again
    row("attempt_timeout",    *b".xx.x..."),
    row("idle_timeout",       *b".xx.x..x"),
    row("reset",              *b".xx.x..x"),
    row("truncated",          *b".xx.x..x"),
    row("diverged",           *b".xx....."), // a good answer, of no use to go on with a stream that broke off
    row("untranslatable",     *b".xx....."), // there is no place in its API for what is asked: it is not called at all
    row("invalid_answer",     *b"xxx.x..x"),
    row("server_error",       *b"xxx.x..x"),
    row("conflict",           *b"xxx....x"),
    row("redirect",           *b".xx.x..."), // redirects are off, and would be the same the next time
    row("overloaded",         *b".xx.x..x"),
    row("rate_limited",       *b".xx...xx"),
    row("quota_exhausted",    *b".xx..x.."),
    row("model_quota_exhausted", *b".xx..x.."), // of one model alone: the credential is good for all others
    row("credential_refused", *b".xx..x.."),
    row("model_not_found",    *b"..x....."),
    row("context_length",     *b"...x...."), // or a larger window, where one is configured
    row("content_filter",     *b"...x...."),
    row("bad_request",        *b"...x...."),
    row("deadline",           *b"........"),
    row("client_gone",        *b"........"),
];

/// The signals, by name.
const SIGNALS: &[(&str, Signal)] = &[
    ("connect_failed", Signal::Event("connect_failed")),
    ("connect_timeout", Signal::Event("connect_timeout")),
    ("first_byte_timeout", Signal::Event("first_byte_timeout")),
    ("idle_timeout", Signal::Event("idle_timeout")),
    ("attempt_timeout", Signal::Event("attempt_timeout")),
    ("reset", Signal::Event("reset")),
    ("truncated", Signal::Event("truncated")),
    ("diverged", Signal::Event("diverged")),
    ("untranslatable", Signal::Event("untranslatable")),
    ("malformed", Signal::Malformed),
    ("deadline", Signal::Event("deadline")),
    ("client_gone", Signal::Event("client_gone")),
    ("status", Signal::Status),
];

/// Statuses with a row of their own; the first range that holds a status decides.
const BY_STATUS: &[(u16, u16, &str)] = &[
    (300, 399, "redirect"),
    (401, 401, "credential_refused"),
    (402, 402, "quota_exhausted"),
    (403, 403, "credential_refused"),
    (404, 404, "model_not_found"),
    (408, 408, "server_error"),
    (409, 409, "conflict"),
    (413, 413, "context_length"),
    (429, 429, "rate_limited"),
    (400, 499, "bad_request"),
    (503, 503, "overloaded"),
    (529, 529, "overloaded"),
];

/// What every other status, 500 and above, comes to.
const OTHERWISE: Outcome = row("server_error", *b"xxx.x..x");

impl Signal {
    /// The signal of this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those there are.
    pub fn by_name(name: &str) -> Result<Self, UnknownName> {
        by_name("signal", SIGNALS, name)
    }
}

/// What a failure means. `status` and `body` are those of the answer, if there was one.
///
/// # Errors
/// Where the signal is [`Signal::Status`] and the status is missing, or not that of a failure.
pub fn classify(signal: Signal, status: Option<u16>, body: Option<&[u8]>) -> Result<Outcome, ClassifyError> {
    let said = || body.map(FailureBody::read).unwrap_or_default();
    match signal {
        Signal::Event(name) => Ok(named(name)),
        Signal::Malformed => Ok(in_good_answer(&said())),
        Signal::Status => match status.ok_or(ClassifyError::MissingStatus)? {
            status @ ..300 => Err(ClassifyError::NotAFailure(status)),
            // Whatever else a 413 is called, the same request is as large the next time.
            status @ (300..400 | 413) => Ok(named(by_status(status))),
            status => Ok(named(reasons::reason(Some(status), &said()).unwrap_or_else(|| by_status(status)))),
        },
    }
}

fn named(name: &str) -> Outcome {
    TABLE.iter().find(|row| row.name == name).copied().unwrap_or(OTHERWISE)
}

/// An error in an answer whose status is good, or in one of its events. It may name the status that it should have had; but no
/// status sends it to the client, who would take it for an answer.
fn in_good_answer(said: &FailureBody) -> Outcome {
    let told = said.status().filter(|status| (400..600).contains(status));
    let status = told.or_else(|| said.status_meant());
    let by_its_status = || status.map(by_status).map(named).filter(|row| !row.to_client);
    reasons::reason(status, said).map(named).or_else(by_its_status).unwrap_or_else(|| named("invalid_answer"))
}

fn by_status(status: u16) -> &'static str {
    let holds = |(low, high, _): &&(u16, u16, &'static str)| (*low..=*high).contains(&status);
    BY_STATUS.iter().find(holds).map_or(OTHERWISE.name, |(_, _, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_a_lookup_leads_to_is_a_row_of_the_table() {
        let events = SIGNALS.iter().filter_map(|(_, signal)| match signal {
            Signal::Event(name) => Some(*name),
            Signal::Malformed | Signal::Status => None,
        });
        let names = events
            .chain(reasons::names())
            .chain(BY_STATUS.iter().map(|(_, _, name)| *name))
            .chain(["invalid_answer", OTHERWISE.name]);
        for name in names {
            assert_eq!(TABLE.iter().filter(|row| row.name == name).count(), 1, "{name}");
        }
        assert_eq!(named(OTHERWISE.name), OTHERWISE);
    }
}
