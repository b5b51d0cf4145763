//! The threads that native I/O runs on: one set for the process, begun with the first use.

use std::io;
use std::sync::OnceLock;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};

/// More threads than these gain nothing: bytes are moved faster than any client or provider takes them.
const MOST_THREADS: usize = 4;

/// The runtime of the process.
///
/// # Errors
/// The threads cannot be started.
pub fn handle() -> io::Result<Handle> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let threads = available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let begun = Builder::new_multi_thread().worker_threads(threads).thread_name("pyproxy-io").enable_all().build()?;
    // Where two threads come here at once, one of the two runtimes is dropped, with nothing running on it.
    Ok(RUNTIME.get_or_init(|| begun).handle().clone())
}
