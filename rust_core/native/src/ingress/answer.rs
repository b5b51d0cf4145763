//! What goes back to a client: an answer that is known whole, or one that comes in pieces.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::connection_state::ConnectionState;
use super::pieces::{Listener, Piece};
use super::presence::Presence;
use super::rest::Rest;

/// The cause with which an answer is cut. Nobody reads it: the connection ends without the end of the answer.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer was cut")
    }
}

impl Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody {
    coming: Coming,
    presence: Presence,
    connection: Arc<ConnectionState>,
}

#[derive(Debug)]
enum Coming {
    Whole(Option<Bytes>),
    Pieces {
        pieces: Listener,
        /// How many bytes are to come, where the head has said how many there are.
        left: Option<u64>,
    },
    /// It is cut as soon as the client has what was sent before, or when it takes none of it for too long.
    Cutting {
        flushed: bool,
        patience: Pin<Box<Sleep>>,
        next_look: Pin<Box<Sleep>>,
    },
    Nothing,
}

/// How long a cut waits for its client to take what was sent before it.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(20);

impl AnswerBody {
    pub(super) fn whole(body: Bytes, presence: Presence, connection: Arc<ConnectionState>) -> Self {
        let coming = if body.is_empty() { Coming::Nothing } else { Coming::Whole(Some(body)) };
        if matches!(coming, Coming::Nothing) {
            presence.served();
        }
        Self { coming, presence, connection }
    }

    pub(super) fn pieces(
        pieces: Listener,
        declared: Option<u64>,
        presence: Presence,
        connection: Arc<ConnectionState>,
    ) -> Self {
        let mut body = Self { coming: Coming::Pieces { pieces, left: declared }, presence, connection };
        if declared == Some(0) {
            body.is_served();
        }
        body
    }

    /// All has been handed out. Whoever writes it knows that from a length that was declared, too, and asks no more.
    fn is_served(&mut self) {
        self.coming = Coming::Nothing;
        self.presence.served();
    }

    /// What is handed out of an answer in pieces: none where it is to be cut, because it was left, or is not what was declared.
    fn passed_on(&mut self, piece: Option<Piece>) -> Option<Piece> {
        let Coming::Pieces { left, .. } = &mut self.coming else { return None };
        match (piece, *left) {
            (Some(Piece::Data(bytes)), None) => Some(Piece::Data(bytes)),
            (Some(Piece::Data(bytes)), Some(before)) if bytes.len() as u64 <= before => {
                let behind = before - bytes.len() as u64;
                *left = Some(behind);
                if behind == 0 {
                    self.is_served();
                }
                Some(Piece::Data(bytes))
            }
            (Some(Piece::End), None | Some(0)) => {
                self.is_served();
                Some(Piece::End)
            }
            (Some(_), Some(_)) | (None, _) => {
                let (patience, next_look) = (Box::pin(sleep(PATIENCE)), Box::pin(sleep(LOOK)));
                self.coming = Coming::Cutting { flushed: false, patience, next_look };
                None
            }
        }
    }

    /// Waits until what was sent has left, as far as the client takes it.
    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Coming::Cutting { flushed, patience, next_look } = &mut self.coming else { return Poll::Ready(()) };
        if !*flushed {
            // Whoever writes the pieces does so before it asks for the next one again.
            *flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.connection.is_stalled() && patience.as_mut().poll(context).is_pending() {
            ready!(next_look.as_mut().poll(context));
            next_look.as_mut().reset(tokio::time::Instant::now() + LOOK);
        }
        Poll::Ready(())
    }
}

/// The next piece: of what is left to do here, while anything is, or from elsewhere.
fn poll_piece(pieces: &mut Listener, rest: &Rest, context: &mut Context<'_>) -> Poll<Option<Piece>> {
    let piece = pieces.next_if_there();
    if piece.is_ready() {
        return piece;
    }
    // Who says it in this task need not wake it.
    if rest.poll(context) { pieces.next_if_there() } else { pieces.poll_next(context) }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.connection.rest.let_go(); // nobody waits for it here any more
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = self.get_mut();
        loop {
            match &mut this.coming {
                Coming::Nothing => return Poll::Ready(None),
                Coming::Whole(body) => {
                    let frame = body.take().map(|body| Ok(Frame::data(body)));
                    this.is_served();
                    return Poll::Ready(frame);
                }
                Coming::Pieces { pieces, .. } => {
                    let piece = ready!(poll_piece(pieces, &this.connection.rest, context));
                    match this.passed_on(piece) {
                        Some(Piece::Data(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                        Some(Piece::End) => return Poll::Ready(None),
                        None => {}
                    }
                }
                Coming::Cutting { .. } => {
                    ready!(this.poll_cut(context));
                    this.presence.served();
                    if this.presence.ends_with_connection() {
                        this.connection.set_reset();
                    }
                    return Poll::Ready(Some(Err(Cut)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.coming, Coming::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.coming {
            Coming::Whole(Some(body)) => SizeHint::with_exact(body.len() as u64),
            Coming::Nothing | Coming::Whole(None) => SizeHint::with_exact(0),
            Coming::Pieces { .. } | Coming::Cutting { .. } => SizeHint::default(),
        }
    }
}
