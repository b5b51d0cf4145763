//! A closed loop: each of some connections asks again as soon as it is answered.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::spawn_local;
use tokio::time::{sleep, timeout_at};

use crate::connection::Connection;
use crate::plan::Plan;
use crate::tally::{Report, Shared, Tally};

/// How long a connection waits after a failure: a loop over failures is not to outrun one over answers.
const AFTER_A_FAILURE: Duration = Duration::from_millis(20);

/// Runs it and gives what it saw.
pub(crate) async fn run(plan: &Plan, connections: usize, requests: Option<u64>) -> Report {
    let request: Rc<[u8]> = plan.request(&plan.model, false).into();
    let tally = Tally::shared();
    let end = Instant::now() + plan.duration();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (tally, request, address) = (Rc::clone(&tally), Rc::clone(&request), plan.address);
            spawn_local(async move {
                let mut kept = None;
                while Instant::now() < end
                    && requests.is_none_or(|most| tally.borrow().answered < most)
                {
                    let mut connection = match kept.take() {
                        Some(connection) => connection,
                        None => match Connection::to(address).await {
                            Ok(connection) => connection,
                            Err(error) => {
                                tally.borrow_mut().failure(&error.to_string());
                                sleep(AFTER_A_FAILURE).await;
                                continue;
                            }
                        },
                    };
                    if ask(&mut connection, &request, &tally, end).await {
                        kept = connection.usable.then_some(connection);
                    } else {
                        sleep(AFTER_A_FAILURE).await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        let _ = task.await;
    }
    tally.borrow_mut().report()
}

async fn ask(connection: &mut Connection, request: &[u8], tally: &Shared, end: Instant) -> bool {
    let asked = Instant::now();
    // Whoever is asked has until some time after the end: one that hangs must not hang the run.
    match timeout_at(
        (end + Duration::from_secs(5)).into(),
        connection.ask(request, |_| ()),
    )
    .await
    {
        Ok(Ok(_)) => {
            tally.borrow_mut().answer(asked);
            true
        }
        Ok(Err(error)) => {
            tally.borrow_mut().failure(&error.to_string());
            false
        }
        Err(_) => {
            tally.borrow_mut().failure("no answer in time");
            false
        }
    }
}
