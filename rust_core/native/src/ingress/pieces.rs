//! The pieces of an answer, between the host that says them and the connection that writes them.

use std::future::Future;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

/// How many pieces wait for a client that takes them slowly. Whoever has said more is to wait, so that what is not wanted yet stays
/// with its provider.
const PIECES: u64 = 1;

/// What comes of an answer.
#[derive(Debug)]
pub(super) enum Piece {
    Data(Bytes),
    /// The last of it has come.
    End,
}

/// Where pieces are said.
#[derive(Debug)]
pub(super) struct Speaker {
    pieces: mpsc::UnboundedSender<Piece>,
    said: u64,
    taken: watch::Receiver<u64>,
}

/// Where they come out.
#[derive(Debug)]
pub(super) struct Listener {
    pieces: mpsc::UnboundedReceiver<Piece>,
    taken: watch::Sender<u64>,
}

pub(super) fn channel() -> (Speaker, Listener) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (taking, taken) = watch::channel(0);
    (Speaker { pieces: sender, said: 0, taken }, Listener { pieces: receiver, taken: taking })
}

impl Speaker {
    /// Says a piece. It is on its way whatever becomes of the wait for room behind it, which is returned where there is none.
    pub(super) fn say(&mut self, piece: Piece) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.pieces.send(piece).ok()?; // else nobody listens any more
        self.said += 1;
        let (said, mut taken) = (self.said, self.taken.clone());
        let has_room = move |taken: &u64| taken + PIECES >= said;
        let full = !has_room(&taken.borrow());
        full.then_some(async move {
            // An error says that nobody listens any more.
            let _ = taken.wait_for(has_room).await;
        })
    }
}

impl Listener {
    /// The next piece; none once all are taken and no more will be said.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        let piece = ready!(self.pieces.poll_recv(context));
        if piece.is_some() {
            self.taken.send_modify(|taken| *taken += 1);
        }
        Poll::Ready(piece)
    }
}
