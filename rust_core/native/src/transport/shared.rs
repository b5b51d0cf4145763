//! A connection of HTTP/2: it serves many calls at a time, and has a task of its own.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use super::endpoint::Origin;
use super::exchange::{Broken, Sent};
use super::failure::Failure;
use super::wire::Wire;

/// What a stream may send that nobody has read yet.
const STREAM_WINDOW: u32 = 256 * 1024;
/// Calls at a time. All of them together fill the connection's window, and no fewer: one whose reader is slow holds up none.
const MOST_CALLS: usize = 64;
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 64;
/// What a head may be long at most, as over HTTP/1.1.
const LARGEST_HEAD: u32 = 128 * 1024;
/// A connection that is silently gone is noticed by asking it for a sign of life.
const ASKED_EVERY: Duration = Duration::from_secs(15);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A connection.
pub(super) struct Shared {
    origin: Arc<Origin>,
    sender: http2::SendRequest<Full<Bytes>>,
    /// What knows how many calls its provider takes at a time.
    connection: Arc<Mutex<Connection>>,
    calls: AtomicUsize,
    /// Takes no more calls.
    is_retired: AtomicBool,
    began: Instant,
    /// When its last call ended, in milliseconds after its beginning.
    rests_since: AtomicU64,
}

impl Shared {
    pub(super) async fn begin(wire: Wire, origin: Arc<Origin>) -> Result<Arc<Self>, Failure> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(LARGEST_HEAD)
            .initial_max_send_streams(1) // until the provider has said how many it takes
            .keep_alive_interval(ASKED_EVERY)
            .keep_alive_timeout(ANSWERED_WITHIN)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| Failure::connect(&error))?;
        let connection = Arc::new(Mutex::new(connection));
        tokio::spawn(run(Arc::clone(&connection)));
        Ok(Arc::new(Self {
            origin,
            sender,
            connection,
            calls: AtomicUsize::new(0),
            is_retired: AtomicBool::new(false),
            began: Instant::now(),
            rests_since: AtomicU64::new(0),
        }))
    }

    /// A call's place on it, if there is one. Only who holds the pool may ask, so that no two take the last.
    pub(super) fn place(self: &Arc<Self>) -> Option<Place> {
        let most = lock(&self.connection).current_max_send_streams().min(MOST_CALLS);
        let has_room = self.is_alive() && self.calls.load(Ordering::Acquire) < most;
        has_room.then(|| self.first_place())
    }

    /// The place of the call that it was made for.
    pub(super) fn first_place(self: &Arc<Self>) -> Place {
        self.calls.fetch_add(1, Ordering::AcqRel);
        Place { connection: Arc::clone(self), is_answered: false }
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.is_retired.load(Ordering::Acquire) && !self.sender.is_closed()
    }

    pub(super) fn leads_to(&self, origin: &Origin) -> bool {
        *self.origin == *origin
    }

    pub(super) fn has_rested(&self, longer_than: Duration) -> bool {
        let since = Duration::from_millis(self.rests_since.load(Ordering::Acquire));
        self.calls.load(Ordering::Acquire) == 0 && self.began.elapsed().saturating_sub(since) >= longer_than
    }
}

type Connection = http2::Connection<TokioIo<Wire>, Full<Bytes>, TokioExecutor>;

/// Moves what is to be moved, until nobody can send any more and the last answer is read. What goes wrong its calls are told.
async fn run(connection: Arc<Mutex<Connection>>) {
    let _ = poll_fn(|cx| Pin::new(&mut *lock(&connection)).poll(cx)).await;
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call's place on a connection, until it is dropped.
pub(super) struct Place {
    connection: Arc<Shared>,
    is_answered: bool,
}

impl Place {
    /// Sends a request and waits for the head of its answer.
    pub(super) async fn exchange(mut self, request: Sent) -> Result<(Response<Incoming>, Self), Broken> {
        match self.connection.sender.clone().try_send_request(request).await {
            Ok(response) => {
                self.is_answered = true;
                Ok((response, self))
            }
            Err(error) => Err(Broken::of_shared(error)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let connection = &self.connection;
        if !self.is_answered {
            // Whoever waited has given up, or was refused: as with a connection of HTTP/1.1, the next call takes another.
            connection.is_retired.store(true, Ordering::Release);
        }
        let now = u64::try_from(connection.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        connection.rests_since.store(now, Ordering::Release);
        connection.calls.fetch_sub(1, Ordering::AcqRel);
    }
}
