#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // the helpers of tests are tests too
//! The circuit breaker: its table walked, and its invariants over any numbers.

use proptest::prelude::*;
use rust_core::breaker::{
    CircuitBreaker, Event, FailureRate, MaxEjected, Member, Outcome, Pass, Permit, Probe, Settings, State, TABLE,
    Verdict, next,
};

const STATES: [State; 4] = [State::Closed, State::Ramping, State::Open, State::HalfOpen];
const EVENTS: [Event; 7] = [
    Event::FailuresReached,
    Event::RecoveryElapsed,
    Event::ProbeFailed,
    Event::ProbesPassed,
    Event::RampElapsed,
    Event::Trip,
    Event::Reset,
];

fn pass(breaker: &mut CircuitBreaker, now: u64) -> Pass {
    match breaker.allow_anyway(now) {
        Verdict::Pass(pass) => pass,
        verdict => panic!("{verdict:?} is no pass"),
    }
}

fn probe(breaker: &mut CircuitBreaker, now: u64) -> Probe {
    match breaker.allow(now) {
        Verdict::Probe(probe) => probe,
        verdict => panic!("{verdict:?} is no probe"),
    }
}

/// A breaker in this state, the time, and a probe: one that is out where it is half open, else one of long ago.
fn brought_to(state: State, recovery_time: u64, slow_start: u64) -> (CircuitBreaker, u64, Probe) {
    let settings = Settings { failure_threshold: 3, recovery_time, slow_start, ..Settings::default() };
    let mut breaker = CircuitBreaker::new(settings).unwrap();
    breaker.trip(0);
    let mut now = recovery_time;
    let old = probe(&mut breaker, now);
    match state {
        State::Closed => breaker.reset(now),
        State::Open => breaker.trip(now),
        State::HalfOpen => return (breaker, now, old),
        State::Ramping => {
            breaker.trip(now);
            now += recovery_time;
            let good = probe(&mut breaker, now);
            breaker.record(good, Outcome::Success, now);
        }
    }
    (breaker, now, old)
}

#[test]
fn every_state_and_event_lead_where_the_table_says_or_nowhere() {
    for state in STATES {
        for event in EVENTS {
            // Time makes two events: only the one meant is to be reached.
            let (recovery_time, slow_start) = if event == Event::RampElapsed { (500, 100) } else { (100, 500) };
            let (mut breaker, mut now, probe) = brought_to(state, recovery_time, slow_start);
            assert_eq!(breaker.state(now), state);
            let before = breaker.snapshot(now);
            match event {
                Event::FailuresReached => {
                    for _ in 0..3 {
                        let pass = pass(&mut breaker, now);
                        breaker.record(pass, Outcome::Failure, now);
                    }
                }
                Event::RecoveryElapsed | Event::RampElapsed => now += 100,
                Event::ProbeFailed => drop(breaker.record(probe, Outcome::Failure, now)),
                Event::ProbesPassed => drop(breaker.record(probe, Outcome::Success, now)),
                Event::Trip => breaker.trip(now),
                Event::Reset => breaker.reset(now),
            }
            let after = breaker.snapshot(now);
            let (expected, fresh) = next(state, event).unwrap_or((state, false));
            assert_eq!(after.state, expected, "{state:?} × {event:?}");
            assert_eq!(breaker.state(now), expected, "{state:?} × {event:?}");
            assert_eq!(after.generation - before.generation, u64::from(fresh), "{state:?} × {event:?}");
        }
    }
}

