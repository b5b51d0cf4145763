//! Listens, and serves each connection in a task of its own until it ends or the server stops.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rust_core_pure::wire::http1::{Limits, RequestGate};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::connection_state::ConnectionState;
use super::gated::Gated;
use super::service::{Host, serve};
use super::stream::Stream;
use super::waiting::Deadlines;

/// So much of an answer is taken from its sender before the client has: enough to keep a socket busy.
const WRITTEN_AHEAD: usize = 64 * 1024;
/// Streams of one connection of HTTP/2 at a time.
const MOST_STREAMS: u32 = 256;
/// What no head may go beyond. One that is whole and too large by less than that is refused by the host, with the id that it bears.
const LIMITS: Limits = Limits { head_bytes: 64 * 1024, fields: 256, uri_bytes: 64 * 1024 };
/// When no connection can be accepted, because descriptors or memory are short, it is tried again so much later.
const SHORT_OF_ALL: Duration = Duration::from_millis(50);
/// It is the same shortage as long as it is felt again within this time.
const SHORTAGE: Duration = Duration::from_secs(60);

/// What a server listens on.
#[derive(Debug)]
pub enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// How far the server has come with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    Serving,
    /// Connections end with the answers under way.
    Gracefully,
    /// Connections are closed.
    AtOnce,
}

/// A server that listens until it is stopped.
#[derive(Debug)]
pub struct Server {
    stop: watch::Sender<Stop>,
}

impl Server {
    /// Serves what comes to these.
    pub fn start(runtime: &Handle, listeners: Vec<Listener>, deadlines: Deadlines, host: &Arc<dyn Host>) -> Self {
        let (stop, stopping) = watch::channel(Stop::Serving);
        for listener in listeners {
            runtime.spawn(listen(listener, deadlines, Arc::clone(host), stopping.clone()));
        }
        Self { stop }
    }

    /// Listens no more, and closes each connection with the answer under way on it. Returns when all are closed, or after so long.
    pub async fn stop(&self, grace: Duration) {
        self.stop.send_modify(|stage| *stage = Stop::Gracefully.max(*stage));
        // Everybody who serves holds a receiver.
        let _ = tokio::time::timeout(grace, self.stop.closed()).await;
    }

    /// Closes every connection.
    pub fn close(&self) {
        self.stop.send_replace(Stop::AtOnce);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

async fn listen(listener: Listener, deadlines: Deadlines, host: Arc<dyn Host>, mut stopping: watch::Receiver<Stop>) {
    let mut felt: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            () = reached(&mut stopping, Stop::Gracefully) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                tokio::spawn(connection(stream, deadlines, Arc::clone(&host), stopping.clone()));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if felt.replace(Instant::now()).is_none_or(|before| before.elapsed() > SHORTAGE) {
                    host.short(error.to_string());
                }
                sleep(SHORT_OF_ALL).await;
            }
        }
    }
}

async fn connection(stream: Stream, deadlines: Deadlines, host: Arc<dyn Host>, mut stopping: watch::Receiver<Stop>) {
    let state = Arc::new(ConnectionState::new());
    let mut gated = Gated::new(stream, RequestGate::new(LIMITS), Arc::clone(&state), deadlines);
    let speaks_http2 = tokio::select! {
        () = reached(&mut stopping, Stop::Gracefully) => return,
        found = gated.speaks_http2() => found,
    };
    let service = service_fn(|request| serve(&host, deadlines, &state, request));
    // An error says no more than that the connection has ended; who was being served on it is told of by its own.
    if speaks_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(MOST_STREAMS).max_send_buf_size(WRITTEN_AHEAD);
        let mut serving = pin!(builder.serve_connection(gated, service));
        tokio::select! {
            _ = serving.as_mut() => return,
            () = reached(&mut stopping, Stop::Gracefully) => serving.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = serving => {}
            () = reached(&mut stopping, Stop::AtOnce) => {}
        }
    } else {
        let mut builder = http1::Builder::new();
        builder
            .max_buf_size(WRITTEN_AHEAD * 2)
            .max_headers(LIMITS.fields)
            .header_read_timeout(None)
            .timer(TokioTimer::new());
        let mut serving = pin!(builder.serve_connection(gated, service));
        tokio::select! {
            _ = poll_fn(|context| state.turn(context, |context| serving.as_mut().poll(context))) => return,
            () = reached(&mut stopping, Stop::Gracefully) => {}
        }
        serving.as_mut().graceful_shutdown();
        tokio::select! {
            _ = poll_fn(|context| state.turn(context, |context| serving.as_mut().poll(context))) => {}
            () = reached(&mut stopping, Stop::AtOnce) => {}
        }
    }
}

/// Returns when the server's end has come so far, or the server is gone.
async fn reached(stopping: &mut watch::Receiver<Stop>, stage: Stop) {
    let _ = stopping.wait_for(|stop| *stop >= stage).await;
}

/// The client of this one connection was too quick to leave.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | InvalidInput | NotConnected)
}
