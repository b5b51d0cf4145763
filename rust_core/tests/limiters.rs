#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! What holds for every limiter, of whichever algorithm, with what a provider has told laid over it.

use proptest::prelude::*;
use rust_core::decision::Decision;
use rust_core::limiters::{Algorithm, Limiter, Options, Quota};

#[derive(Clone, Debug)]
enum Step {
    Acquire(u64, u64),
    Charge(u64, u64),
    Refund(u64, u64),
    RefundAt(u64, u64, u64),
    Follow(Quota, u64),
    Block(u64),
    Tighten(u64, u64, u64, u64),
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..100u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn quota(numbers: impl Strategy<Value = (u64, u64, u64)>) -> impl Strategy<Value = Quota> {
    (numbers, 0..3u8).prop_filter_map("not a quota", |((capacity, limit, window), kind)| {
        let options = Options { capacity: Some(capacity), ..Options::default() };
        match kind {
            0 => Quota::new(Algorithm::TokenBucket, limit, window, options),
            1 => Quota::new(Algorithm::TokenBucket, limit, window, Options { strict: true, ..options }),
            _ => {
                let buckets = Some(capacity.min(10_000));
                Quota::new(Algorithm::SlidingWindow, limit, window, Options { buckets, ..Options::default() })
            }
        }
        .ok()
    })
}

fn any_quota() -> impl Strategy<Value = Quota> {
    quota((amount(), amount(), amount()))
}

fn small_quota() -> impl Strategy<Value = Quota> {
    quota((1..20u64, 1..30u64, 1..150u64))
}

fn step() -> impl Strategy<Value = Step> {
    let two = || (amount(), amount());
    prop_oneof![
        3 => two().prop_map(|(cost, now)| Step::Acquire(cost, now)),
        1 => two().prop_map(|(cost, now)| Step::Charge(cost, now)),
        1 => two().prop_map(|(cost, now)| Step::Refund(cost, now)),
        1 => (two(), amount()).prop_map(|((cost, charged_at), now)| Step::RefundAt(cost, charged_at, now)),
        1 => (any_quota(), amount()).prop_map(|(quota, now)| Step::Follow(quota, now)),
        1 => amount().prop_map(Step::Block),
        2 => (two(), two()).prop_map(|((remaining, reset), (observed, now))| Step::Tighten(remaining, reset, observed, now)),
    ]
}

fn after(quota: Quota, start: u64, steps: &[Step]) -> Limiter {
    let mut limiter = Limiter::of(quota, start);
    for step in steps {
        match *step {
            Step::Acquire(cost, now) => drop(limiter.try_acquire(cost, now)),
            Step::Charge(cost, now) => limiter.charge(cost, now),
            Step::Refund(cost, now) => limiter.refund(cost, now),
            Step::RefundAt(cost, charged_at, now) => limiter.refund_at(cost, charged_at, now),
            Step::Follow(quota, now) => limiter.follow(quota, now),
            Step::Block(until) => limiter.block_until(until),
            Step::Tighten(remaining, reset, observed, now) => limiter.tighten(remaining, reset, observed, now),
        }
    }
    limiter
}

/// What was taken in the window that ends with `now`, both ends included.
fn in_window(log: &[(u64, u64)], window: u64, now: u64) -> u64 {
    log.iter().filter(|(at, _)| at + window >= now).map(|(_, cost)| cost).sum()
}

proptest! {
    /// Invariants 3 and 7.
    #[test]
    fn a_refusal_names_the_first_instant_that_admits(
        quota in any_quota(), start in amount(), steps in prop::collection::vec(step(), 0..20), cost in amount(), now in amount(),
    ) {
        let limiter = after(quota, start, &steps);
        if let Decision::RetryAfter(wait) = limiter.peek(cost, now) {
            prop_assert!(wait > 0);
            // A wait that reaches beyond the end of time is cut there.
            if let Some(then) = now.checked_add(wait).filter(|_| wait < u64::MAX) {
                prop_assert!(!limiter.peek(cost, then - 1).admitted());
                prop_assert!(limiter.peek(cost, then).admitted());
            }
        }
    }

    /// Invariants 4, 5 and 13.
    #[test]
    fn a_peek_a_refusal_and_a_cost_of_nothing_change_nothing(
        quota in any_quota(), start in amount(), steps in prop::collection::vec(step(), 0..20), cost in amount(), now in amount(),
    ) {
        let mut limiter = after(quota, start, &steps);
        let before = format!("{limiter:?}");
        let peeked = limiter.peek(cost, now);
        prop_assert_eq!(peeked.admitted(), limiter.ready(cost, now));
        prop_assert_eq!(peeked, limiter.earliest(0, cost, now));
        prop_assert_eq!(peeked.permanent(), cost > limiter.quota().capacity());
        prop_assert_eq!(&before, &format!("{limiter:?}"));
        prop_assert_eq!(peeked, limiter.try_acquire(cost, now));
        if !peeked.admitted() || cost == 0 {
            prop_assert_eq!(&before, &format!("{limiter:?}"));
        }
    }

    /// What is used is what is missing from a full one, rounded up to whole tokens.
    #[test]
    fn what_is_used_and_what_is_left_are_the_capacity(
        quota in small_quota(), steps in prop::collection::vec((0..15u64, 0..200u64), 0..20), now in 0..300u64,
    ) {
        let steps: Vec<_> = steps.into_iter().map(|(cost, now)| Step::Charge(cost, now)).collect();
        let limiter = after(quota, 0, &steps);
        let (level, used) = (limiter.level(now), i128::try_from(limiter.used(now)).unwrap());
        let missing = i128::from(quota.capacity()) * i128::from(level.denominator) - level.numerator;
        let rest = used * i128::from(level.denominator) - missing;
        prop_assert!((0..i128::from(level.denominator)).contains(&rest));
    }

    /// Invariants 1, 10 and 11, through changes of the algorithm.
    #[test]
    fn no_window_admits_more_than_it_may(
        quotas in prop::collection::vec(small_quota(), 1..3),
        attempts in prop::collection::vec((1..15u64, 0..60u64), 1..60),
    ) {
        let mut limiter = Limiter::of(quotas[0], 0);
        let (mut now, mut log, half) = (0, Vec::new(), attempts.len() / 2);
        for (count, (cost, gap)) in attempts.into_iter().enumerate() {
            now += gap;
            let algorithms = (limiter.quota().algorithm(), quotas.last().unwrap().algorithm());
            if count == half && algorithms.0 != algorithms.1 {
                limiter.follow(*quotas.last().unwrap(), now);
                // A window that is now longer knows nothing of what the shorter one had forgotten.
                log.retain(|(at, _)| at + quotas[0].window() >= now || algorithms.0 == Algorithm::TokenBucket);
            }
            let (quota, window) = (limiter.quota(), limiter.quota().window());
            match limiter.try_acquire(cost, now) {
                Decision::Admitted => {
                    log.push((now, cost));
                    let burst = if quota.is_strict() { 0 } else { quota.capacity() };
                    prop_assert!(in_window(&log, window, now) <= quota.limit() + burst);
                }
                Decision::RetryAfter(_) if count < half && quota.buckets().is_some() => {
                    let buckets = quota.buckets().unwrap();
                    let longer = log.iter().filter(|(at, _)| (now - at) * buckets < window * (buckets + 1));
                    prop_assert!(longer.map(|(_, cost)| cost).sum::<u64>() + cost > quota.limit());
                }
                _ => {}
            }
        }
    }

    /// Exact for a bucket, and never too long: nobody who could meet a deadline is refused for those ahead.
    #[test]
    fn the_earliest_time_behind_others_is_never_later_than_it_comes(
        quota in small_quota(), steps in prop::collection::vec(step(), 0..10), ahead in prop::collection::vec(1..30u64, 0..8),
        cost in 1..30u64, now in 100..200u64,
    ) {
        let steps: Vec<_> = steps.into_iter().filter(|step| matches!(step, Step::Acquire(..) | Step::Tighten(..))).collect();
        let mut limiter = after(quota, 0, &steps);
        let told = steps.iter().any(|step| matches!(step, Step::Tighten(..)));
        let capacity = quota.capacity();
        let ahead: Vec<_> = ahead.into_iter().map(|cost| cost.min(capacity)).collect();
        let cost = cost.min(capacity);
        let sum = ahead.iter().map(|cost| u128::from(*cost)).sum::<u128>();
        let earliest = limiter.earliest(sum, cost, now).retry_after().unwrap_or(0);
        let mut at = now;
        for cost in ahead.iter().chain([&cost]) {
            at = at.saturating_add(limiter.peek(*cost, at).retry_after().unwrap_or(0));
            prop_assume!(at < u64::MAX);
            prop_assert!(limiter.try_acquire(*cost, at).admitted());
        }
        prop_assert!(now + earliest <= at);
        // A bucket that is full before the nanosecond is over loses the rest of it.
        let refill = if quota.is_strict() { quota.limit() - capacity } else { quota.limit() };
        let never_full = ahead.iter().all(|cost| (capacity - cost) * quota.window() >= refill);
        let fits = sum + u128::from(cost) <= u128::from(capacity);
        let exact = fits || quota.algorithm() == Algorithm::TokenBucket && never_full;
        prop_assert!(told || !exact || now + earliest == at);
    }

    /// Invariant 24.
    #[test]
    fn what_a_provider_tells_only_holds_back_and_only_until_its_reset(
        quota in small_quota(), steps in prop::collection::vec(step(), 0..30), cost in 1..30u64, now in 0..200u64,
    ) {
        let no_blocks = |step: &&Step| !matches!(step, Step::Block(_) | Step::Acquire(..));
        let steps: Vec<_> = steps.iter().filter(no_blocks).cloned().collect();
        let untold: Vec<_> = steps.iter().map(|step| match step {
            // It is told at a time, and that is seen.
            Step::Tighten(_, _, _, now) => Step::Charge(0, *now),
            other => other.clone(),
        }).collect();
        let (told, untold) = (after(quota, 0, &steps), after(quota, 0, &untold));
        let wait = |limiter: &Limiter, at| match limiter.peek(cost, at) {
            Decision::Admitted => 0,
            Decision::RetryAfter(wait) => wait,
            Decision::Never => u64::MAX,
        };
        prop_assert!(wait(&told, now) >= wait(&untold, now));
        let resets = steps.iter().map(|step| if let Step::Tighten(_, reset, ..) = step { *reset } else { 0 });
        let over = resets.max().unwrap_or(0);
        prop_assert_eq!(told.peek(cost, over), untold.peek(cost, over));
    }

    /// Invariant 8.
    #[test]
    fn what_is_taken_and_given_back_at_one_instant_was_never_taken(
        quota in any_quota(), start in amount(), steps in prop::collection::vec(step(), 0..20), cost in amount(), ahead in amount(),
    ) {
        let mut limiter = after(quota, start, &steps);
        let newest = steps.iter().map(|step| match *step {
            Step::Block(_) => 0,
            Step::Acquire(.., now) | Step::Charge(.., now) | Step::Refund(.., now) | Step::RefundAt(.., now)
            | Step::Follow(.., now) | Step::Tighten(.., now) => now,
        });
        let now = newest.max().unwrap_or(0).max(start).saturating_add(ahead);
        limiter.charge(0, now);
        let before = limiter.clone();
        for charged_at in [None, Some(now)] {
            if limiter.try_acquire(cost, now).admitted() {
                limiter.refund_of(cost, charged_at, now);
                prop_assert_eq!(limiter.level(now), before.level(now));
            }
        }
    }
}
