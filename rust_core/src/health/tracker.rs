//! The tracker itself: it counts, averages, and asks the table what follows.

use super::settings::Settings;
use super::transitions::{Event, Health, next};
use crate::breaker::OutOfRange;
use crate::stats::{Ewma, OutcomeWindow, Tally};
use crate::units::Nanos;

/// Durations as they are lately and as they usually are: a change that lasts becomes the usual.
#[derive(Clone, Debug, Default)]
struct Pace {
    lately: Ewma<3>,
    usually: Ewma<10>,
}

/// Failures in a row, of traffic and of probes apart: a cheap probe that ends well does not excuse traffic that fails.
#[derive(Clone, Debug, Default)]
struct InARow {
    traffic_failures: u64,
    probe_failures: u64,
    successes: u64,
}

/// The health of one instance. It starts healthy. A clock that steps back is held at the newest time seen.
#[derive(Clone, Debug)]
pub struct HealthTracker {
    settings: Settings,
    state: Health,
    since: Nanos,
    last: Nanos,
    in_a_row: InARow,
    window: OutcomeWindow,
    latency: Pace,
    time_to_first_token: Pace,
    probe_latency: Ewma<3>,
    next_probe: Nanos,
}

/// What a tracker is at, for those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// How the instance does.
    pub state: Health,
    /// Since when.
    pub since: Nanos,
    /// Failures in a row, of traffic or of probes, whichever are more.
    pub failures_in_a_row: u64,
    /// Successes in a row, of both.
    pub successes_in_a_row: u64,
    /// What became of the traffic in the window, since the last recovery.
    pub window: Tally,
    /// How long its good answers take lately.
    pub latency: Option<Nanos>,
    /// How long they usually take.
    pub usual_latency: Option<Nanos>,
    /// How long until their first token, lately.
    pub time_to_first_token: Option<Nanos>,
    /// How long that usually is.
    pub usual_time_to_first_token: Option<Nanos>,
    /// How long its good probes take lately.
    pub probe_latency: Option<Nanos>,
    /// When it is to be probed next.
    pub next_probe: Option<Nanos>,
}

impl HealthTracker {
    /// A healthy instance, of which the first probe is due at once.
    ///
    /// # Errors
    /// Where a number is out of its range.
    pub fn new(settings: Settings, now: Nanos) -> Result<Self, OutOfRange> {
        settings.check()?;
        Ok(Self {
            window: OutcomeWindow::new(settings.window),
            settings,
            state: Health::Healthy,
            since: now,
            last: now,
            in_a_row: InARow::default(),
            latency: Pace::default(),
            time_to_first_token: Pace::default(),
            probe_latency: Ewma::default(),
            next_probe: now,
        })
    }

    /// What it is configured with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes the outcome of an attempt; the state it led to, if that is another. How long a failure took says nothing.
    pub fn record(
        &mut self,
        ok: bool,
        latency: Option<Nanos>,
        first_token: Option<Nanos>,
        now: Nanos,
    ) -> Option<Health> {
        let at = self.reach(now);
        self.window.record(ok, at);
        if ok {
            self.latency.record(latency);
            self.time_to_first_token.record(first_token);
        }
        self.in_a_row.traffic_failures = if ok { 0 } else { self.in_a_row.traffic_failures.saturating_add(1) };
        self.judge(ok, self.in_a_row.traffic_failures, at)
    }

    /// Takes the outcome of a probe; the state it led to, if that is another. The next one is due an interval later.
    pub fn record_probe(&mut self, ok: bool, latency: Option<Nanos>, now: Nanos) -> Option<Health> {
        let at = self.reach(now);
        self.postpone(at);
        if let Some(latency) = latency.filter(|_| ok) {
            self.probe_latency.record(latency);
        }
        self.in_a_row.probe_failures = if ok { 0 } else { self.in_a_row.probe_failures.saturating_add(1) };
        self.judge(ok, self.in_a_row.probe_failures, at)
    }

    /// Whether a probe is due; changes nothing.
    #[must_use]
    pub fn probe_due(&self, now: Nanos) -> bool {
        self.next_probe().is_some_and(|next| now.max(self.last) >= next)
    }

    /// Claims the probe that is due, so that nobody else sends it: true once. If its outcome never comes, another one is due
    /// an interval later.
    pub fn start_probe(&mut self, now: Nanos) -> bool {
        let at = self.reach(now);
        let due = self.probe_due(at);
        if due {
            self.postpone(at);
        }
        due
    }

    /// When the next probe is due; `None` if there are none.
    #[must_use]
    pub fn next_probe(&self) -> Option<Nanos> {
        self.settings.probe_interval.map(|_| self.next_probe)
    }

    /// How the instance does.
    #[must_use]
    pub fn state(&self) -> Health {
        self.state
    }

