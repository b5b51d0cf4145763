//! The pieces of an answer, each waited for as long as may be.

use std::task::ready;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::coop::poll_proceed;
use tokio::time::Instant;

use super::seconds::in_words;
use super::waiting::{Fault, Late, Stop, Waiting, later};
use crate::transport::{Body, Failure};

/// A body, and the patience with it.
#[derive(Debug)]
pub(super) struct Pieces {
    body: Body,
    pub(super) waiting: Waiting,
    idle: Duration,
}

impl Pieces {
    pub(super) fn new(body: Body, waiting: Waiting, idle: Duration) -> Self {
        Self { body, waiting, idle }
    }

    /// The first piece, or none where there is no body.
    pub(super) async fn first(&mut self, by: Instant) -> Result<Option<Bytes>, Stop> {
        let left = by.saturating_duration_since(Instant::now());
        came(self.piece(|_| by).await, "first_byte_timeout", left)
    }

    /// The next piece, or none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Stop> {
        let idle = self.idle;
        came(self.piece(|now| later(now, idle)).await, "idle_timeout", idle)
    }

    /// The next piece, or none at the end or where none comes in time.
    pub(super) async fn next_before(&mut self, at: Instant) -> Result<Option<Bytes>, Stop> {
        match self.piece(|_| at).await {
            Err(Late::This) => Ok(None),
            Err(Late::All) => Err(Stop::Over),
            Ok(piece) => Ok(piece.transpose()?),
        }
    }

    async fn piece(&mut self, due: impl Fn(Instant) -> Instant) -> Result<Option<Result<Bytes, Failure>>, Late> {
        let Self { body, waiting, .. } = self;
        waiting
            .wait(due, |cx| {
                // A provider that sends without a pause does not keep others, nor the clock, from having their turn.
                let turn = ready!(poll_proceed(cx));
                let polled = body.poll_next(cx);
                if polled.is_ready() {
                    turn.made_progress();
                }
                polled
            })
            .await
    }
}

fn came(
    piece: Result<Option<Result<Bytes, Failure>>, Late>,
    signal: &'static str,
    waited: Duration,
) -> Result<Option<Bytes>, Stop> {
    match piece {
        Ok(piece) => Ok(piece.transpose()?),
        Err(Late::All) => Err(Stop::Over),
        Err(Late::This) => Err(Fault::new(signal, format!("nothing came for {} s", in_words(waited))).into()),
    }
}
