//! What a client's bytes must be before an HTTP implementation may read them.
//!
//! Parsers forgive: a bare LF ends a line, of two lengths one counts, a folded line goes on. Whoever stands before or behind them
//! may forgive otherwise, and where two disagree about where a request ends, one client writes another's request. So nothing
//! here is forgiven: a head is withheld until it is whole and strict, the framing of each body is followed byte by byte, and what
//! is passed on is what came.

mod alphabet;
mod chunked;
mod gate;
mod head;
mod target;
mod violation;

pub use gate::{Phase, REFUSED_METHOD, RequestGate};
pub use head::Limits;
pub use violation::Violation;
