//! Why a call has no whole answer.

use std::error::Error;
use std::fmt;

/// The classifier's word for how it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// No connection could be made.
    ConnectFailed,
    /// No connection was made in time.
    ConnectTimeout,
    /// The connection broke, or what came over it was no answer.
    Reset,
}

impl Signal {
    /// The word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectFailed => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::Reset => "reset",
        }
    }
}

/// A call that failed before its answer was whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How.
    pub signal: Signal,
    /// In words, for a person.
    pub detail: String,
}

impl Failure {
    /// What is told where something here is at fault itself.
    #[must_use]
    pub fn of_a_fault() -> Self {
        Self::reset_because("a fault in native I/O")
    }

    pub(super) fn connect(error: &(dyn Error + 'static)) -> Self {
        Self { signal: Signal::ConnectFailed, detail: innermost(error) }
    }

    pub(super) fn reset(error: &(dyn Error + 'static)) -> Self {
        Self::reset_because(innermost(error))
    }

    pub(super) fn reset_because(detail: impl Into<String>) -> Self {
        Self { signal: Signal::Reset, detail: detail.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.signal.name(), self.detail)
    }
}

impl Error for Failure {}

/// What lies under an error that only says where it came through.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
