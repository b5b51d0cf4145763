//! Many streams at once, and how long each chunk was under way; beside them, how soon another stream begins.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout_at};

use crate::connection::Connection;
use crate::plan::Plan;
use crate::stamps::{self, Stamps};
use crate::tally::{Report, Shared, Tally};

/// Between two streams that begin: clients do not all come in one moment.
const APART: Duration = Duration::from_millis(1);

/// Between two short streams beside the many.
const PROBES_APART: Duration = Duration::from_millis(20);

/// What the tasks of a run share.
struct Run {
    address: SocketAddr,
    request: Vec<u8>,
    tally: Shared,
    /// Streams of which something has come.
    begun: Cell<usize>,
    /// Streams that are still to end.
    open: Cell<usize>,
}

/// Runs it and gives what it saw: of the streams their chunks, of the short ones beside them the time to the first byte.
pub(crate) async fn run(plan: &Plan, streams: usize, probe: &str) -> Report {
    let run = Rc::new(Run {
        address: plan.address,
        request: plan.request(&plan.model, true),
        tally: Tally::shared(),
        begun: Cell::new(0),
        open: Cell::new(streams),
    });
    let end = Instant::now() + plan.duration();
    let probing = {
        let (run, probe) = (Rc::clone(&run), plan.request(probe, true));
        let latest = Instant::now() + plan.duration() / 6;
        spawn_local(async move { run.probe(&probe, streams, latest, end).await })
    };
    let mut tasks = Vec::new();
    for _ in 0..streams {
        let run = Rc::clone(&run);
        tasks.push(spawn_local(async move {
            let why = match timeout_at(end.into(), run.follow()).await {
                Ok(Ok(true)) => None,
                Ok(Ok(false)) => Some("a stream ended without [DONE]".to_owned()),
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("a stream did not end in time".to_owned()),
            };
            run.open.set(run.open.get() - 1);
            if let Some(why) = why {
                run.tally.borrow_mut().failure(&why);
            }
        }));
        sleep(APART).await;
    }
    for task in tasks {
        let _ = task.await;
    }
    let _ = probing.await;
    run.tally.borrow_mut().report()
}

impl Run {
    /// Reads one stream to its end; says whether it was whole.
    async fn follow(&self) -> std::io::Result<bool> {
        let (mut stamps, mut done, mut first) = (Stamps::default(), false, true);
        let asked = Instant::now();
        let mut connection = Connection::to(self.address).await?;
        let read = |data: &[u8]| {
            let now = stamps::now();
            let mut tally = self.tally.borrow_mut();
            stamps.feed(data, |sent| {
                tally.chunks += 1;
                // The first waits for more than the way: the time to the first byte tells of it.
                if first {
                    first = false;
                    self.begun.set(self.begun.get() + 1);
                } else {
                    tally
                        .chunk_delays
                        .push(Duration::from_nanos(now.saturating_sub(sent)));
                }
            });
            done = done || memmem::find(data, b"[DONE]").is_some();
        };
        connection.ask(&self.request, read).await?;
        self.tally.borrow_mut().answer(asked);
        Ok(done)
    }

    /// Once all streams have begun, or some time has passed, begins one short stream after the other while most of them run.
    async fn probe(&self, request: &[u8], streams: usize, latest: Instant, end: Instant) {
        while self.begun.get() < streams && Instant::now() < latest {
            sleep(PROBES_APART).await;
        }
        let Ok(mut connection) = Connection::to(self.address).await else {
            return self
                .tally
                .borrow_mut()
                .failure("no connection beside the many");
        };
        loop {
            let asked = Instant::now();
            match timeout_at(end.into(), connection.ask(request, |_| ())).await {
                Ok(Ok(first)) => self.tally.borrow_mut().first_bytes.push(first - asked),
                Ok(Err(error)) => return self.tally.borrow_mut().failure(&error.to_string()),
                Err(_) => {
                    let why = "a stream beside the many did not begin and end in time";
                    return self.tally.borrow_mut().failure(why);
                }
            }
            if !connection.usable || self.open.get() < streams / 2 {
                return;
            }
            sleep(PROBES_APART).await;
        }
    }
}
