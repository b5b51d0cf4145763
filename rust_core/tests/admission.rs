#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! The invariants of all-or-nothing admission over a small tree of scopes.

use proptest::prelude::*;
use rust_core::admission::{Admission, Grant, Place, ScopeLimits, Verdict, Waiting};
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
    let mut tree = Admission::default();
    let mut define = |key, parent, concurrency, rates: &[RateLimit]| {
        tree.define(key, parent, &ScopeLimits { concurrency, rates, ..ScopeLimits::default() }, 0).unwrap();
    };
    define("group", None, Some(3), &rates());
    define("group.one", Some("group"), Some(2), &rates()[..1]);
    define("group.two", Some("group"), None, &[]);
    define("model", None, Some(2), &rates()[1..]);
    tree
}

fn acquire<'k>(tree: &mut Admission, path: impl IntoIterator<Item = &'k str>, cost: Cost, now: u64) -> Verdict {
    let path = tree.path(path).unwrap();
    tree.try_acquire(path, cost, now)
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
                    match acquire(&mut tree, path, Cost { requests, tokens }, now) {
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
                    if let Some(grant) = grants.get_mut(at) {
                        tree.release(grant, now);
                        let once = picture(&tree, now);
                        tree.release(grant, now);
                        prop_assert_eq!(once, picture(&tree, now));
                    }
                }
                Step::Refund(at) => {
                    if let Some(grant) = grants.get_mut(at) {
                        tree.refund(grant, now);
                        let once = picture(&tree, now);
                        tree.refund(grant, now);
                        prop_assert_eq!(once, picture(&tree, now));
                    }
                }
                Step::Block(scope, ahead) => tree.block_until(KEYS[scope], now + ahead, now).unwrap(),
                Step::Resize(scope, bound) => {
                    let parent = KEYS[scope].contains('.').then_some("group");
                    let held = tree.in_flight(KEYS[scope]).unwrap();
                    let limits = ScopeLimits { concurrency: bound, rates: &rates(), ..ScopeLimits::default() };
                    tree.define(KEYS[scope], parent, &limits, now).unwrap();
                    prop_assert_eq!(held, tree.in_flight(KEYS[scope]).unwrap());
                }
                Step::Pass(time) => now += time,
            }
            let below = tree.in_flight("group.one").unwrap() + tree.in_flight("group.two").unwrap();
            prop_assert!(tree.in_flight("group").unwrap() <= below + u64::try_from(grants.len()).unwrap());
        }
        for grant in &mut grants {
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
        if let Verdict::Granted(mut grant) = acquire(&mut tree, path, Cost { requests, tokens }, now) {
            tree.refund(&mut grant, now);
            tree.release(&mut grant, now);
        }
        prop_assert_eq!(before, picture(&tree, now));
    }
}

#[test]
fn a_grant_means_nothing_to_another_controller() {
    let (mut ours, mut theirs) = (tree(), tree());
    let Verdict::Granted(mut grant) = acquire(&mut ours, ["model"], Cost::default(), 0) else { panic!("refused") };
    acquire(&mut theirs, ["model"], Cost::default(), 0);
    theirs.release(&mut grant, 0);
    assert_eq!(theirs.in_flight("model"), Ok(1));
}

#[derive(Clone, Debug)]
enum Move {
    Enqueue { path: Vec<usize>, tokens: u64, class: i32, flow: u8, patience: Option<u64> },
    Release(usize),
    Settle(usize, u64, bool),
    Cancel(usize),
    Resize(usize, Option<u64>),
    Pass(u64),
}

fn a_move() -> impl Strategy<Value = Move> {
    let path = prop::collection::vec(0..4usize, 1..4);
    prop_oneof![
        5 => (path, 0..90u64, -1..2i32, 0..3u8, prop::option::of(0..300u64))
            .prop_map(|(path, tokens, class, flow, patience)| Move::Enqueue { path, tokens, class, flow, patience }),
        4 => (0..20usize).prop_map(Move::Release),
        1 => (0..20usize, 0..120u64, any::<bool>()).prop_map(|(at, tokens, exact)| Move::Settle(at, tokens, exact)),
        1 => (0..40usize).prop_map(Move::Cancel),
        1 => (0..4usize, prop::option::of(1..4u64)).prop_map(|(scope, bound)| Move::Resize(scope, bound)),
        2 => (0..100u64).prop_map(Move::Pass),
    ]
}

proptest! {
    /// Whatever happens: no bound is passed, nobody is let in after his deadline, each ticket ends once, and when all is
    /// given back and time has passed nobody is left waiting and nothing is left behind.
    #[test]
    fn everybody_who_waits_is_let_in_or_told_why_not(moves in prop::collection::vec(a_move(), 0..80)) {
        let (mut tree, mut now) = (tree(), 0);
        let mut held: Vec<Grant> = Vec::new();
        let mut waiting: Vec<(u64, u64)> = Vec::new();
        for step in moves {
            match step {
                Move::Enqueue { path, tokens, class, flow, patience } => {
                    let path = tree.path(path.iter().map(|&at| KEYS[at])).unwrap();
                    let deadline = patience.map(|patience| now + patience);
                    let flow = format!("flow {flow}");
                    let wish = Waiting { priority: class, flow: Some(&flow), deadline };
                    match tree.enqueue(path, Cost { requests: 1, tokens }, wish, now) {
                        Place::Granted(_, grant) => held.push(grant),
                        Place::Waiting(ticket) => waiting.push((ticket, deadline.unwrap_or(u64::MAX))),
                        Place::Refused(_) => {}
                    }
                }
                Move::Release(at) => if at < held.len() {
                    tree.release(&mut held.remove(at), now);
                },
                Move::Settle(at, tokens, exact) => if let Some(grant) = held.get_mut(at) {
                    tree.settle(grant, tokens, exact, now);
                },
                Move::Cancel(at) => if let Some(&(ticket, _)) = waiting.get(at) {
                    if tree.cancel(ticket, now) {
                        waiting.retain(|(other, _)| *other != ticket);
                    }
                    prop_assert!(!tree.cancel(ticket, now));
                },
                Move::Resize(scope, concurrency) => {
                    let parent = KEYS[scope].contains('.').then_some("group");
                    let limits = ScopeLimits { concurrency, rates: &rates(), ..ScopeLimits::default() };
                    tree.define(KEYS[scope], parent, &limits, now).unwrap();
                }
                Move::Pass(time) => {
                    now += time;
                    tree.advance(now);
                }
            }
            let events = tree.take_events();
            for ticket in events.expired {
                let at = waiting.iter().position(|(other, _)| *other == ticket).unwrap();
                prop_assert!(waiting.remove(at).1 < now);
            }
            for (ticket, grant) in events.granted {
                let at = waiting.iter().position(|(other, _)| *other == ticket).unwrap();
                prop_assert!(waiting.remove(at).1 >= now);
                held.push(grant);
            }
            prop_assert_eq!(tree.queued(), waiting.len());
        }
        // Whoever holds something gives it back; then time alone must let everybody in, or past his deadline.
        for _ in 0..1_000 {
            for mut grant in held.drain(..) {
                tree.release(&mut grant, now);
            }
            if let Some(due) = tree.next_wakeup(now) {
                now = now.max(due);
                tree.advance(now);
            }
            let events = tree.take_events();
            held.extend(events.granted.into_iter().map(|(_, grant)| grant));
            if held.is_empty() && tree.queued() == 0 {
                break;
            }
        }
        prop_assert_eq!(tree.queued(), 0);
        for scope in tree.snapshot(now) {
            prop_assert_eq!((scope.in_flight, scope.waiting), (0, 0));
        }
    }
}
