//! The ingress: clients' connections, their requests, and the way back.
//!
//! | module | what it does |
//! |---|---|
//! | `server` | listens, serves each connection in a task, and ends them all |
//! | `stream` | a client's socket, TCP or Unix |
//! | `gated` | the socket as hyper reads it: behind the core's gate, and held to deadlines |
//! | `waiting` | those deadlines: what is waited for of a client, and until when |
//! | `parsed_head` | the last look at a head: whose host it names, and for HTTP/2 what the gate does |
//! | `connection_state` | what the parts of one connection tell each other |
//! | `service` | from a request to the answer that the host gives it |
//! | `exchange` | one request and the way back to its client, as the host holds them |
//! | `awaited` | waits for an answer, and does what is to be done for it here |
//! | `rest` | what is left to do for an answer that has begun, in the connection's own task |
//! | `request_body` | what has come of a request's body, and the rest as it comes |
//! | `pieces` | the pieces of an answer, on their way to whoever writes them |
//! | `answer` | the body of an answer: whole, in pieces, or cut |
//! | `presence` | tells when the client of a request has gone |

mod answer;
mod awaited;
mod connection_state;
mod exchange;
mod gated;
mod parsed_head;
mod pieces;
mod presence;
mod request_body;
mod rest;
mod server;
mod service;
mod stream;
mod waiting;

pub use awaited::Work;
pub use exchange::Exchange;
pub use request_body::{Part, RequestBody};
pub use server::{Listener, Server};
pub use service::Host;
pub use waiting::Deadlines;