#[test]
fn the_table_says_each_thing_once() {
    for (row, (from, by, _, _)) in TABLE.iter().enumerate() {
        assert!(TABLE[..row].iter().all(|(other, event, _, _)| (other, event) != (from, by)), "{from:?} × {by:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Allow,
    AllowAnyway,
    Record(usize, Outcome),
    Pass(u64),
    Rewind(u64),
    Trip,
    Reset,
    Reconfigure(Settings),
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..100u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn settings() -> impl Strategy<Value = Settings> {
    let rate = prop::option::of((1..=100u64, 1..5u64, 1..200u64));
    let counts = (1..5u64, 1..4u64);
    let times = (amount(), amount(), prop::option::of(amount()), amount(), amount());
    (rate, counts, times).prop_filter_map("not settings", |(rate, counts, times)| {
        let settings = Settings {
            failure_threshold: counts.0,
            failure_rate: rate.map(|(percent, minimum_requests, window)| FailureRate {
                percent,
                minimum_requests,
                window,
            }),
            recovery_time: times.0,
            max_recovery_time: times.2.map(|more| times.0.saturating_add(more)),
            healthy_time: times.2,
            half_open_requests: counts.1,
            probe_timeout: times.3,
            slow_start: times.4,
        };
        settings.check().is_ok().then_some(settings)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Failure),
        3 => Just(Outcome::Success),
        1 => Just(Outcome::Nothing),
    ];
    prop_oneof![
        8 => Just(Step::Allow),
        1 => Just(Step::AllowAnyway),
        8 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Step::Record(which, outcome)),
        4 => amount().prop_map(Step::Pass),
        1 => amount().prop_map(Step::Rewind),
        1 => Just(Step::Trip),
        1 => Just(Step::Reset),
        1 => settings().prop_map(Step::Reconfigure),
    ]
}

/// A breaker, what it has let through, and the time.
struct Play {
    breaker: CircuitBreaker,
    permits: Vec<Permit>,
    now: u64,
    /// The newest time that the breaker has been told.
    newest: u64,
}

impl Play {
    fn new(settings: Settings) -> Self {
        Self { breaker: CircuitBreaker::new(settings).unwrap(), permits: Vec::new(), now: 0, newest: 0 }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Allow => {
                let verdict = self.breaker.allow(self.now);
                self.keep(verdict);
            }
            Step::AllowAnyway => {
                let verdict = self.breaker.allow_anyway(self.now);
                self.keep(verdict);
            }
            Step::Record(which, outcome) if !self.permits.is_empty() => {
                let permit = self.permits.swap_remove(which % self.permits.len());
                self.breaker.record(permit, *outcome, self.now);
            }
            Step::Record(..) => return,
            Step::Pass(gap) => {
                self.now = self.now.saturating_add(*gap);
                return;
            }
            Step::Rewind(gap) => {
                self.now = self.now.saturating_sub(*gap);
                return;
            }
            Step::Trip => self.breaker.trip(self.now),
            Step::Reset => self.breaker.reset(self.now),
            Step::Reconfigure(settings) => self.breaker.reconfigure(settings.clone(), self.now).unwrap(),
        }
        self.newest = self.newest.max(self.now);
    }

    fn keep(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass(pass) => self.permits.push(pass.into()),
            Verdict::Probe(probe) => self.permits.push(probe.into()),
            Verdict::Open { .. } => {}
        }
    }

    /// The probes that are out, as those who hold them see it.
    fn probes_out(&self) -> u64 {
        let generation = self.breaker.snapshot(self.now).generation;
        let live = |permit: &&Permit| match permit {
            Permit::Probe(probe) => probe.generation() == generation && probe.lease_end() > self.newest.max(self.now),
            Permit::Pass(_) => false,
        };
        self.permits.iter().filter(live).count() as u64
    }
}

