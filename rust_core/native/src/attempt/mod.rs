//! One attempt: a call, read until its answer can be committed, and the answer passed on to its last byte.
//!
//! | module | what it does |
//! |---|---|
//! | `asking` | makes the call, and reads its answer up to the commit point |
//! | `stream` | a stream of events, to its commit point and then to its end |
//! | `gathered` | bytes that are wanted together, copied only if they did not come so |
//! | `pieces` | the pieces of an answer, each waited for as long as may be |
//! | `waiting` | all that waiting, with one timer |
//! | `seconds` | a span of time in words |
//!
//! A plain answer is committed when it is whole, a stream at its first content event. Whatever fails before that can still
//! be rescued by another attempt, because the client has been given nothing of it. Dropped, an attempt ends its call.

mod asking;
mod gathered;
mod pieces;
mod seconds;
mod stream;
mod waiting;

use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use rust_core_pure::wire::{Dialect, Usage};
use tokio::time::Instant;

pub use asking::ask;
pub use stream::{Break, StreamAnswer};

/// How an answer is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The API that the provider writes in.
    pub wire: Dialect,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether the event that tells the usage is kept back.
    pub hide_usage: bool,
    /// How many choices were asked for: the end of those that have come may not be the end of all.
    pub choices: u64,
    /// What ends a stream for the client, where it is whole without the provider's last event.
    pub last_event: Option<Bytes>,
}

/// How long is waited.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head, and with it the first byte behind it.
    pub first_byte: Duration,
    /// For each piece that follows.
    pub idle: Duration,
    /// For the commit point, where that is bounded.
    pub attempt: Option<Duration>,
    /// For everything: until the request's time is over.
    pub until: Instant,
}

/// An answer that the client is to be given.
#[derive(Debug)]
pub enum Committed {
    /// It is here whole.
    Plain(PlainAnswer),
    /// It has begun.
    Stream(Box<StreamAnswer>),
}

/// A whole answer.
#[derive(Debug)]
pub struct PlainAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The provider's headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What it cost, if the provider tells.
    pub usage: Option<Usage>,
}

/// Why there is none.
#[derive(Debug)]
pub enum Failed {
    /// The provider answered, with something other than success.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The provider's headers.
        headers: HeaderMap,
        /// As much of its words as came.
        body: Bytes,
    },
    /// It came to nothing else.
    Broke {
        /// The classifier's word for it.
        signal: &'static str,
        /// In words, for a person.
        detail: String,
        /// The error that came under a good status, if one did.
        body: Option<Bytes>,
    },
}
