//! What the host is told of a request that was taken here.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use rust_core_pure::units::Nanos;
use rust_core_pure::wire::Usage;

use super::lanes::Lanes;
use super::plan::Lane;
use super::taken::Taken;
use crate::attempt::Failed;

/// A request that has ended here.
#[derive(Debug)]
pub struct Served {
    /// The lane that it was taken on.
    pub lane: Arc<Lane>,
    /// Which of its candidates was asked.
    pub place: usize,
    /// The request's id.
    pub request_id: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Bytes of text in it, and images.
    pub size: (usize, usize),
    /// The status that was sent, if one was.
    pub status: Option<u16>,
    /// When it came.
    pub arrived: Nanos,
    /// When its attempt was admitted.
    pub admitted: Nanos,
    /// When its answer was committed.
    pub committed: Option<Nanos>,
    /// When it ended.
    pub ended: Nanos,
    /// Bytes of body that were sent.
    pub sent: u64,
    /// What it cost, if that is known.
    pub usage: Option<Usage>,
    /// How it ended.
    pub how: Ended,
}

/// How a request ended that the host need not go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client has its answer, whole.
    Delivered,
    /// The client has gone.
    Left,
}

/// An attempt that the host is to go on from.
pub struct Begun {
    /// The lanes, to be told when the host has taken it: `Lanes::forget`.
    pub lanes: Arc<Lanes>,
    /// Its number there.
    pub number: u64,
    /// The lane that it was begun on.
    pub lane: u64,
    /// Which of its candidates was asked.
    pub place: usize,
    /// The request's id.
    pub request_id: String,
    /// When the request came.
    pub arrived: Nanos,
    /// When the attempt was admitted.
    pub admitted: Nanos,
    /// What it holds, which is the host's now; dropped, it is given back.
    pub taken: Taken,
    /// What happened to it.
    pub happened: Happened,
}

/// What happened to an attempt.
#[derive(Debug)]
pub enum Happened {
    /// It failed before anything was delivered.
    Failed(Failed),
    /// Its stream broke off.
    Broke {
        /// The status that was sent.
        status: u16,
        /// The head of the provider's answer.
        headers: HeaderMap,
        /// When it was committed.
        committed: Nanos,
        /// Bytes of body that were sent.
        sent: u64,
        /// What it cost so far.
        usage: Option<Usage>,
        /// The classifier's word for it.
        signal: &'static str,
        /// In words.
        detail: String,
        /// The provider's own error event.
        error: Option<Bytes>,
        /// The number of the client's last event, where they have numbers.
        last_number: Option<u64>,
    },
}

impl fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Begun")
            .field("taken", &self.taken)
            .field("happened", &self.happened)
            .finish_non_exhaustive()
    }
}
