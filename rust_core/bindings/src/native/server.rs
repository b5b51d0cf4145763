//! `NativeServer`: takes requests, and tells the event loop of each.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use native::ingress::{Deadlines, Exchange, Host, Listener, Server};
use pyo3::prelude::*;
use socket2::{Domain, Socket};

use super::io::{Begun, Done, NativeIo};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 2048;

/// Leaves each request in the inbox, under the server's own ticket.
struct Asking {
    begun: Arc<Begun>,
    ticket: u64,
}

impl Host for Asking {
    fn number(&self) -> u64 {
        self.begun.ticket()
    }

    fn asked(&self, exchange: Exchange) {
        self.begun.tell(self.ticket, Done::Asked(Box::new(exchange)));
    }

    fn gone(&self, number: u64) {
        self.begun.tell(number, Done::Nothing);
    }
}

/// Listens on sockets that are bound already. Each request comes out of `NativeIo.take` as a `NativeExchange`, under `ticket`.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeServer {
    server: Arc<Server>,
    begun: Arc<Begun>,
    ticket: u64,
}

#[pymethods]
impl NativeServer {
    /// The descriptors are the server's own from here on: they must have been detached from their sockets.
    #[new]
    #[pyo3(signature = (io, descriptors, *, head, idle, close))]
    fn new(io: &NativeIo, descriptors: Vec<RawFd>, head: f64, idle: f64, close: f64) -> PyResult<Self> {
        let begun = Arc::clone(io.begun());
        let entered = begun.runtime().enter();
        let listeners = descriptors.into_iter().map(listener).collect::<PyResult<_>>()?;
        let seconds = Duration::from_secs_f64;
        let deadlines = Deadlines { head: seconds(head), idle: seconds(idle), close: seconds(close) };
        let ticket = begun.ticket();
        let host: Arc<dyn Host> = Arc::new(Asking { begun: Arc::clone(&begun), ticket });
        let server = Arc::new(Server::start(begun.runtime(), listeners, deadlines, &host));
        drop(entered);
        Ok(Self { server, begun, ticket })
    }

    /// Under which each request is told of.
    #[getter]
    fn ticket(&self) -> u64 {
        self.ticket
    }

    /// Listens no more, and closes each connection after the answer under way on it. Draws a ticket that ends when all are closed,
    /// or after so many seconds.
    fn stop(&self, seconds: f64) -> u64 {
        let server = Arc::clone(&self.server);
        self.begun.begin(async move {
            server.stop(Duration::from_secs_f64(seconds)).await;
            Done::Nothing
        })
    }

    /// Closes every connection.
    fn close(&self) {
        self.server.close();
    }
}

fn listener(descriptor: RawFd) -> PyResult<Listener> {
    // SAFETY: its socket has been detached from it, as the constructor demands, so that nobody else closes it.
    let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = if socket.domain()? == Domain::UNIX {
        Listener::Unix(tokio::net::UnixListener::from_std(socket.into())?)
    } else {
        Listener::Tcp(tokio::net::TcpListener::from_std(socket.into())?)
    };
    Ok(listener)
}
