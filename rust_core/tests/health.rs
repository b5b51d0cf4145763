#![allow(clippy::unwrap_used)] // the helpers of tests are tests too
//! The health tracker: its table, and its promises over any numbers.

use proptest::prelude::*;
use rust_core::health::{Event, Health, HealthTracker, Settings, TABLE, next};

#[derive(Clone, Debug)]
enum Step {
    Record(bool, Option<u64>, Option<u64>, u64),
    Probe(bool, Option<u64>, u64),
    Start(u64),
    Reconfigure(Settings, u64),
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..100u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn settings() -> impl Strategy<Value = Settings> {
    let counts = (amount(), amount(), amount());
    let bounds = (prop::option::of(1..=100u64), prop::option::of(amount()));
    (counts, bounds, amount(), prop::option::of(amount())).prop_filter_map(
        "not settings",
        |(counts, bounds, window, probe_interval)| {
            let settings = Settings {
                unhealthy_after: counts.0,
                healthy_after: counts.1,
                degraded_success_percent: bounds.0,
                degraded_latency_percent: bounds.1.map(|more| more.saturating_add(101)),
                minimum_requests: counts.2,
                window,
                probe_interval,
            };
            settings.check().is_ok().then_some(settings)
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let taken = || prop::option::of(amount());
    prop_oneof![
        8 => (any::<bool>(), taken(), taken(), amount()).prop_map(|(ok, all, first, now)| Step::Record(ok, all, first, now)),
        3 => (any::<bool>(), taken(), amount()).prop_map(|(ok, all, now)| Step::Probe(ok, all, now)),
        2 => amount().prop_map(Step::Start),
        1 => (settings(), amount()).prop_map(|(settings, now)| Step::Reconfigure(settings, now)),
    ]
}

/// The state that a step led to, if it tells one.
fn take(tracker: &mut HealthTracker, step: &Step) -> Option<Health> {
    match step {
        Step::Record(ok, all, first, now) => tracker.record(*ok, *all, *first, *now),
        Step::Probe(ok, all, now) => tracker.record_probe(*ok, *all, *now),
        Step::Start(now) => {
            tracker.start_probe(*now);
            None
        }
        Step::Reconfigure(settings, now) => {
            tracker.reconfigure(settings.clone(), *now).unwrap();
            None
        }
    }
}

#[test]
fn the_table_says_each_thing_once_and_nothing_that_changes_nothing() {
    for (index, (from, event, to)) in TABLE.iter().enumerate() {
        assert_ne!(from, to);
        assert_eq!(next(*from, *event), Some(*to));
        assert!(TABLE.iter().skip(index + 1).all(|(state, by, _)| (state, by) != (from, event)));
    }
    assert_eq!(next(Health::Unhealthy, Event::Worsened), None);
}

proptest! {
    #[test]
    fn a_state_is_told_exactly_when_it_is_another(
        settings in settings(), start in amount(), steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut tracker = HealthTracker::new(settings, start).unwrap();
        for step in &steps {
            let before = (tracker.state(), tracker.snapshot(0).since);
            let led_to = take(&mut tracker, step);
            prop_assert_eq!(led_to, (tracker.state() != before.0).then_some(tracker.state()));
            prop_assert!(tracker.snapshot(0).since >= before.1);
            if led_to.is_none() {
                prop_assert_eq!(tracker.snapshot(0).since, before.1);
            }
        }
    }

    #[test]
    fn it_is_healthy_or_degraded_only_with_fewer_failures_in_a_row_than_it_takes(
        settings in settings(), steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut tracker = HealthTracker::new(settings.clone(), 0).unwrap();
        let (mut traffic, mut probes) = (0, 0);
        for step in &steps {
            let in_a_row = match step {
                Step::Record(ok, ..) => { traffic = if *ok { 0 } else { traffic + 1 }; traffic }
                Step::Probe(ok, ..) => { probes = if *ok { 0 } else { probes + 1 }; probes }
                Step::Start(_) | Step::Reconfigure(..) => continue,
            };
            take(&mut tracker, step);
            if in_a_row >= settings.unhealthy_after {
                prop_assert_eq!(tracker.state(), Health::Unhealthy);
            }
        }
    }

    #[test]
    fn a_probe_is_claimed_once_an_interval(
        interval in 1..200u64, start in amount(), asks in prop::collection::vec(amount(), 1..60),
    ) {
        let settings = Settings { probe_interval: Some(interval), ..Settings::default() };
        let mut tracker = HealthTracker::new(settings, start).unwrap();
        let (mut newest, mut last_claim) = (start, None::<u64>);
        for now in asks {
            newest = newest.max(now);
            let due = tracker.probe_due(now);
            prop_assert_eq!(due, last_claim.is_none_or(|claim| newest >= claim.saturating_add(interval)));
            prop_assert_eq!(tracker.start_probe(now), due);
            last_claim = if due { Some(newest) } else { last_claim };
        }
    }

    #[test]
    fn a_question_changes_nothing(
        settings in settings(), steps in prop::collection::vec(step(), 0..30), then in amount(),
    ) {
        let mut tracker = HealthTracker::new(settings, 0).unwrap();
        for step in &steps {
            take(&mut tracker, step);
        }
        let before = format!("{tracker:?}");
        let answers = (tracker.state(), tracker.probe_due(then), tracker.next_probe(), tracker.snapshot(then));
        prop_assert_eq!(answers.0, answers.3.state);
        prop_assert_eq!(answers.2, answers.3.next_probe);
        prop_assert_eq!(before, format!("{tracker:?}"));
    }
}
