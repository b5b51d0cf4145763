//! The gate before HTTP/1.1: what it passes and refuses, whatever comes and however it is cut.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)] // the helpers of tests are tests too

mod any_cut;
mod behind;
mod passed;
mod refused;
mod requests;
mod seen;
