//! The units every machine counts in.

/// A point in monotonic time or a span of it, in nanoseconds.
pub type Nanos = u64;

/// Nanoseconds in one second.
pub const SECOND: Nanos = 1_000_000_000;

/// Nanoseconds in one millisecond.
pub const MILLISECOND: Nanos = 1_000_000;

/// Nanoseconds in one minute.
pub const MINUTE: Nanos = 60 * SECOND;

/// Nanoseconds in one hour.
pub const HOUR: Nanos = 3_600 * SECOND;
