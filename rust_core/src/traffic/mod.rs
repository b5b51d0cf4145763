//! What finished requests come to: counted together, and told in one line each.

mod access_line;
mod buckets;
mod flow;

pub use access_line::AccessLine;
pub use buckets::{Bounds, Buckets};
pub use flow::{Flow, Request};
