//! `NativeIo`: what one event loop has begun natively, and what it has to know of it.

use std::collections::HashMap;
use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use native::inbox::Inbox;
use native::ingress::{Exchange, Part};
use native::lane;
use native::runtime::{self, Process};
use native::transport::{Answer, Failure};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::exchange::NativeExchange;
use super::served::NativeBegun;
use super::transport::{NativeAnswer, NativeFailure};
use crate::convert::lock;

/// What became of something that was begun.
pub(crate) enum Done {
    /// It is done, and there is no more to say of it.
    Nothing,
    /// Somebody asks.
    Asked(Box<Exchange>),
    /// Somebody asks, and an attempt to answer has failed.
    Begun(Box<(Exchange, lane::Begun)>),
    /// Nobody more can be let in: why.
    Short(String),
    /// A part of a request's body has come.
    Part(Part),
    /// A call was answered: its head has come.
    Answer(Box<Answer>),
    /// The next piece of an answer's body; an empty one is its end.
    Piece(Bytes),
    /// It failed.
    Failed(Failure),
}

impl Done {
    pub(super) fn into_python(self, py: Python<'_>, begun: &Arc<Begun>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Nothing => Ok(py.None()),
            Self::Asked(exchange) => Ok(Py::new(py, NativeExchange::new(*exchange, begun, None))?.into_any()),
            Self::Begun(both) => {
                let (exchange, attempt) = *both;
                let attempt = Py::new(py, NativeBegun::new(attempt))?;
                Ok(Py::new(py, NativeExchange::new(exchange, begun, Some(attempt)))?.into_any())
            }
            Self::Short(why) => Ok(why.into_pyobject(py)?.into_any().unbind()),
            Self::Part(part) => part_to_python(py, part),
            Self::Answer(answer) => Ok(Py::new(py, NativeAnswer::new(*answer))?.into_any()),
            Self::Piece(piece) => Ok(PyBytes::new(py, &piece).unbind().into_any()),
            Self::Failed(failure) => Ok(Py::new(py, NativeFailure::new(failure))?.into_any()),
        }
    }
}

/// Bytes and whether they are the last; why there is no end to know; or None where the client has gone.
pub(super) fn part_to_python(py: Python<'_>, part: Part) -> PyResult<Py<PyAny>> {
    let object = match part {
        Part::Bytes(bytes, is_last) => (PyBytes::new(py, &bytes), is_last).into_pyobject(py)?.into_any(),
        Part::Malformed(why) => why.into_pyobject(py)?.into_any(),
        Part::Gone => py.None().into_bound(py),
    };
    Ok(object.unbind())
}

/// What is shared between the loop and the tasks that it has begun.
pub(crate) struct Begun {
    inbox: Inbox<(u64, Done)>,
    /// Gone when nothing is to be known any more, and nothing begun.
    tasks: Mutex<Option<HashMap<u64, AbortHandle>>>,
    tickets: AtomicU64,
    process: Process,
    runtime: Handle,
}

impl Begun {
    /// Begins something. Its ticket comes out of the inbox with what became of it, unless it is cancelled before; once this is closed,
    /// nothing is begun.
    pub(crate) fn begin(self: &Arc<Self>, work: impl Future<Output = Done> + Send + 'static) -> u64 {
        let ticket = self.ticket();
        let begun = Arc::clone(self);
        // Held until it is noted: it may end at once, and must find itself there.
        let mut open = lock(&self.tasks);
        let Some(tasks) = &mut *open else { return ticket };
        let task = self.runtime.spawn(async move {
            let mut telling = Word { begun, ticket, done: Done::Failed(Failure::of_a_fault()) };
            telling.done = work.await;
        });
        tasks.insert(ticket, task.abort_handle());
        ticket
    }

    /// A number that stands for something to be known later; never 0.
    pub(crate) fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    /// Lets the loop know of something.
    pub(crate) fn tell(&self, ticket: u64, done: Done) {
        self.inbox.push((ticket, done));
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Takes what was begun under a ticket out of what is under way, if it is.
    fn remove(&self, ticket: u64) -> Option<AbortHandle> {
        lock(&self.tasks).as_mut()?.remove(&ticket)
    }

    /// Ends all that is under way, and lets nothing be known any more.
    fn close(&self) {
        if !self.process.is_current() {
            // What is here belongs to the process from which this one was forked, and so do the threads that held its locks then.
            return;
        }
        let tasks = lock(&self.tasks).take();
        for task in tasks.into_iter().flatten() {
            task.1.abort();
        }
        self.inbox.close();
    }
}

/// Refuses what was made before a fork: the threads that it needs are not in this process, and its connections are not its own.
pub(super) fn check(process: Process) -> PyResult<()> {
    if process.is_current() {
        return Ok(());
    }
    Err(PyRuntimeError::new_err("native I/O does not survive a fork: make it anew in each process"))
}

/// What is told of something that was begun, when this is dropped: whoever waits is told of a panic, too.
struct Word {
    begun: Arc<Begun>,
    ticket: u64,
    done: Done,
}

impl Drop for Word {
    fn drop(&mut self) {
        if self.begun.remove(self.ticket).is_some() {
            let done = mem::replace(&mut self.done, Done::Nothing);
            self.begun.tell(self.ticket, done);
        }
    }
}

/// What one event loop has begun natively. It watches `fileno()` and calls `take()` when that becomes readable.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct NativeIo(Arc<Begun>);

impl NativeIo {
    pub(super) fn begun(&self) -> &Arc<Begun> {
        &self.0
    }

    pub(super) fn process(&self) -> Process {
        self.0.process
    }
}

#[pymethods]
impl NativeIo {
    #[new]
    fn new() -> PyResult<Self> {
        let begun = Begun {
            inbox: Inbox::new()?,
            tasks: Mutex::new(Some(HashMap::new())),
            tickets: AtomicU64::new(1),
            process: Process::current(),
            runtime: runtime::handle()?,
        };
        Ok(Self(Arc::new(begun)))
    }

    /// What becomes readable when there is something to take; -1 once it is closed, as of other files.
    fn fileno(&self) -> i32 {
        self.0.inbox.bell().unwrap_or(-1)
    }

    /// Ends all that was begun and has not ended, and lets nothing be known any more; nor can anything be begun.
    fn close(&self) {
        self.0.close();
    }

    /// The tickets of what has ended, each with what became of it, the oldest first.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<(u64, Py<PyAny>)>> {
        self.0.inbox.take().into_iter().map(|(ticket, done)| Ok((ticket, done.into_python(py, &self.0)?))).collect()
    }

    /// Ends what was begun under a ticket, wherever it is; nothing is told of it any more. Does nothing if it has ended.
    fn cancel(&self, ticket: u64) {
        if let Some(task) = self.0.remove(ticket) {
            task.abort();
        }
    }
}

impl Drop for NativeIo {
    fn drop(&mut self) {
        // The tasks hold what is shared: without this they would go on for nobody.
        self.0.close();
    }
}
