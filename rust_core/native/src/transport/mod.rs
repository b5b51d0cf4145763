//! Calls to providers: connections that are kept, an answer's head, and its body piece by piece.
//!
//! | module | what it does |
//! |---|---|
//! | [`endpoint`] | where an instance is called, with what credential, and a call to it |
//! | [`pool`] | the connections of one provider |
//! | [`answer`] | a head that has come, and the body that follows |
//! | [`failure`] | why there is none |
//! | [`trust`] | whose certificates are believed |
//! | [`proxy`] | what may be on the way |
//! | `exchange` | one request on a connection, and whether a failed one was read by nobody |
//! | `kept` `shared` | a connection of HTTP/1.1, which serves one call at a time; one of HTTP/2, which serves many |
//! | `connect` `wire` | a connection is made; its bytes go to and fro |
//! | `decoding` | what was compressed, in pieces that are bounded |
//! | `target` | an address as it goes on the wire |
//!
//! A call is driven by whoever awaits it. A connection of HTTP/1.1 has no task of its own: the call that it serves polls it, so that
//! a byte that comes wakes one task, and a call that is dropped drops its socket with it.

pub mod answer;
mod connect;
mod decoding;
pub mod endpoint;
mod exchange;
pub mod failure;
mod kept;
pub mod pool;
pub mod proxy;
mod shared;
mod target;
pub mod trust;
mod wire;

pub use answer::{Answer, Body};
pub use endpoint::{Call, Endpoint, Origin};
pub use failure::{Failure, Signal};
pub use pool::{Pool, Settings};
pub use proxy::Proxy;
