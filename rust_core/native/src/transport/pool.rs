//! The connections of one provider: those that rest are kept for a while; there is no bound on those that serve.
//!
//! Limits live in the core: a call that was admitted never waits for a connection.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::answer::{Answer, Carrier};
use super::connect::{Link, connect};
use super::endpoint::Origin;
use super::exchange::{Broken, Outgoing};
use super::failure::Failure;
use super::kept::Kept;
use super::proxy::Proxy;
use super::shared::{Place, Shared};
use super::trust::Trust;

/// How the connections of a provider are made and kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How soon a connection of HTTP/1.1 that had been closed is found out: a provider that ends it later had the request.
    pub stale_within: Duration,
    /// How many may rest.
    pub most_idle: usize,
    /// How long each may.
    pub keep: Duration,
    /// Whose certificates are believed.
    pub trust: Arc<Trust>,
    /// What is on the way, if anything is.
    pub proxy: Option<Proxy>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stale_within: Duration::from_secs(1),
            most_idle: 100,
            keep: Duration::from_secs(30),
            trust: Trust::of_the_system(),
            proxy: None,
        }
    }
}

/// The connections of one provider.
pub struct Pool {
    runtime: Handle,
    settings: Settings,
    resting: Mutex<Resting>,
}

#[derive(Default)]
struct Resting {
    /// Those of HTTP/1.1 that serve nobody, the longest at rest first.
    kept: VecDeque<Box<Kept>>,
    /// Those of HTTP/2, whether they serve or not.
    shared: Vec<Arc<Shared>>,
    is_closed: bool,
    is_swept: bool,
}

impl Pool {
    /// No connection yet. What has to be done while no call is under way is done on `runtime`.
    #[must_use]
    pub fn new(runtime: Handle, settings: Settings) -> Arc<Self> {
        Arc::new(Self { runtime, settings, resting: Mutex::default() })
    }

    /// How many connections could serve a call at once.
    pub fn idle(&self) -> usize {
        let resting = self.resting();
        resting.kept.len() + resting.shared.len()
    }

    /// Closes what rests, and keeps nothing from now on. Calls under way go on, and new ones have connections of their own.
    pub fn close(&self) {
        let mut resting = self.resting();
        resting.is_closed = true;
        let gone = (mem::take(&mut resting.kept), mem::take(&mut resting.shared));
        drop(resting);
        drop(gone);
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// One that found a resting connection closed, or that was refused unread, is sent once more, on a fresh one.
    pub(super) async fn exchange(self: &Arc<Self>, outgoing: Outgoing<'_>) -> Result<Answer, Failure> {
        if let Some(ride) = self.take(outgoing.endpoint.origin()) {
            match self.exchange_on(ride, outgoing).await {
                Ok(answer) => return Ok(answer),
                Err(broken) if !broken.is_stale => return Err(broken.failure),
                Err(_) => {}
            }
        }
        // Apart, because it is large, and few need it.
        Box::pin(self.exchange_anew(outgoing)).await
    }

    async fn exchange_anew(self: &Arc<Self>, outgoing: Outgoing<'_>) -> Result<Answer, Failure> {
        let Outgoing { endpoint, call } = outgoing;
        let connected = connect(endpoint.origin(), &self.settings, call.connect_timeout).await?;
        self.exchange_on(self.join(connected), outgoing).await.map_err(|broken| broken.failure)
    }

    async fn exchange_on(self: &Arc<Self>, on: Ride, outgoing: Outgoing<'_>) -> Result<Answer, Broken> {
        let within = self.settings.stale_within;
        let never_sent = |failure| Broken { failure, is_stale: false };
        let (response, carrier) = match on {
            Ride::Kept(kept) => {
                let (response, kept) =
                    kept.exchange(outgoing.plain(self.settings.proxy.as_ref()).map_err(never_sent)?, within).await?;
                (response, Carrier::Kept(kept, Arc::clone(self)))
            }
            Ride::Shared(place) => {
                let (response, place) = place.exchange(outgoing.shared().map_err(never_sent)?).await?;
                (response, Carrier::Shared(place))
            }
        };
        Answer::new(response, carrier).map_err(never_sent)
    }

    /// A connection that leads there and can take a call: the one that rested last, so that those that are not needed come
    /// to their end.
    fn take(&self, origin: &Origin) -> Option<Ride> {
        let mut gone = Vec::new(); // closed when the lock is open again
        let mut resting = self.resting();
        while let Some(index) = resting.kept.iter().rposition(|kept| kept.leads_to(origin)) {
            let Some(mut kept) = resting.kept.remove(index) else { break };
            if !kept.has_rested(self.settings.keep) && kept.is_alive() {
                return Some(Ride::Kept(kept));
            }
            gone.push(kept);
        }
        resting.shared.iter().filter(|shared| shared.leads_to(origin)).find_map(Shared::place).map(Ride::Shared)
    }

    /// A connection that was just made, for the call that it was made for; in HTTP/2 for others too.
    fn join(self: &Arc<Self>, link: Link) -> Ride {
        let shared = match link {
            Link::Kept(kept) => return Ride::Kept(kept),
            Link::Shared(shared) => shared,
        };
        let mut resting = self.resting();
        let place = shared.first_place();
        if !resting.is_closed {
            resting.shared.push(shared);
            self.have_swept(&mut resting);
        }
        Ride::Shared(place)
    }

    /// Keeps a connection whose answer has been read to its end, if it can serve again.
    pub(super) fn put_back(self: &Arc<Self>, mut kept: Box<Kept>) {
        if !kept.rest() {
            return;
        }
        let mut resting = self.resting();
        if resting.is_closed {
            return;
        }
        resting.kept.push_back(kept);
        let one_too_many = (resting.kept.len() > self.settings.most_idle).then(|| resting.kept.pop_front());
        self.have_swept(&mut resting);
        drop(resting);
        drop(one_too_many);
    }

    /// Sees to it that what rests too long is closed without anybody asking for it.
    fn have_swept(self: &Arc<Self>, resting: &mut Resting) {
        if !mem::replace(&mut resting.is_swept, true) {
            self.runtime.spawn(sweep(Arc::downgrade(self), self.settings.keep / 6));
        }
    }

    /// Closes what rests too long or has ended; whether anything is left.
    fn close_the_old(&self) -> bool {
        let keep = self.settings.keep;
        let mut resting = self.resting();
        let (mut kept, mut shared, mut gone) = (VecDeque::new(), Vec::new(), (Vec::new(), Vec::new()));
        for mut each in mem::take(&mut resting.kept) {
            // One that its provider has closed holds its socket until somebody looks.
            if !each.has_rested(keep) && each.is_alive() { kept.push_back(each) } else { gone.0.push(each) }
        }
        for each in mem::take(&mut resting.shared) {
            if !each.has_rested(keep) && each.is_alive() { shared.push(each) } else { gone.1.push(each) }
        }
        (resting.kept, resting.shared) = (kept, shared);
        resting.is_swept = !(resting.kept.is_empty() && resting.shared.is_empty());
        let is_left = resting.is_swept;
        drop(resting);
        drop(gone);
        is_left
    }

    fn resting(&self) -> MutexGuard<'_, Resting> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that a call may take.
enum Ride {
    Kept(Box<Kept>),
    Shared(Place),
}

async fn sweep(pool: Weak<Pool>, every: Duration) {
    loop {
        sleep(every).await;
        if !pool.upgrade().is_some_and(|pool| pool.close_the_old()) {
            return;
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("settings", &self.settings).field("idle", &self.idle()).finish_non_exhaustive()
    }
}
