//! The breaker itself: it counts, keeps time, and asks the table what follows.

use super::group::Member;
use super::permit::{Outcome, Pass, Permit, Probe, Verdict};
use super::probes::Probes;
use super::ramp::Ramp;
use super::settings::{OutOfRange, Settings};
use super::transitions::{Event, State, next};
use crate::stats::{OutcomeWindow, Tally};
use crate::units::Nanos;

/// The circuit breaker of one instance. It starts closed. A clock that steps back is held at the newest time seen.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    settings: Settings,
    state: State,
    generation: u64,
    last: Nanos,
    failures_in_a_row: u64,
    window: Option<OutcomeWindow>,
    open_until: Nanos,
    doublings: u32,
    recovered_at: Option<Nanos>,
    probes: Probes,
    ramp: Ramp,
    trips: u64,
}

/// What a breaker is at, for those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it stands.
    pub state: State,
    /// How often what it let through ceased to count.
    pub generation: u64,
    /// How often it has opened.
    pub trips: u64,
    /// Failures in a row.
    pub failures_in_a_row: u64,
    /// What its window holds, if it has one.
    pub window: Option<Tally>,
    /// Probes that are out.
    pub probes_out: u64,
    /// Probes that came back well.
    pub probes_passed: u64,
    /// How long it stays open, or stayed when it last was, doubled as it may be.
    pub recovery_time: Nanos,
    /// How long until it lets one through; 0 if it does now.
    pub retry_after: Nanos,
}

impl CircuitBreaker {
    /// A closed breaker.
    ///
    /// # Errors
    /// Where a number is out of its range.
    pub fn new(settings: Settings) -> Result<Self, OutOfRange> {
        settings.check()?;
        Ok(Self {
            window: window(&settings),
            settings,
            state: State::Closed,
            generation: 0,
            last: 0,
            failures_in_a_row: 0,
            open_until: 0,
            doublings: 0,
            recovered_at: None,
            probes: Probes::default(),
            ramp: Ramp::default(),
            trips: 0,
        })
    }

    /// What it is configured with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the instance may be tried now.
    pub fn allow(&mut self, now: Nanos) -> Verdict {
        let at = self.reach(now);
        let generation = self.generation;
        let free_from = self.free_from(at); // as it was before this attempt took its turn in a ramp
        let passes = match self.state {
            State::Closed => true,
            State::Ramping => self.ramp.admit(at),
            State::Open => false,
            State::HalfOpen => {
                let end = at.saturating_add(self.settings.probe_timeout);
                if let Some(lease) = self.probes.lease(self.settings.half_open_requests, at, end) {
                    return Verdict::Probe(Probe { generation, lease, end });
                }
                false
            }
        };
        if passes {
            return Verdict::Pass(Pass { generation });
        }
        Verdict::Open { retry_after: free_from.saturating_sub(now) }
    }

    /// As [`Self::allow`], but lets pass what that would refuse, for a group in panic. The outcome of such a pass counts only
    /// where the breaker is closed: otherwise its probes decide.
    pub fn allow_anyway(&mut self, now: Nanos) -> Verdict {
        match self.allow(now) {
            Verdict::Open { .. } => Verdict::Pass(Pass { generation: self.generation }),
            verdict @ (Verdict::Pass(_) | Verdict::Probe(_)) => verdict,
        }
    }

    /// Takes the outcome of a permit; the state it led to, if it changed anything. That of an old generation, and that of a
    /// probe whose lease has ended, changes nothing.
    pub fn record(&mut self, permit: impl Into<Permit>, outcome: Outcome, now: Nanos) -> Option<State> {
        let at = self.reach(now);
        match permit.into() {
            Permit::Pass(pass) if pass.generation == self.generation => self.count(outcome, at),
            Permit::Probe(probe) if probe.generation == self.generation => self.judge(&probe, outcome, at),
            Permit::Pass(_) | Permit::Probe(_) => None,
        }
    }

    /// Opens it for its present recovery time, which that does not double.
    pub fn trip(&mut self, now: Nanos) {
        let at = self.reach(now);
        self.apply(Event::Trip, at);
    }

    /// Closes it, and forgets what led to its opening.
    pub fn reset(&mut self, now: Nanos) {
        let at = self.reach(now);
        self.apply(Event::Reset, at);
    }

    /// Follows changed settings. All state is kept, but that a window of another length begins empty: an open breaker stays
    /// so until the time it told, probes that are out keep their leases.
    ///
    /// # Errors
    /// Where a number is out of its range; nothing is changed then.
    pub fn reconfigure(&mut self, settings: Settings, now: Nanos) -> Result<(), OutOfRange> {
        settings.check()?;
        let at = self.reach(now);
        let length = settings.failure_rate.as_ref().map(|rate| rate.window);
        if self.window.as_ref().map(OutcomeWindow::length) != length {
            self.window = window(&settings);
        }
        if self.settings.slow_start != settings.slow_start {
            self.ramp.reconfigure(settings.slow_start);
        }
        self.settings = settings;
        if self.probes.passed() >= self.settings.half_open_requests {
            self.apply(Event::ProbesPassed, at);
        }
        Ok(())
    }

    /// Where it stands at `now`; changes nothing.
    #[must_use]
    pub fn state(&self, now: Nanos) -> State {
        let due = self.due(now.max(self.last)).and_then(|event| next(self.state, event));
        due.map_or(self.state, |(state, _)| state)
    }

    /// How long until it lets one through, 0 if it would now; changes nothing.
    #[must_use]
    pub fn retry_after(&self, now: Nanos) -> Nanos {
        let at = now.max(self.last);
        let free_from = self.free_from(at);
        if free_from <= at { 0 } else { free_from.saturating_sub(now) }
    }

