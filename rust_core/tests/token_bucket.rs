//! The token bucket's invariants, over any numbers.

use proptest::prelude::*;
use rust_core::decision::Decision;
use rust_core::limiters::{BucketQuota, Limiter, Quota};

#[derive(Clone, Debug)]
enum Step {
    Acquire(u64, u64),
    Peek(u64, u64),
    Charge(u64, u64),
    Refund(u64, u64),
    Reconfigure(Quota, u64),
    Block(u64),
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..100u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn quota() -> impl Strategy<Value = Quota> {
    let numbers = (amount(), amount(), amount());
    numbers.prop_filter_map("not a quota", |(capacity, limit, window)| {
        BucketQuota::new(capacity, limit, window).ok().map(Quota::TokenBucket)
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (amount(), amount()).prop_map(|(cost, now)| Step::Acquire(cost, now)),
        (amount(), amount()).prop_map(|(cost, now)| Step::Peek(cost, now)),
        (amount(), amount()).prop_map(|(tokens, now)| Step::Charge(tokens, now)),
        (amount(), amount()).prop_map(|(tokens, now)| Step::Refund(tokens, now)),
        (quota(), amount()).prop_map(|(quota, now)| Step::Reconfigure(quota, now)),
        amount().prop_map(Step::Block),
    ]
}

fn take(bucket: &mut Limiter, step: &Step) {
    match *step {
        Step::Acquire(cost, now) => drop(bucket.try_acquire(cost, now)),
        Step::Peek(cost, now) => drop(bucket.peek(cost, now)),
        Step::Charge(tokens, now) => bucket.charge(tokens, now),
        Step::Refund(tokens, now) => bucket.refund(tokens, now),
        Step::Reconfigure(quota, now) => bucket.follow(quota, now),
        Step::Block(until) => bucket.block_until(until),
    }
}

proptest! {
    #[test]
    fn any_numbers_keep_the_level_within_the_capacity(
        quota in quota(), start in amount(), steps in prop::collection::vec(step(), 0..30), now in amount(),
    ) {
        let mut bucket = Limiter::of(quota, start);
        for step in &steps {
            take(&mut bucket, step);
            let level = bucket.level(now);
            let full = u128::from(bucket.quota().capacity()) * u128::from(level.denominator);
            prop_assert!(level.numerator <= i128::try_from(full).unwrap());
        }
    }

    #[test]
    fn a_refusal_names_the_first_instant_that_admits(
        quota in quota(), start in amount(), steps in prop::collection::vec(step(), 0..10), cost in amount(), now in amount(),
    ) {
        let mut bucket = Limiter::of(quota, start);
        for step in &steps {
            take(&mut bucket, step);
        }
        if let Decision::RetryAfter(wait) = bucket.peek(cost, now) {
            prop_assert!(wait > 0);
            // A wait that reaches beyond the end of time is cut there.
            if let Some(then) = now.checked_add(wait).filter(|_| wait < u64::MAX) {
                prop_assert!(!bucket.peek(cost, then - 1).admitted());
                prop_assert!(bucket.peek(cost, then).admitted());
            }
        }
    }

    #[test]
    fn a_peek_and_a_refusal_change_nothing(
        quota in quota(), start in amount(), steps in prop::collection::vec(step(), 0..10), cost in amount(), now in amount(),
    ) {
        let mut bucket = Limiter::of(quota, start);
        for step in &steps {
            take(&mut bucket, step);
        }
        let before = format!("{bucket:?}");
        let peeked = bucket.peek(cost, now);
        prop_assert_eq!(&before, &format!("{bucket:?}"));
        let decision = bucket.try_acquire(cost, now);
        prop_assert_eq!(peeked, decision);
        if !decision.admitted() || cost == 0 {
            prop_assert_eq!(&before, &format!("{bucket:?}"));
        }
    }

    #[test]
    fn nothing_is_admitted_into_debt_or_before_the_end_of_a_block(
        quota in quota(), steps in prop::collection::vec(step(), 0..10), until in amount(), cost in 1..100u64, now in amount(),
    ) {
        let mut bucket = Limiter::of(quota, 0);
        for step in &steps {
            take(&mut bucket, step);
        }
        bucket.block_until(until);
        bucket.refund(0, now);
        if let Decision::RetryAfter(wait) = bucket.peek(cost, now) {
            let then = now.saturating_add(wait);
            if wait < u64::MAX && bucket.try_acquire(cost, then).admitted() {
                prop_assert!(bucket.level(then).numerator >= 0);
                prop_assert!(then >= until);
            }
        }
    }

    #[test]
    fn an_interval_admits_at_most_a_burst_and_its_refill(
        capacity in 1..50u64, limit in 1..50u64, window in 1..1_000u64,
        attempts in prop::collection::vec((1..10u64, 0..100u64), 1..200),
    ) {
        let mut bucket = Limiter::of(Quota::TokenBucket(BucketQuota::new(capacity, limit, window).unwrap()), 0);
        let (mut now, mut admitted) = (0, 0);
        for (cost, gap) in attempts {
            now += gap;
            if bucket.try_acquire(cost, now).admitted() {
                admitted += cost;
            }
            prop_assert!(admitted * window <= capacity * window + limit * now);
        }
    }
}
