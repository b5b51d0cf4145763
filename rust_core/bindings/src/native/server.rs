//! `NativeServer`: takes requests, and tells the event loop of each.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use native::ingress::{Deadlines, Exchange, Host, Listener, Server, Work};
use native::lane::Lanes;
use pyo3::prelude::*;
use socket2::{Domain, Socket};

use super::io::{Begun, Done, NativeIo};
use super::lane::NativeLanes;
use crate::convert::{instant, value_error};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 2048;

/// Most bodies have fewer bytes, and are told of whole in any case.
const TOGETHER: usize = 256 * 1024;
/// Larger ones are read by who asked for them, piece by piece: what clients have sent of them and then left is memory.
const MOST_TOGETHER: usize = 4 * 1024 * 1024;

/// Leaves each request that is not ordinary in the inbox, under the server's own ticket.
struct Asking {
    begun: Arc<Begun>,
    ticket: u64,
    lanes: Arc<Lanes>,
}

impl Host for Asking {
    fn number(&self) -> u64 {
        self.begun.ticket()
    }

    fn most_together(&self) -> usize {
        self.lanes.largest_body().clamp(TOGETHER, MOST_TOGETHER)
    }

    fn asked(&self, exchange: Exchange) -> Option<Work> {
        let refused = |exchange| self.begun.tell(self.ticket, Done::Asked(Box::new(exchange)));
        self.lanes.take(exchange).map_err(refused).ok()
    }

    fn gone(&self, number: u64) {
        self.lanes.gone(number);
    }

    fn short(&self, why: String) {
        self.begun.tell(self.ticket, Done::Short(why));
    }
}

/// Listens on sockets that are bound already.
///
/// Each request comes out of `NativeIo.take` as a `NativeExchange`, under `ticket`; a str there says why nobody more can be let in.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeServer {
    server: Arc<Server>,
    begun: Arc<Begun>,
    ticket: u64,
    /// Where targets are laid open.
    #[pyo3(get)]
    lanes: Py<NativeLanes>,
}

#[pymethods]
impl NativeServer {
    /// The descriptors are the server's own from here on: they must have been detached from their sockets.
    #[new]
    #[pyo3(signature = (io, descriptors, *, head, idle, close))]
    fn new(py: Python<'_>, io: &NativeIo, descriptors: Vec<RawFd>, head: f64, idle: f64, close: f64) -> PyResult<Self> {
        if descriptors.iter().any(|descriptor| *descriptor < 0) {
            return Err(value_error("a descriptor is not negative"));
        }
        // SAFETY: their sockets have been detached from them, as is demanded above, so that nobody else closes them.
        let own = |descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) };
        let owned: Vec<OwnedFd> = descriptors.into_iter().map(own).collect(); // all, before any can fail
        let deadlines = Deadlines { head: seconds(head)?, idle: seconds(idle)?, close: seconds(close)? };
        let begun = Arc::clone(io.begun());
        let entered = begun.runtime().enter();
        let listeners = owned.into_iter().map(listener).collect::<PyResult<_>>()?;
        let ticket = begun.ticket();
        let lanes = NativeLanes::new(&begun, ticket, instant(py, None)?);
        let asking = Asking { begun: Arc::clone(&begun), ticket, lanes: Arc::clone(lanes.lanes()) };
        let host: Arc<dyn Host> = Arc::new(asking);
        let server = Arc::new(Server::start(begun.runtime(), listeners, deadlines, &host));
        drop(entered);
        Ok(Self { server, begun, ticket, lanes: Py::new(py, lanes)? })
    }

    /// Under which each request is told of.
    #[getter]
    fn ticket(&self) -> u64 {
        self.ticket
    }

    /// Listens no more, and closes each connection after the answer under way on it. Draws a ticket that ends when all are closed,
    /// or after so many seconds.
    fn stop(&self, seconds: f64) -> PyResult<u64> {
        let (server, grace) = (Arc::clone(&self.server), self::seconds(seconds)?);
        Ok(self.begun.begin(async move {
            server.stop(grace).await;
            Done::Nothing
        }))
    }

    /// Closes every connection.
    fn close(&self) {
        self.server.close();
    }
}

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(value_error)
}

fn listener(descriptor: OwnedFd) -> PyResult<Listener> {
    let socket = Socket::from(descriptor);
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = if socket.domain()? == Domain::UNIX {
        Listener::Unix(tokio::net::UnixListener::from_std(socket.into())?)
    } else {
        Listener::Tcp(tokio::net::TcpListener::from_std(socket.into())?)
    };
    Ok(listener)
}
