//! What a limiter answers.

use crate::units::Nanos;

/// The answer to "may this cost pass now?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Admitted,
    /// Not yet: it may once this many nanoseconds (never 0) have passed, and not one earlier, if nothing else is taken.
    RetryAfter(Nanos),
    /// It never may, for the cost exceeds the capacity.
    Never,
}

impl Decision {
    /// Whether the cost may pass now.
    #[must_use]
    pub fn admitted(self) -> bool {
        self == Self::Admitted
    }

    /// How long to wait, where waiting helps.
    #[must_use]
    pub fn retry_after(self) -> Option<Nanos> {
        match self {
            Self::RetryAfter(wait) => Some(wait),
            Self::Admitted | Self::Never => None,
        }
    }

    /// Whether no wait can help.
    #[must_use]
    pub fn permanent(self) -> bool {
        self == Self::Never
    }
}
