//! Native I/O: what moves the bytes, on hyper and tokio, in threads that never wait for the interpreter.
//!
//! | module | what it does |
//! |---|---|
//! | [`runtime`] | the threads that everything here runs on |
//! | `alarm` | wakes a task, but not for what it does itself |
//! | [`inbox`] | where the host's event loop is left what it has to know, and how it is woken |
//! | [`ingress`] | clients: their connections, their requests, and the way back |
//! | [`lane`] | ordinary requests, which are served without the host |
//! | [`transport`] | calls to providers: pools of connections, answers piece by piece |
//! | [`attempt`] | a call read up to its commit point, and its answer passed on to its client |
//!
//! Decisions are the host's: it is told of a request, says what is to be sent, and is told how that went. Nothing here
//! calls it; what it is to know lies in the inbox until its loop comes for it.
#![forbid(unsafe_code)]

mod alarm;
pub mod attempt;
pub mod inbox;
pub mod ingress;
pub mod lane;
pub mod runtime;
pub mod transport;
