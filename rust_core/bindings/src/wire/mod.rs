//! The wire's pure machines.

pub(crate) mod envelope;
pub(crate) mod forwarding;
pub(crate) mod guard;
pub(crate) mod outcome;
pub(crate) mod response;
pub(crate) mod retry_after;
pub(crate) mod sse;
pub(crate) mod told;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use rust_core_pure::wire;

use crate::convert::Items;

/// From this size on, other threads may run while a body is read. Below, giving way would cost more than it gives.
const LARGE: usize = 64 * 1024;

/// Names and values.
type Headers = Items<(PyBackedBytes, PyBackedBytes)>;

/// Headers as the core reads them.
fn pairs(headers: &Headers) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
    headers.0.iter().map(|(name, value)| (&**name, &**value))
}

/// Prompt and completion tokens, and of the prompt those read from a cache, written to one, and written to one for an hour.
type UsageTuple = (u64, u64, u64, u64, u64);

fn usage_tuple(usage: Option<wire::Usage>) -> Option<UsageTuple> {
    usage.map(|usage| (usage.prompt, usage.completion, usage.cached, usage.cache_write, usage.cache_write_1h))
}

/// Reads a body, letting other threads run meanwhile if it is large.
fn read<T: Send>(py: Python<'_>, body: &[u8], work: impl Send + FnOnce(&[u8]) -> T) -> T {
    if body.len() < LARGE { work(body) } else { py.detach(|| work(body)) }
}
