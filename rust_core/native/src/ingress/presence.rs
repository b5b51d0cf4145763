//! The client of one request, for as long as it is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::connection_state::ConnectionState;

/// Lives in the request while it waits for its answer, then in the answer. Dropped before the answer is served, it tells that the
/// client has gone.
pub(super) struct Presence {
    connection: Arc<ConnectionState>,
    served: AtomicBool,
    /// HTTP/1.0: the end of the connection is the end of an answer.
    ends_with_connection: bool,
    gone: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Presence {
    /// The client of a request that begins; `gone` is called if it goes before it is served.
    pub(super) fn new(
        connection: Arc<ConnectionState>,
        ends_with_connection: bool,
        gone: Box<dyn FnOnce() + Send + Sync>,
    ) -> Self {
        connection.begins();
        Self { connection, served: AtomicBool::new(false), ends_with_connection, gone: Some(gone) }
    }

    /// Nobody needs to be told any more when the client goes.
    pub(super) fn served(&self, served: bool) {
        self.served.store(served, Ordering::Release);
    }

    pub(super) fn ends_with_connection(&self) -> bool {
        self.ends_with_connection
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Presence").field("served", &self.served).finish_non_exhaustive()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.connection.ends();
        if let Some(gone) = self.gone.take().filter(|_| !self.served.load(Ordering::Acquire)) {
            gone();
        }
    }
}
