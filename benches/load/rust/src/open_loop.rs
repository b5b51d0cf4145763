//! An open loop: so many requests a second, however long the answers take.
//!
//! Times count from the moment at which a request was to be sent, so that one that had to wait for the loop, or for a connection, tells of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::connection::Connection;
use crate::plan::Plan;
use crate::tally::{Report, Tally};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs it and gives what it saw.
pub(crate) async fn run(plan: &Plan, rate: f64) -> Report {
    let request: Rc<[u8]> = plan.request(&plan.model, false).into();
    let clock = Clock::start();
    let idle: Rc<RefCell<Vec<Connection>>> = Rc::default();
    let tally = Tally::shared();
    let begun = Instant::now() + Duration::from_millis(5);
    let mut tasks = Vec::new();
    for number in 0u32.. {
        let after = Duration::from_secs_f64(f64::from(number) / rate);
        if after >= plan.duration() {
            break;
        }
        let intended = begun + after;
        clock.at(intended).await;
        let (tally, request, idle, address) = (
            Rc::clone(&tally),
            Rc::clone(&request),
            Rc::clone(&idle),
            plan.address,
        );
        tasks.push(spawn_local(async move {
            let asked = timeout(PATIENCE, async {
                let kept = idle.borrow_mut().pop();
                let mut connection = match kept {
                    Some(connection) => connection,
                    None => Connection::to(address).await?,
                };
                connection.ask(&request, |_| ()).await?;
                Ok::<_, std::io::Error>(connection)
            });
            match asked.await {
                Ok(Ok(connection)) => {
                    tally.borrow_mut().answer(intended);
                    if connection.usable {
                        idle.borrow_mut().push(connection);
                    }
                }
                Ok(Err(error)) => tally.borrow_mut().failure(&error.to_string()),
                Err(_) => tally.borrow_mut().failure("no answer in time"),
            }
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
    tally.borrow_mut().report()
}
