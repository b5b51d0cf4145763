//! The threads that native I/O runs on: one set for a process, begun with the first use.

use std::io;
use std::mem;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};

/// More threads than these gain nothing: bytes are moved faster than any client or provider takes them.
const MOST_THREADS: usize = 4;

/// A process, to tell it from those that are forked from it: they have its memory, and none of its threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(u32);

impl Process {
    /// The one that asks.
    #[must_use]
    pub fn current() -> Self {
        Self(process::id())
    }

    /// Whether it is the one that asks.
    #[must_use]
    pub fn is_current(self) -> bool {
        self == Self::current()
    }
}

/// The runtime of the process.
///
/// # Errors
/// The threads cannot be started.
pub fn handle() -> io::Result<Handle> {
    static RUNTIME: Mutex<Option<(Process, Runtime)>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((process, begun)) = &*runtime {
        if process.is_current() {
            return Ok(begun.handle().clone());
        }
    }
    let threads = available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let begun = Builder::new_multi_thread().worker_threads(threads).thread_name("pyproxy-io").enable_all().build()?;
    let handle = begun.handle().clone();
    // That of the process from which this was forked is not ended, only forgotten: it would wait for threads that are not here.
    mem::forget(runtime.replace((Process::current(), begun)));
    Ok(handle)
}
