//! One request and the way back to its client, as the host holds them.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::http::request::Parts;
use rust_core_pure::wire::http1::Violation;
use tokio::sync::oneshot;

use super::connection_state::Voice;
use super::pieces::{self, Piece};
use super::request_body::RequestBody;

/// An answer's head, and what comes of its body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Answered,
}

#[derive(Debug)]
pub(super) enum Answered {
    Whole(Bytes),
    Pieces(pieces::Listener),
}

/// A request, its head read and perhaps its body.
#[derive(Debug)]
pub struct Exchange {
    /// The ticket under which its client's leaving is told.
    pub number: u64,
    /// When its head had come.
    pub arrived: Instant,
    /// Method, target, version and headers.
    pub head: Parts,
    /// Why there is no request, but an answer to give all the same.
    pub violation: Option<Violation>,
    body: Arc<RequestBody>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    pieces: Mutex<Option<pieces::Speaker>>,
    /// Until all is said.
    voice: Mutex<Option<Voice>>,
}

impl Exchange {
    pub(super) fn new(
        number: u64,
        arrived: Instant,
        head: Parts,
        violation: Option<Violation>,
        body: Arc<RequestBody>,
        voice: Voice,
    ) -> (Self, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let (answer, pieces, voice) = (Mutex::new(Some(sender)), Mutex::new(None), Mutex::new(Some(voice)));
        (Self { number, arrived, head, violation, body, answer, pieces, voice }, receiver)
    }

    /// The body, as it comes.
    #[must_use]
    pub fn body(&self) -> &Arc<RequestBody> {
        &self.body
    }

    /// Answers with a body that is known whole. Returns whether the client is there to take it, as far as is known.
    pub fn answer(&self, status: u16, headers: HeaderMap, body: Bytes) -> bool {
        let taken = self.begin_with(Answer { status, headers, body: Answered::Whole(body) });
        self.fall_silent();
        taken
    }

    /// Begins an answer that comes in pieces. Returns whether the client is there to take it, as far as is known.
    pub fn begin(&self, status: u16, headers: HeaderMap) -> bool {
        let (sender, receiver) = pieces::channel();
        *lock(&self.pieces) = Some(sender);
        self.begin_with(Answer { status, headers, body: Answered::Pieces(receiver) })
    }

    /// Sends a piece; where the client has gone it goes nowhere. Returns what to wait for before the next one, if the client has not
    /// taken those before. Who waits no longer takes nothing back.
    pub fn send(&self, piece: Bytes) -> Option<impl Future<Output = ()> + Send + use<>> {
        lock(&self.pieces).as_mut().and_then(|speaker| speaker.say(Piece::Data(piece)))
    }

    /// Ends the answer: it is whole. Returns what to wait for until the client has taken the pieces, if it has not.
    pub fn finish(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let rest = lock(&self.pieces).take().and_then(|mut speaker| speaker.say(Piece::End));
        self.fall_silent();
        rest
    }

    /// Ends the connection without an end of the answer, unless that has come.
    pub fn cut(&self) {
        *lock(&self.pieces) = None;
        *lock(&self.answer) = None;
        self.fall_silent();
    }

    fn fall_silent(&self) {
        let voice = lock(&self.voice).take();
        drop(voice); // which wakes the connection
    }

    fn begin_with(&self, answer: Answer) -> bool {
        lock(&self.answer).take().is_some_and(|sender| sender.send(answer).is_ok())
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
