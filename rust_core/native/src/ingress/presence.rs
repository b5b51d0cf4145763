//! The client of one request, for as long as it is there.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection_state::ConnectionState;

/// Whom to tell that the client of a request has gone, as long as that is to be told: once, and not after it was served.
#[derive(Clone)]
pub(super) struct Leaving(Arc<Mutex<Option<Call>>>);

type Call = Box<dyn FnOnce() + Send>;

impl Leaving {
    pub(super) fn tell(&self) {
        if let Some(call) = self.take() {
            call();
        }
    }

    fn take(&self) -> Option<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Leaving {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Leaving").finish_non_exhaustive()
    }
}

/// Lives in the request while it waits for its answer, then in the answer. Dropped before the answer is served, it tells that the
/// client has gone.
#[derive(Debug)]
pub(super) struct Presence {
    connection: Arc<ConnectionState>,
    /// HTTP/1.0: the end of the connection is the end of an answer.
    ends_with_connection: bool,
    leaving: Leaving,
}

impl Presence {
    /// The client of a request that begins; `gone` is called if it goes before it is served.
    pub(super) fn new(connection: Arc<ConnectionState>, ends_with_connection: bool, gone: Call) -> Self {
        let leaving = Leaving(Arc::new(Mutex::new(Some(gone))));
        connection.begins(leaving.clone());
        Self { connection, ends_with_connection, leaving }
    }

    /// Nobody needs to be told any more when the client goes.
    pub(super) fn served(&self) {
        drop(self.leaving.take());
    }

    pub(super) fn ends_with_connection(&self) -> bool {
        self.ends_with_connection
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.connection.ends();
        self.leaving.tell();
    }
}
