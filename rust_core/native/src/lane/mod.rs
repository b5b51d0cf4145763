//! The lane of ordinary requests: taken, answered and settled here, without the host.
//!
//! A request is ordinary where its first step is known beforehand and goes well: a target whose plan the host has laid open, a body
//! that is there whole, no header that asks for anything special, room at every level for the candidate whose turn it is. Whatever
//! else there is to decide is the host's: what is not ordinary goes to it untouched, and an attempt that failed goes to it together
//! with what it holds and how it failed, so that the host goes on as if the attempt had been its own.
//!
//! | module | what it knows |
//! |---|---|
//! | `plan` | what the host has laid open of a target: its candidates, and what they share |
//! | `lanes` | which targets those are, and who is under way |
//! | `ordinary` | which requests are ordinary |
//! | `taken` | what an attempt holds, given back once |
//! | `service` | an attempt from its call to its last byte |
//! | `told` | what the host is told: a request that was served, or one that it is to go on with |
//! | `books` | what requests came to, counted together until the host comes for it |
//! | `bell` | when the host is told of them |
//! | `clock` | the host's clock |
//! | `ids` | names for requests that came without |

mod bell;
mod books;
mod clock;
mod ids;
mod lanes;
mod ordinary;
mod plan;
mod service;
mod taken;
mod told;

pub use bell::Bell;
pub use books::{Tally, Told, Wanted};
pub use clock::Clock;
pub use lanes::{Gate, LaneHost, Lanes};
pub use plan::{Address, Candidate, Lane, Room, Timeouts};
pub use taken::{Held, Taken};
pub use told::{Begun, Ended, Happened, Served};
