//! One request and the way back to its client, as the host holds them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::http::request::Parts;
use rust_core_pure::wire::http1::Violation;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::answer::Piece;
use super::request_body::RequestBody;

/// How many pieces of an answer wait for a client that takes them slowly. Whoever sends more waits, so that what is not wanted yet
/// stays with its provider.
const PIECES: usize = 1;

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
    Pieces(mpsc::Receiver<Piece>),
}

/// A request, its head read and perhaps its body.
#[derive(Debug)]
pub struct Exchange {
    /// The ticket under which its client's leaving is told.
    pub number: u64,
    /// Method, target, version and headers.
    pub head: Parts,
    /// Why there is no request, but an answer to give all the same.
    pub violation: Option<Violation>,
    body: Arc<RequestBody>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    pieces: Mutex<Option<mpsc::Sender<Piece>>>,
}

impl Exchange {
    pub(super) fn new(
        number: u64,
        head: Parts,
        violation: Option<Violation>,
        body: Arc<RequestBody>,
    ) -> (Self, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        (Self { number, head, violation, body, answer: Mutex::new(Some(sender)), pieces: Mutex::new(None) }, receiver)
    }

    /// The body, as it comes.
    #[must_use]
    pub fn body(&self) -> &Arc<RequestBody> {
        &self.body
    }

    /// Answers with a body that is known whole. Returns whether the client is there to take it, as far as is known.
    pub fn answer(&self, status: u16, headers: HeaderMap, body: Bytes) -> bool {
        self.begin_with(Answer { status, headers, body: Answered::Whole(body) })
    }

    /// Begins an answer that comes in pieces. Returns whether the client is there to take it, as far as is known.
    pub fn begin(&self, status: u16, headers: HeaderMap) -> bool {
        let (sender, receiver) = mpsc::channel(PIECES);
        *lock(&self.pieces) = Some(sender);
        self.begin_with(Answer { status, headers, body: Answered::Pieces(receiver) })
    }

    /// Sends a piece at once, if the client has taken those before; hands it back if not.
    ///
    /// # Errors
    /// The piece, with whether it may be sent later: not where the client has gone, or no answer was begun.
    pub fn try_send(&self, piece: Bytes) -> Result<(), (Bytes, bool)> {
        let pieces = lock(&self.pieces);
        let Some(sender) = pieces.as_ref() else { return Err((piece, false)) };
        sender.try_send(Piece::Data(piece)).map_err(|error| match error {
            TrySendError::Full(Piece::Data(piece)) => (piece, true),
            TrySendError::Closed(Piece::Data(piece)) => (piece, false),
            TrySendError::Full(Piece::End) | TrySendError::Closed(Piece::End) => (Bytes::new(), false),
        })
    }

    /// Sends a piece once the client has taken those before. Where it has gone the piece goes nowhere.
    pub async fn send(&self, piece: Bytes) {
        self.deliver(Piece::Data(piece)).await;
    }

    /// Ends the answer: it is whole.
    pub async fn finish(&self) {
        self.deliver(Piece::End).await;
        self.cut();
    }

    /// Ends the answer at once if the client has taken what was sent before. Returns whether it is done.
    pub fn try_finish(&self) -> bool {
        let mut pieces = lock(&self.pieces);
        let done =
            pieces.as_ref().is_none_or(|sender| !matches!(sender.try_send(Piece::End), Err(TrySendError::Full(_))));
        if done {
            *pieces = None;
        }
        done
    }

    /// Ends the connection without an end of the answer, unless that has come.
    pub fn cut(&self) {
        *lock(&self.pieces) = None;
        *lock(&self.answer) = None;
    }

    async fn deliver(&self, piece: Piece) {
        let sender = lock(&self.pieces).clone();
        if let Some(sender) = sender {
            // An error says that the client has gone, and that it is told of by its own ticket.
            let _ = sender.send(piece).await;
        }
    }

    fn begin_with(&self, answer: Answer) -> bool {
        lock(&self.answer).take().is_some_and(|sender| sender.send(answer).is_ok())
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
