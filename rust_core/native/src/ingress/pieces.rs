//! The pieces of an answer, between the host that says them and the connection that writes them.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

/// How many pieces wait for a client that takes them slowly. Whoever has said more is to wait, so that what is not wanted yet stays
/// with its provider.
const PIECES: usize = 1;

/// What comes of an answer.
#[derive(Debug)]
pub(super) enum Piece {
    Data(Bytes),
    /// The last of it has come.
    End,
}

/// Where pieces are said.
#[derive(Debug)]
pub(super) struct Speaker(Arc<Mutex<Way>>);

/// Where they come out.
#[derive(Debug)]
pub(super) struct Listener(Arc<Mutex<Way>>);

#[derive(Debug, Default)]
struct Way {
    /// Said and not taken yet.
    pieces: VecDeque<Piece>,
    /// How many were taken in all.
    taken: usize,
    /// No more will be said.
    is_told: bool,
    /// Nobody listens any more.
    is_left: bool,
    /// Who is to be told of the next piece.
    listener: Option<Waker>,
    /// Who waits until there is room.
    speakers: Vec<Waker>,
}

pub(super) fn channel() -> (Speaker, Listener) {
    let way = Arc::<Mutex<Way>>::default();
    (Speaker(Arc::clone(&way)), Listener(way))
}

impl Speaker {
    /// Says a piece. It is on its way whatever becomes of the wait for room behind it, which is returned where there is none.
    pub(super) fn say(&mut self, piece: Piece) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut way = lock(&self.0);
        if way.is_left {
            return None;
        }
        way.pieces.push_back(piece);
        let is_full = way.pieces.len() > PIECES;
        let enough = way.taken + way.pieces.len() - PIECES;
        wake(way, |way| way.listener.take());
        let way = Arc::clone(&self.0);
        is_full.then_some(poll_fn(move |context| {
            let mut way = lock(&way);
            if way.is_left || way.taken >= enough {
                return Poll::Ready(());
            }
            if !way.speakers.iter().any(|known| known.will_wake(context.waker())) {
                way.speakers.push(context.waker().clone());
            }
            Poll::Pending
        }))
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        let mut way = lock(&self.0);
        way.is_told = true;
        wake(way, |way| way.listener.take());
    }
}

impl Listener {
    /// The next piece; none once all are taken and no more will be said.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.next_or(|way| way.listener = Some(context.waker().clone()))
    }

    /// The next piece, as `poll_next` has it; but nobody is told when one comes.
    pub(super) fn next_if_there(&mut self) -> Poll<Option<Piece>> {
        self.next_or(|_| ())
    }

    fn next_or(&mut self, wait: impl FnOnce(&mut Way)) -> Poll<Option<Piece>> {
        let mut way = lock(&self.0);
        match way.pieces.pop_front() {
            Some(piece) => {
                way.taken += 1;
                wake(way, |way| mem::take(&mut way.speakers));
                Poll::Ready(Some(piece))
            }
            None if way.is_told => Poll::Ready(None),
            None => {
                wait(&mut way);
                Poll::Pending
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut way = lock(&self.0);
        way.is_left = true;
        let unheard = mem::take(&mut way.pieces);
        wake(way, |way| mem::take(&mut way.speakers));
        drop(unheard);
    }
}

/// Wakes those, with the lock given back.
fn wake<T: IntoIterator<Item = Waker>>(mut way: MutexGuard<'_, Way>, who: impl FnOnce(&mut Way) -> T) {
    let woken = who(&mut way);
    drop(way);
    woken.into_iter().for_each(Waker::wake);
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}