    /// What it is to its group at `now`; changes nothing.
    #[must_use]
    pub fn member(&self, now: Nanos) -> Member {
        match (self.retry_after(now), self.state(now)) {
            (0, _) => Member::Available,
            (wait, State::Closed | State::Ramping) => Member::HeldBack(wait),
            (wait, State::Open | State::HalfOpen) => Member::Ejected(wait),
        }
    }

    /// What it is at, at `now`; changes nothing.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> Snapshot {
        let mut then = self.clone();
        let at = then.reach(now);
        Snapshot {
            state: then.state,
            generation: then.generation,
            trips: then.trips,
            failures_in_a_row: then.failures_in_a_row,
            window: then.window.as_ref().map(|window| window.tally(at)),
            probes_out: then.probes.out_at(at),
            probes_passed: then.probes.passed(),
            recovery_time: then.settings.recovery_time_after(then.doublings),
            retry_after: then.retry_after(now),
        }
    }

    /// Lets time come to `now`, and what is due happen.
    fn reach(&mut self, now: Nanos) -> Nanos {
        self.last = self.last.max(now);
        if let Some(event) = self.due(self.last) {
            self.apply(event, self.last);
        }
        self.probes.take_back(self.last);
        self.last
    }

    /// What time alone brings about at `at`.
    fn due(&self, at: Nanos) -> Option<Event> {
        match self.state {
            State::Open if at >= self.open_until => Some(Event::RecoveryElapsed),
            State::Ramping if self.ramp.over(at) => Some(Event::RampElapsed),
            State::Closed | State::Ramping | State::Open | State::HalfOpen => None,
        }
    }

    /// When one is let through, if nothing else happens: `at` if now.
    fn free_from(&self, at: Nanos) -> Nanos {
        match self.state {
            State::Closed => at,
            State::Ramping if self.ramp.admits(at) => at,
            State::Ramping => self.ramp.certain(),
            State::Open => self.open_until.max(at),
            State::HalfOpen => self.probes.free_from(self.settings.half_open_requests, at),
        }
    }

    fn count(&mut self, outcome: Outcome, at: Nanos) -> Option<State> {
        // What passed in panic says nothing while the breaker is not closed.
        if outcome == Outcome::Nothing || self.state.name() != State::Closed.name() {
            return None;
        }
        let ok = outcome == Outcome::Success;
        if let Some(window) = &mut self.window {
            window.record(ok, at);
        }
        self.failures_in_a_row = if ok { 0 } else { self.failures_in_a_row.saturating_add(1) };
        if ok || !self.failing(at) {
            return None;
        }
        self.apply(Event::FailuresReached, at)
    }

    fn judge(&mut self, probe: &Probe, outcome: Outcome, at: Nanos) -> Option<State> {
        if !self.probes.end(probe.lease) {
            return None;
        }
        match outcome {
            Outcome::Nothing => None,
            Outcome::Failure => self.apply(Event::ProbeFailed, at),
            Outcome::Success => {
                self.probes.pass();
                let enough = self.probes.passed() >= self.settings.half_open_requests;
                enough.then(|| self.apply(Event::ProbesPassed, at)).flatten()
            }
        }
    }

    /// Whether the failures suffice to open.
    fn failing(&self, at: Nanos) -> bool {
        let rate = self.settings.failure_rate.as_ref().zip(self.window.as_ref());
        let too_many = rate.is_some_and(|(rate, window)| {
            let tally = window.tally(at);
            tally.total() >= rate.minimum_requests && tally.failed_at_least(rate.percent)
        });
        too_many || self.failures_in_a_row >= self.settings.failure_threshold
    }

    fn apply(&mut self, event: Event, at: Nanos) -> Option<State> {
        let (state, fresh) = next(self.state, event)?;
        self.doublings = self.doublings_after(event, at);
        self.state = state;
        if fresh {
            self.generation = self.generation.saturating_add(1);
            self.begin(at);
        }
        if event == Event::Reset {
            self.recovered_at = None;
        }
        Some(state)
    }

    /// Begins a generation in the state just reached.
    fn begin(&mut self, at: Nanos) {
        self.probes.clear();
        self.failures_in_a_row = 0;
        if let Some(window) = &mut self.window {
            window.clear();
        }
        match self.state {
            State::Closed | State::HalfOpen => {}
            State::Open => {
                self.trips = self.trips.saturating_add(1);
                self.open_until = at.saturating_add(self.settings.recovery_time_after(self.doublings));
            }
            State::Ramping => {
                self.recovered_at = Some(at);
                self.ramp = Ramp::new(at, self.settings.slow_start);
                // Without a slow start the ramp is over as it begins.
                if let Some(over) = self.due(at) {
                    self.apply(over, at);
                }
            }
        }
    }

    fn doublings_after(&self, event: Event, at: Nanos) -> u32 {
        let since = self.recovered_at.map(|recovered| at.saturating_sub(recovered));
        let healthy = since.is_none_or(|since| since >= self.settings.healthy_time());
        let closed = self.state.name() == State::Closed.name();
        match event {
            Event::Reset => 0,
            Event::FailuresReached | Event::Trip if closed && healthy => 0,
            Event::FailuresReached | Event::ProbeFailed => self.doublings.saturating_add(1),
            Event::Trip | Event::RecoveryElapsed | Event::ProbesPassed | Event::RampElapsed => self.doublings,
        }
    }
}

fn window(settings: &Settings) -> Option<OutcomeWindow> {
    settings.failure_rate.as_ref().map(|rate| OutcomeWindow::new(rate.window))
}