proptest! {
    #[test]
    fn no_more_probes_are_ever_out_than_there_are_places(
        settings in settings(), steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut play = Play::new(settings);
        for step in &steps {
            let out = play.probes_out();
            play.take(step);
            let places = play.breaker.settings().half_open_requests;
            // Fewer places take back no lease.
            prop_assert!(play.probes_out() <= places.max(out));
            prop_assert_eq!(play.breaker.snapshot(play.now).probes_out, play.probes_out());
        }
    }

    #[test]
    fn a_refusal_names_the_first_instant_that_lets_through(
        settings in settings(), steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut play = Play::new(settings);
        for step in &steps {
            play.take(step);
            let (now, before) = (play.now, play.breaker.clone());
            let told = before.retry_after(now);
            let mut asked = before.clone();
            let Verdict::Open { retry_after } = asked.allow(now) else {
                prop_assert_eq!(told, 0);
                continue;
            };
            prop_assert_eq!(told, retry_after);
            prop_assert!(retry_after > 0);
            let Some(then) = now.checked_add(retry_after) else { continue };
            let refused = matches!(asked.clone().allow(then), Verdict::Open { .. });
            prop_assert!(!refused, "at {then}");
            // In a ramp the asking itself has brought one's turn nearer.
            if before.state(now) != State::Ramping {
                let refused = matches!(asked.allow(then - 1), Verdict::Open { .. });
                prop_assert!(refused, "before {then}");
            }
        }
    }

    #[test]
    fn what_was_let_through_in_an_old_generation_changes_nothing(
        settings in settings(), steps in prop::collection::vec(step(), 0..60), ok in any::<bool>(),
    ) {
        let mut play = Play::new(settings);
        for step in &steps {
            play.take(step);
        }
        let before = play.breaker.snapshot(play.now);
        for permit in std::mem::take(&mut play.permits) {
            let old = match &permit {
                Permit::Pass(pass) => pass.generation() < before.generation || before.state.name() != "closed",
                Permit::Probe(probe) => probe.generation() < before.generation || probe.lease_end() <= play.newest.max(play.now),
            };
            if old {
                let led_to = play.breaker.record(permit, Outcome::from(Some(ok)), play.now);
                prop_assert_eq!(led_to, None);
                prop_assert_eq!(&before, &play.breaker.snapshot(play.now));
            }
        }
    }

    #[test]
    fn a_question_changes_nothing(
        settings in settings(), steps in prop::collection::vec(step(), 0..40), then in amount(),
    ) {
        let mut play = Play::new(settings);
        for step in &steps {
            play.take(step);
        }
        let before = format!("{:?}", play.breaker);
        let answers = (play.breaker.state(then), play.breaker.member(then), play.breaker.snapshot(then));
        prop_assert_eq!(answers.0, answers.2.state);
        prop_assert_eq!(before, format!("{:?}", play.breaker));
    }

    #[test]
    fn a_clock_that_steps_back_never_lets_through_what_the_newest_time_would_not(
        settings in settings(), steps in prop::collection::vec(step(), 0..40), back in amount(),
    ) {
        let mut play = Play::new(settings);
        for step in &steps {
            play.take(step);
        }
        let earlier = play.newest.saturating_sub(back);
        prop_assert_eq!(play.breaker.state(earlier), play.breaker.state(play.newest));
        prop_assert_eq!(play.breaker.retry_after(earlier) == 0, play.breaker.retry_after(play.newest) == 0);
    }

    #[test]
    fn a_ramp_lets_through_its_share_and_its_pace_and_no_more(
        slow_start in 1..5_000u64, gaps in prop::collection::vec(0..40u64, 1..300),
    ) {
        let settings = Settings { recovery_time: 1, slow_start, ..Settings::default() };
        let mut breaker = CircuitBreaker::new(settings).unwrap();
        breaker.trip(0);
        let good = probe(&mut breaker, 1);
        breaker.record(good, Outcome::Success, 1);
        let (mut elapsed, mut let_through, mut share) = (0, 0, 0);
        for gap in gaps {
            elapsed += gap;
            if elapsed >= slow_start {
                prop_assert!(matches!(breaker.allow(1 + elapsed), Verdict::Pass(_)));
                break;
            }
            share += elapsed;
            let_through += u64::from(matches!(breaker.allow(1 + elapsed), Verdict::Pass(_)));
            let paces = elapsed / (slow_start / 32).max(1);
            prop_assert!(let_through >= share / slow_start);
            prop_assert!(let_through <= share / slow_start + paces);
        }
    }

    #[test]
    fn of_a_group_no_more_than_the_share_is_kept_out(
        members in prop::collection::vec(
            prop_oneof![Just(Member::Available), (1..9u64).prop_map(Member::HeldBack), (1..9u64).prop_map(Member::Ejected)],
            0..20,
        ),
        percent in 0..=100u64,
    ) {
        let max = MaxEjected::new(percent).unwrap();
        let usable = max.usable(&members);
        let wait = |index: usize| match members[index] { Member::Ejected(wait) => Some(wait), _ => None };
        let kept_out: Vec<usize> = (0..members.len()).filter(|i| !usable[*i] && wait(*i).is_some()).collect();
        let let_in: Vec<usize> = (0..members.len()).filter(|i| usable[*i] && wait(*i).is_some()).collect();
        let bound = members.len() * usize::try_from(percent).unwrap() / 100;
        prop_assert!(kept_out.len() <= bound);
        // Nobody is let in while there is room to keep them out, nor before one who waits less.
        prop_assert!(let_in.is_empty() || kept_out.len() == bound);
        prop_assert!(let_in.iter().all(|inside| kept_out.iter().all(|out| (wait(*inside), inside) < (wait(*out), out))));
        prop_assert_eq!(max.panics(&members), !let_in.is_empty());
        for (index, member) in members.iter().enumerate() {
            prop_assert_eq!(usable[index], *member == Member::Available || let_in.contains(&index));
        }
        let now_or_later = max.retry_after(&members);
        prop_assert_eq!(now_or_later == Some(0), usable.contains(&true));
        prop_assert_eq!(now_or_later.is_none(), members.is_empty());
    }
}