    /// Follows changed settings. All state is kept, but that a window of another length begins empty; with another interval
    /// the next probe is due at most that long from now.
    ///
    /// # Errors
    /// Where a number is out of its range; nothing is changed then.
    pub fn reconfigure(&mut self, settings: Settings, now: Nanos) -> Result<(), OutOfRange> {
        settings.check()?;
        let at = self.reach(now);
        if settings.window != self.settings.window {
            self.window = OutcomeWindow::new(settings.window);
        }
        if let Some(interval) = settings.probe_interval {
            self.next_probe = self.next_probe.min(at.saturating_add(interval));
        }
        self.settings = settings;
        Ok(())
    }

    /// What it is at, at `now`; changes nothing.
    #[must_use]
    pub fn snapshot(&self, now: Nanos) -> Snapshot {
        Snapshot {
            state: self.state,
            since: self.since,
            failures_in_a_row: self.in_a_row.traffic_failures.max(self.in_a_row.probe_failures),
            successes_in_a_row: self.in_a_row.successes,
            window: self.window.tally(now.max(self.last)),
            latency: self.latency.lately.value(),
            usual_latency: self.latency.usually.value(),
            time_to_first_token: self.time_to_first_token.lately.value(),
            usual_time_to_first_token: self.time_to_first_token.usually.value(),
            probe_latency: self.probe_latency.value(),
            next_probe: self.next_probe(),
        }
    }

    fn reach(&mut self, now: Nanos) -> Nanos {
        self.last = self.last.max(now);
        self.last
    }

    fn postpone(&mut self, at: Nanos) {
        self.next_probe = at.saturating_add(self.settings.probe_interval.unwrap_or(0));
    }

    fn judge(&mut self, ok: bool, failures_in_a_row: u64, at: Nanos) -> Option<Health> {
        let before = self.state;
        self.in_a_row.successes = if ok { self.in_a_row.successes.saturating_add(1) } else { 0 };
        let proven = self.in_a_row.successes >= self.settings.healthy_after;
        self.apply(if ok { Event::Success } else { Event::Failure }, at);
        if proven {
            self.apply(Event::SuccessesReached, at);
        }
        if failures_in_a_row >= self.settings.unhealthy_after {
            self.apply(Event::FailuresReached, at);
        }
        if self.moved_by(Event::Worsened) && self.worse(at) {
            self.apply(Event::Worsened, at);
        } else if self.moved_by(Event::Improved) && proven && self.better(at) {
            self.apply(Event::Improved, at);
        }
        (self.state != before).then_some(self.state)
    }

    fn moved_by(&self, event: Event) -> bool {
        next(self.state, event).is_some()
    }

    fn apply(&mut self, event: Event, at: Nanos) {
        let Some(state) = next(self.state, event) else { return };
        // An outage that is over is no reason to call what came after it degraded.
        if self.state == Health::Recovering && state == Health::Healthy {
            self.window.clear();
        }
        (self.state, self.since) = (state, at);
    }

    /// Whether too few attempts end well, or those that do take too long.
    fn worse(&self, at: Nanos) -> bool {
        let tally = self.window.tally(at);
        let judged = tally.total() >= self.settings.minimum_requests;
        let failing = |percent| judged && !tally.succeeded_at_least(percent);
        let slow = |percent| self.pace().exceeds(percent, self.settings.minimum_requests);
        self.settings.degraded_success_percent.is_some_and(failing)
            || self.settings.degraded_latency_percent.is_some_and(slow)
    }

    /// Whether neither is so any more: each is at least half the way back from its bound, so that what hovers about the bound
    /// does not flap.
    fn better(&self, at: Nanos) -> bool {
        let tally = self.window.tally(at);
        let well = |percent: u64| tally.succeeded_at_least(percent + (100 - percent).div_ceil(2));
        let fast = |percent: u64| !self.pace().exceeds(100 + (percent - 100) / 2, self.settings.minimum_requests);
        self.settings.degraded_success_percent.is_none_or(well)
            && self.settings.degraded_latency_percent.is_none_or(fast)
    }

    /// The time to the first token where it is known, for the rest depends on how much there is to say.
    fn pace(&self) -> &Pace {
        let known = self.time_to_first_token.usually.samples() >= self.settings.minimum_requests;
        if known { &self.time_to_first_token } else { &self.latency }
    }
}

impl Pace {
    fn record(&mut self, sample: Option<Nanos>) {
        if let Some(sample) = sample {
            self.lately.record(sample);
            self.usually.record(sample);
        }
    }

    /// Whether it takes lately more than so many hundredths of what is usual, once there are enough samples to tell.
    fn exceeds(&self, percent: u64, minimum: u64) -> bool {
        let usual = self.usually.value().filter(|_| self.usually.samples() >= minimum);
        let pair = self.lately.value().zip(usual);
        pair.is_some_and(|(lately, usual)| u128::from(lately) * 100 > u128::from(usual) * u128::from(percent))
    }
}
