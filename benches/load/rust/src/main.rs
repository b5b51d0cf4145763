//! `load_bench mock CERTIFICATE KEY` answers like a provider, `load_bench generate PLAN` asks like many clients.
//!
//! Both are one thread over raw sockets, so that what is measured between them is the proxy.
//!
//! | module | what it does |
//! |---|---|
//! | `framing` | heads, and where bodies end |
//! | `clock` | waiting to some 0.1 ms |
//! | `behaviour` | what a model's name asks of the mock |
//! | `mock` | the provider |
//! | `certificate` | its certificate |
//! | `connection` | a client's connection |
//! | `plan` | what a run is to do |
//! | `closed_loop`, `open_loop`, `streams` | the ways to ask |
//! | `stamps` | the times that the mock writes into its chunks |
//! | `tally` | what a run has seen |

mod behaviour;
mod certificate;
mod clock;
mod closed_loop;
mod connection;
mod framing;
mod mock;
mod open_loop;
mod plan;
mod stamps;
mod streams;
mod tally;

use std::env;
use std::error::Error;
use std::io::{self, Write};

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::plan::{Mode, Plan};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    match *arguments {
        ["mock", certificate, key] => {
            runtime.block_on(local.run_until(mock::serve(certificate.as_ref(), key.as_ref())))
        }
        ["generate", plan] => {
            let plan: Plan = serde_json::from_str(plan)?;
            let report = runtime.block_on(local.run_until(async {
                match plan.mode {
                    Mode::Closed {
                        connections,
                        requests,
                    } => closed_loop::run(&plan, connections, requests).await,
                    Mode::Open { rate } => open_loop::run(&plan, rate).await,
                    Mode::Streams { streams, ref probe } => {
                        streams::run(&plan, streams, probe).await
                    }
                }
            }));
            writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
            Ok(())
        }
        _ => Err("load_bench mock CERTIFICATE KEY, or load_bench generate PLAN (JSON)".into()),
    }
}
