//! A stream of events from a provider: read to its commit point, and then passed on event by event to its end.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use rust_core_pure::wire::{Framing, Passed, SseFramer, Usage};
use tokio::time::Instant;

use super::Reading;
use super::gathered::Gathered;
use super::pieces::Pieces;
use super::waiting::{Fault, Stop, later};
use crate::ingress::Exchange;

/// What may come before the first content event (roles, comments) before the stream is passed on all the same.
const MAX_LEADING_BYTES: usize = 64 * 1024;
/// What one event may be large.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// Some providers send no last event, and some leave the connection open: what may follow the last finish reason is waited
/// for no longer. The usage follows at once where it was asked for, and the last event on its heels.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_AFTER_USAGE: Duration = Duration::from_millis(250);
/// What is there by then is taken all the same, a slow client may have held it up; but not from a provider that never pauses.
const MOST_LATE: usize = 16;
/// What follows the last event comes on its heels, or nobody waits for it.
const TOGETHER: Duration = Duration::from_millis(1);
const DRAIN: Duration = Duration::from_millis(50);

/// How an answer broke off.
#[derive(Debug)]
pub struct Break {
    /// The classifier's word for it.
    pub signal: &'static str,
    /// In words, for a person.
    pub detail: String,
    /// The data of the provider's own error event, if it sent one.
    pub error: Option<Vec<u8>>,
    /// The number of the last event, where they are numbered.
    pub sequence_number: Option<u64>,
}

/// A stream that has come to its commit point. Dropping it ends the call.
#[derive(Debug)]
pub struct StreamAnswer {
    status: u16,
    headers: HeaderMap,
    pieces: Pieces,
    framer: SseFramer,
    choices: u64,
    last_event: Option<Bytes>,
    held: Bytes,
    /// When what may follow the last finish reason is waited for no longer, once that has come.
    ends_at: Option<Instant>,
    /// Pieces that were taken since then.
    late: usize,
}

