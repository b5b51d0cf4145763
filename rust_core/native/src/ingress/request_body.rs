//! The body of a request: what has come of it with its head, and the rest as it comes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use tokio::time::{Instant, timeout_at};

use super::connection_state::ConnectionState;
use crate::alarm::Alarm;

/// Most bodies come with their heads, or right behind them: a request waits for its body before it is told of, so that it is told of
/// once, as long as each piece comes so soon behind the one before.
const TOGETHER: Duration = Duration::from_millis(5);
/// However they come, it waits for no more than so long.
const ALL_TOGETHER: Duration = Duration::from_secs(1);
/// From so many bytes on room is made for as many as are declared.
const MANY_BYTES: usize = 64 * 1024;

/// What has come of a body.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Some bytes, and whether they are the last.
    Bytes(Bytes, bool),
    /// It has no end that could be known: why, in a sentence.
    Malformed(String),
    /// The client has gone before its end.
    Gone,
}

/// A request's body.
#[derive(Debug)]
pub struct RequestBody {
    connection: Arc<ConnectionState>,
    came: Mutex<Option<Part>>,
    rest: tokio::sync::Mutex<Option<Incoming>>,
    /// The client waits to be told to go on, and is by whoever reads.
    unasked: AtomicBool,
}

impl RequestBody {
    /// The body of a request whose client sends it when it is told to go on: when somebody asks for it, and not before.
    pub(super) fn unasked(incoming: Incoming, connection: Arc<ConnectionState>) -> Self {
        Self::new(Part::Bytes(Bytes::new(), incoming.is_end_stream()), incoming, true, connection)
    }

    fn new(came: Part, incoming: Incoming, unasked: bool, connection: Arc<ConnectionState>) -> Self {
        let more = matches!(came, Part::Bytes(_, false));
        Self {
            connection,
            came: Mutex::new(Some(came)),
            rest: tokio::sync::Mutex::new(more.then_some(incoming)),
            unasked: AtomicBool::new(unasked),
        }
    }

    /// Takes what comes together with the head, until there is so much of it; of what is declared to be larger, little.
    pub(super) async fn beginning(mut incoming: Incoming, most: usize, connection: Arc<ConnectionState>) -> Self {
        let declared = incoming.size_hint().exact().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        let most = if declared > most { MANY_BYTES } else { most };
        let mut came = BytesMut::new();
        let mut first = None;
        let began = Instant::now();
        let mut until = began + TOGETHER;
        let part = loop {
            if incoming.is_end_stream() {
                break Part::Bytes(joined(first, came), true);
            }
            if came.len() >= most {
                break begun(first, &came);
            }
            match timeout_at(until, frame(&mut incoming, &connection.alarm)).await {
                Err(_) => break begun(first, &came),
                Ok(None) => break Part::Bytes(joined(first, came), true),
                Ok(Some(Err(_))) => break broken(&connection),
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        if first.is_none() && came.is_empty() {
                            first = Some(bytes);
                        } else {
                            if let Some(bytes) = first.take() {
                                came.extend_from_slice(&bytes);
                            }
                            if came.len() >= MANY_BYTES {
                                came.reserve(declared.saturating_sub(came.len()).max(bytes.len()));
                            }
                            came.extend_from_slice(&bytes);
                        }
                        until = (Instant::now() + TOGETHER).min(began + ALL_TOGETHER);
                    }
                }
            }
        };
        Self::new(part, incoming, false, connection)
    }

    /// What came together with the head; once.
    pub fn take(&self) -> Option<Part> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// All of it, if it came together with the head and was not taken.
    pub(crate) fn whole(&self) -> Option<Bytes> {
        match &*self.came.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Part::Bytes(bytes, true)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// The next part; at the end an empty last one, as often as it is asked for.
    pub async fn next(&self) -> Part {
        let mut rest = self.rest.lock().await;
        self.unasked.store(false, Ordering::Release);
        let Some(incoming) = rest.as_mut() else { return Part::Bytes(Bytes::new(), true) };
        loop {
            match incoming.frame().await {
                None => {
                    *rest = None;
                    return Part::Bytes(Bytes::new(), true);
                }
                Some(Err(_)) => {
                    *rest = None;
                    return broken(&self.connection);
                }
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        let is_last = incoming.is_end_stream();
                        if is_last {
                            *rest = None;
                        }
                        return Part::Bytes(bytes, is_last);
                    }
                }
            }
        }
    }

    /// Reads what nobody wants, so that the connection can serve again, for so long. What was never asked for is not asked for now.
    pub(super) async fn drain(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let Ok(mut rest) = timeout_at(until, self.rest.lock()).await else { return }; // somebody wants it
        if self.unasked.load(Ordering::Acquire) {
            *rest = None;
        }
        while let Some(incoming) = rest.as_mut() {
            if !matches!(timeout_at(until, incoming.frame()).await, Ok(Some(Ok(_)))) {
                *rest = None;
            }
        }
    }

    /// Whether some of it may still come. Somebody who waits for it does so at this very moment.
    pub(super) fn has_rest(&self) -> bool {
        self.rest.try_lock().map_or(true, |rest| rest.is_some())
    }
}

/// The next frame. Taking it wakes the connection, which polls this: needlessly, where nothing is left to be read.
async fn frame(incoming: &mut Incoming, connection: &Alarm) -> Option<hyper::Result<Frame<Bytes>>> {
    poll_fn(|context| {
        let (frame, was_to_ring) = connection.quietly(|| Pin::new(&mut *incoming).poll_frame(context));
        if was_to_ring && !incoming.is_end_stream() {
            connection.ring();
        }
        frame
    })
    .await
}

/// Why a body broke off: what the gate says, or else its client has gone.
fn broken(connection: &ConnectionState) -> Part {
    connection.violation().map_or(Part::Gone, |violation| Part::Malformed(violation.message))
}

/// What has come of a body whose rest is read by somebody else: without the room that was made for that.
fn begun(first: Option<Bytes>, came: &[u8]) -> Part {
    Part::Bytes(first.unwrap_or_else(|| Bytes::copy_from_slice(came)), false)
}

fn joined(first: Option<Bytes>, came: BytesMut) -> Bytes {
    first.unwrap_or_else(|| came.freeze())
}
