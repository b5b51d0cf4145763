//! The sans-I/O core of pyproxy: everything that decides, as plain state machines.
//!
//! Nothing here has a clock, an async runtime, a socket or a Python in it. Every operation takes `now` in monotonic
//! nanoseconds and returns its decision as a value; a refusal is a value that knows when to ask again. The sides with
//! I/O only wait and wake.
//!
//! | module | what it decides |
//! |---|---|
//! | [`limiters`] | may this cost pass a rate, and if not, when |
//! | [`concurrency`] | may one more be in flight |
//! | [`admission`] | may a request pass every scope of its path, all or nothing |
//! | [`schedulers`] | which of several candidates is next |
//! | [`breaker`] | may an instance be tried, after what became of the attempts before |
//! | [`health`] | how an instance does, and when it is to be probed |
//! | [`stats`] | what is measured: windows, averages, histograms and counters |
//! | [`estimate`] | what a request will cost in tokens |
//! | [`traffic`] | what finished requests come to: counted together, and told in one line each |
//! | [`config`] | what a configuration's text says, and where each part of it stands |
//! | [`wire`] | what a client's bytes must be, what a request asks for, what an answer or a failure means, where a stream's events end |
#![forbid(unsafe_code)]

pub mod admission;
pub mod breaker;
pub mod concurrency;
pub mod config;
pub mod decision;
pub mod estimate;
pub mod health;
pub mod limiters;
pub mod schedulers;
pub mod stats;
pub mod traffic;
pub mod units;
pub mod wire;
