//! `SseFramer` and its `Frames`.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rust_core_pure::wire;

use super::{UsageTuple, usage_tuple};
use crate::convert::{Count, lock, value_error};

/// Whole events that may be passed on.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Frames {
    /// The events as they came, comments included.
    #[pyo3(get)]
    data: Py<PyBytes>,
    /// How many of them have data.
    #[pyo3(get)]
    events: u64,
}

#[pymethods]
impl Frames {
    fn __repr__(&self, py: Python<'_>) -> String {
        format!("Frames({} bytes, events={})", self.data.as_bytes(py).len(), self.events)
    }
}

/// Cuts a stream of server-sent events out of pieces of bytes; passes on the whole and valid ones, byte for byte.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct SseFramer(Mutex<Framing>);

/// A framer, and the room that its frames are made in.
struct Framing {
    framer: wire::SseFramer,
    frames: wire::Frames,
}

#[pymethods]
impl SseFramer {
    #[new]
    #[pyo3(
        signature = (dialect = "openai", max_event_bytes = Count(16 * 1024 * 1024), hide_usage = false, keep_text = false),
        text_signature = "(dialect='openai', max_event_bytes=16777216, hide_usage=False, keep_text=False)"
    )]
    fn new(dialect: &str, max_event_bytes: Count, hide_usage: bool, keep_text: bool) -> PyResult<Self> {
        let dialect = wire::Dialect::by_name(dialect).map_err(value_error)?;
        let framing = wire::Framing { hide_usage, keep_text };
        let framer = wire::SseFramer::new(dialect, max_event_bytes.size(), framing);
        Ok(Self(Mutex::new(Framing { framer, frames: wire::Frames::default() })))
    }

    /// Takes the next bytes of the stream and returns what may now be passed on.
    fn feed(&self, py: Python<'_>, chunk: &[u8]) -> Frames {
        let mut framing = lock(&self.0);
        let Framing { framer, frames } = &mut *framing;
        framer.feed_into(chunk, frames);
        Frames { data: PyBytes::new(py, &frames.data).unbind(), events: frames.events }
    }

    /// The stream has ended: a last event that lacks only its empty line, completed; else nothing.
    fn finish<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let last = lock(&self.0).framer.finish();
        PyBytes::new(py, &last)
    }

    /// A content event is among what has been returned.
    #[getter]
    fn content(&self) -> bool {
        lock(&self.0).framer.content()
    }

    /// The stream's last event has come; whatever follows is dropped.
    #[getter]
    fn terminal(&self) -> bool {
        lock(&self.0).framer.terminal()
    }

    /// The answer is whole: its last event has come, or the finish reason of each choice.
    #[getter]
    fn complete(&self) -> bool {
        lock(&self.0).framer.complete()
    }

    /// How many choices have been seen.
    #[getter]
    fn choices(&self) -> usize {
        lock(&self.0).framer.choices()
    }

    /// Every choice seen has its finish reason among what has been returned, whatever came after it.
    #[getter]
    fn finished(&self) -> bool {
        lock(&self.0).framer.finished()
    }

    /// The data of the provider's error event, which is withheld with all that follows.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let payload = lock(&self.0).framer.error().map(<[u8]>::to_vec);
        payload.map(|payload| PyBytes::new(py, &payload))
    }

    /// Why an event cannot be passed on, which is withheld with all that follows.
    #[getter]
    fn malformed(&self) -> Option<String> {
        lock(&self.0).framer.malformed().map(str::to_owned)
    }

    /// Prompt and completion tokens, and of the prompt those read from a cache, written to one, and written to one for an hour; as last
    /// reported.
    #[getter]
    fn usage(&self) -> Option<UsageTuple> {
        usage_tuple(lock(&self.0).framer.usage())
    }

    /// The text of choice 0 among what has been returned; None where it was not to be kept, or is not all the content there was.
    fn text(&self) -> Option<String> {
        lock(&self.0).framer.text()
    }

    /// A call of a tool or function is among what has been returned.
    #[getter]
    fn tool_calls(&self) -> bool {
        lock(&self.0).framer.tool_calls()
    }

    /// Something of another choice than choice 0 is among what has been returned.
    #[getter]
    fn other_choices(&self) -> bool {
        lock(&self.0).framer.other_choices()
    }

    /// The number of the last event, in the dialects that number them.
    #[getter]
    fn sequence_number(&self) -> Option<u64> {
        lock(&self.0).framer.sequence_number()
    }

    /// Bytes held of an event that is not whole yet.
    #[getter]
    fn pending(&self) -> usize {
        lock(&self.0).framer.pending()
    }
}