impl StreamAnswer {
    pub(super) fn new(status: u16, headers: HeaderMap, pieces: Pieces, reading: &Reading) -> Self {
        let framing = Framing { hide_usage: reading.hide_usage, keep_text: false };
        Self {
            status,
            headers,
            pieces,
            framer: SseFramer::new(reading.wire, MAX_EVENT_BYTES, framing),
            choices: reading.choices,
            last_event: reading.last_event.clone(),
            held: Bytes::new(),
            ends_at: None,
            late: 0,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The provider's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What has been read of it up to its commit point, for the client; nothing once that is being passed on.
    #[must_use]
    pub fn held(&self) -> &Bytes {
        &self.held
    }

    /// What it cost, once the provider has told.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.framer.usage()
    }

    /// Reads up to the commit point, from the first piece; what comes behind that has until another moment.
    pub(super) async fn begin(&mut self, first: Option<Bytes>, until: Instant) -> Result<(), Stop> {
        let mut held = Gathered::default();
        let mut next = first;
        loop {
            let Some(piece) = next else {
                held.push(self.framer.finish().into());
                self.check_end()?;
                break;
            };
            held.push(self.let_through(&piece));
            if self.framer.terminal() && self.framer.choices() == 0 {
                return Err(Fault::truncated("the stream ended without an answer").into());
            }
            if self.framer.content() || self.framer.terminal() || held.len() > MAX_LEADING_BYTES {
                break;
            }
            if let Some(fault) = self.fault() {
                return Err(fault.into());
            }
            // What is whole has content, and is committed: what may follow an answer's end is waited for only then.
            next = self.pieces.next().await?;
        }
        self.held = held.into_bytes();
        self.pieces.waiting.go_on_until(until);
        Ok(())
    }

    /// Passes everything on, beginning with what is held, and returns what ends the client's stream where the provider's last
    /// event does not. Sending that, and the end of the body itself, is left to the caller.
    ///
    /// # Errors
    /// It broke off: the client has been given everything up to there.
    pub async fn relay(&mut self, exchange: &Exchange, sent: &AtomicU64) -> Result<Bytes, Break> {
        match self.pass_on(exchange, sent).await {
            Err(Stop::Over) => return Err(self.broken(Fault::deadline())),
            Err(Stop::Broke(fault)) if !self.is_whole() => return Err(self.broken(fault)),
            Ok(()) | Err(Stop::Broke(_)) => {}
        }
        if let Some(fault) = self.fault() {
            return Err(self.broken(fault));
        }
        if !self.is_whole() {
            return Err(self.broken(Fault::truncated("the provider ended it without a finish_reason")));
        }
        let is_ended = self.framer.terminal();
        Ok(if is_ended { Bytes::new() } else { self.last_event.take().unwrap_or_default() })
    }

    /// Reads what follows the last event, so that the connection can serve again; nobody waits for it for long.
    pub async fn drain(mut self) {
        self.drain_for(DRAIN).await;
    }

    /// Reads what follows the last event as far as it comes together with it.
    pub async fn settle(&mut self) {
        self.drain_for(TOGETHER).await;
    }

    async fn drain_for(&mut self, patience: Duration) {
        let now = Instant::now();
        if self.ends_at.is_some_and(|ends_at| ends_at <= now) {
            return; // it was waited for long enough
        }
        let soon = later(now, patience);
        self.pieces.waiting.go_on_until(soon);
        while let Ok(Some(_)) = self.pieces.next_before(soon).await {}
    }

    /// Passes events on until the terminal one, the end of the body, or the first that must not be passed on.
    async fn pass_on(&mut self, exchange: &Exchange, sent: &AtomicU64) -> Result<(), Stop> {
        let mut events = mem::take(&mut self.held);
        loop {
            self.send(events, exchange, sent).await?;
            if self.framer.terminal() || self.framer.error().is_some() || self.framer.malformed().is_some() {
                return Ok(());
            }
            let Some(piece) = self.next().await? else { break };
            events = self.let_through(&piece);
        }
        let last = self.framer.finish();
        self.send(last.into(), exchange, sent).await
    }

    async fn send(&mut self, events: Bytes, exchange: &Exchange, sent: &AtomicU64) -> Result<(), Stop> {
        if events.is_empty() {
            return Ok(());
        }
        sent.fetch_add(events.len() as u64, Ordering::Relaxed);
        match exchange.send(events) {
            Some(room) => self.pieces.waiting.wait_for(room).await,
            None => Ok(()),
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Stop> {
        if !self.is_whole() {
            return self.pieces.next().await;
        }
        // It has all its finish reasons: what comes is its usage or its last event, or nothing at all.
        let now = Instant::now();
        let mut ends_at = self.ends_at.unwrap_or_else(|| later(now, LINGER));
        if self.framer.usage().is_some() {
            ends_at = ends_at.min(later(now, LINGER_AFTER_USAGE));
        }
        self.ends_at = Some(ends_at);
        if now >= ends_at {
            self.late += 1;
            if self.late > MOST_LATE {
                return Ok(None);
            }
        }
        self.pieces.next_before(ends_at).await
    }

    /// The whole events that a piece makes, as they came.
    fn let_through(&mut self, piece: &Bytes) -> Bytes {
        match self.framer.feed_piece(piece) {
            Passed::Part(part) => piece.slice(part),
            Passed::Own(events) => events.into(),
        }
    }

    /// Whether nothing of the answer is missing: it has come to its last event, or every choice to its finish reason.
    fn is_whole(&self) -> bool {
        let framer = &self.framer;
        framer.terminal() || (framer.complete() && framer.choices() as u64 >= self.choices)
    }

    /// Why nothing more can be passed on, if that is so.
    fn fault(&self) -> Option<Fault> {
        if let Some(error) = self.framer.error() {
            let body = Some(Bytes::copy_from_slice(error));
            return Some(Fault { body, ..Fault::malformed("the provider sent an error event") });
        }
        self.framer.malformed().map(Fault::malformed)
    }

    /// Of a stream whose body ended before the commit point.
    fn check_end(&self) -> Result<(), Stop> {
        if self.framer.content() && self.is_whole() {
            return Ok(());
        }
        Err(Fault::truncated(self.framer.malformed().unwrap_or("the stream ended before its answer did")).into())
    }

    fn broken(&self, fault: Fault) -> Break {
        let Fault { signal, detail, body } = fault;
        Break { signal, detail, error: body.map(Vec::from), sequence_number: self.framer.sequence_number() }
    }
}
