#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! The invariants of all-or-nothing admission over a small tree of scopes.

use proptest::prelude::*;
use rust_core::admission::{Admission, Grant, Verdict};
use rust_core::limiters::{Algorithm, Cost, Dimension, RateLimit};

const KEYS: [&str; 4] = ["group", "group.one", "group.two", "model"];

#[derive(Clone, Debug)]
enum Step {
    Acquire(Vec<usize>, u64, u64),
    Release(usize),
    Refund(usize),
    Block(usize, u64),
    Resize(usize, Option<u64>),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop::collection::vec(0..4usize, 0..5), 0..3u64, 0..40u64).prop_map(|(path, r, t)| Step::Acquire(path, r, t)),
        2 => (0..20usize).prop_map(Step::Release),
        1 => (0..20usize).prop_map(Step::Refund),
        1 => (0..4usize, 0..200u64).prop_map(|(scope, ahead)| Step::Block(scope, ahead)),
        1 => (0..4usize, prop::option::of(1..4u64)).prop_map(|(scope, bound)| Step::Resize(scope, bound)),
        2 => (0..100u64).prop_map(Step::Pass),
    ]
}

fn rates() -> [RateLimit; 3] {
    let rate =
        |dimension, limit, window| RateLimit::new(dimension, limit, window, Algorithm::TokenBucket, None).unwrap();
    [rate(Dimension::Requests, 5, 100), rate(Dimension::Requests, 40, 5_000), rate(Dimension::Tokens, 90, 100)]
}

fn tree() -> Admission {
    let mut tree = Admission::new();
    tree.define("group", None, Some(3), &rates(), 0).unwrap();
    tree.define("group.one", Some("group"), Some(2), &rates()[..1], 0).unwrap();
    tree.define("group.two", Some("group"), None, &[], 0).unwrap();
    tree.define("model", None, Some(2), &rates()[1..], 0).unwrap();
    tree
}

fn picture(tree: &Admission, now: u64) -> String {
    format!("{:?}", tree.snapshot(now))
}

proptest! {
    #[test]
    fn a_refusal_leaves_no_trace_and_no_bound_is_passed(steps in prop::collection::vec(step(), 0..80)) {
        let (mut tree, mut now) = (tree(), 0);
        let mut grants: Vec<Grant> = Vec::new();
        for step in steps {
            match step {
                Step::Acquire(path, requests, tokens) => {
                    let before = tree.snapshot(now);
                    let picture_before = picture(&tree, now);
                    let path = path.iter().map(|&at| KEYS[at]);
                    match tree.try_acquire(path, Cost { requests, tokens }, now).unwrap() {
                        Verdict::Granted(grant) => grants.push(grant),
                        Verdict::Refused(_) => prop_assert_eq!(picture_before, picture(&tree, now)),
                    }
                    for (old, new) in before.iter().zip(tree.snapshot(now)) {
                        if new.in_flight > old.in_flight {
                            prop_assert!(new.concurrency.is_none_or(|bound| new.in_flight <= bound));
                        }
                    }
                }
                Step::Release(at) => {
                    if let Some(&grant) = grants.get(at) {
                        tree.release(grant, now);
                        let once = picture(&tree, now);
                        tree.release(grant, now);
                        tree.refund(grant, now);
                        prop_assert_eq!(once, picture(&tree, now));
                    }
                }
                Step::Refund(at) => {
                    if let Some(&grant) = grants.get(at) {
                        tree.refund(grant, now);
                        let once = picture(&tree, now);
                        tree.refund(grant, now);
                        prop_assert_eq!(once, picture(&tree, now));
                    }
                }
                Step::Block(scope, ahead) => tree.block_until(KEYS[scope], now + ahead).unwrap(),
                Step::Resize(scope, bound) => {
                    let parent = KEYS[scope].contains('.').then_some("group");
                    let held = tree.in_flight(KEYS[scope]).unwrap();
                    tree.define(KEYS[scope], parent, bound, &rates(), now).unwrap();
                    prop_assert_eq!(held, tree.in_flight(KEYS[scope]).unwrap());
                }
                Step::Pass(time) => now += time,
            }
            let below = tree.in_flight("group.one").unwrap() + tree.in_flight("group.two").unwrap();
            prop_assert!(tree.in_flight("group").unwrap() <= below + u64::try_from(grants.len()).unwrap());
        }
        for grant in grants {
            tree.release(grant, now);
        }
        for scope in tree.snapshot(now) {
            prop_assert_eq!(scope.in_flight, 0);
        }
    }

    #[test]
    fn an_acquire_and_its_refund_at_one_instant_are_the_identity_on_rates(
        path in prop::collection::vec(0..4usize, 1..5), requests in 0..3u64, tokens in 0..40u64, now in 0..1_000u64,
    ) {
        let mut tree = tree();
        let before = picture(&tree, now);
        let path = path.iter().map(|&at| KEYS[at]);
        if let Verdict::Granted(grant) = tree.try_acquire(path, Cost { requests, tokens }, now).unwrap() {
            tree.refund(grant, now);
            tree.release(grant, now);
        }
        prop_assert_eq!(before, picture(&tree, now));
    }
}

#[test]
fn a_grant_means_nothing_to_another_controller() {
    let (mut ours, mut theirs) = (tree(), tree());
    let Verdict::Granted(grant) = ours.try_acquire(["model"], Cost::default(), 0).unwrap() else { panic!("refused") };
    theirs.try_acquire(["model"], Cost::default(), 0).unwrap();
    theirs.release(grant, 0);
    assert_eq!(theirs.in_flight("model"), Ok(1));
}
