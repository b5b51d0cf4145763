//! Native I/O as Python sees it: begun here, and known to have ended when its ticket comes out of `NativeIo.take`.
//!
//! The threads of native I/O never take the interpreter: all they do for Python is to leave something in the inbox.

mod exchange;
mod io;
mod lane;
mod news;
mod served;
mod server;
mod transport;

pub(crate) use exchange::NativeExchange;
pub(crate) use io::NativeIo;
pub(crate) use lane::{NativeCandidate, NativeLane, NativeLanes};
pub(crate) use served::{NativeBegun, NativeServed, NativeTally};
pub(crate) use server::NativeServer;
pub(crate) use transport::{NativeAnswer, NativeEndpoint, NativeFailure, NativePool};
