//! Server-sent events: where they end, what they mean, which may be passed on.
//!
//! | module | what it knows |
//! |---|---|
//! | `boundary` | where an event ends, however the bytes are cut into pieces |
//! | `fields` | the data within an event, by the rules of WHATWG |
//! | `chat`, `responses`, `messages`, `gemini` | what the data means in one dialect each |
//! | `reader` | which of them reads a stream |
//! | `meaning` | what an event can turn out to be |
//! | `likeness` | which event is like the last one but for its text |
//! | `progress` | what the events add up to |
//! | `delivered` | what of an answer has been passed on, for another that goes on from it |
//! | `through` | what is let through of a piece, copied only where it must be |
//! | `framer` | which bytes may be passed on, and the state of the stream |

mod boundary;
mod chat;
mod delivered;
mod fields;
mod framer;
mod gemini;
mod likeness;
mod meaning;
mod messages;
mod progress;
mod reader;
mod responses;
mod through;

pub use framer::{Framing, SseFramer};
pub use through::{Frames, Passed};
