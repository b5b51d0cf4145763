//! Admitting, refusing and queueing, beside what a Rust program would use instead.
#![allow(missing_docs, clippy::unwrap_used)] // macros of criterion write undocumented items; a broken benchmark may stop
#![allow(clippy::semicolon_if_nothing_returned)] // what a closure returns is what is measured

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use core_benches::{admit_and_release, cost, crowd, join, tree};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use governor::{Quota, RateLimiter};
use rust_core::limiters::{Algorithm, Limiter, Options, Quota as OurQuota};
use tokio::sync::Semaphore;

const WINDOW: u64 = 60_000_000_000;
/// Ten thousand tokens a nanosecond and more in store than a run can take.
const RATE: u64 = 10_000 * WINDOW;

fn bucket(capacity: u64, limit: u64) -> Limiter {
    let options = Options {
        capacity: Some(capacity),
        ..Options::default()
    };
    Limiter::of(
        OurQuota::new(Algorithm::TokenBucket, limit, WINDOW, options).unwrap(),
        0,
    )
}

/// A window that never fills.
fn window() -> Limiter {
    Limiter::of(
        OurQuota::new(
            Algorithm::SlidingWindow,
            u64::MAX,
            WINDOW,
            Options::default(),
        )
        .unwrap(),
        0,
    )
}

fn limiter(c: &mut Criterion) {
    let started = Instant::now();
    let clock = || u64::try_from(started.elapsed().as_nanos()).unwrap();
    for tokens in [1u64, 10_000] {
        let mut group = c.benchmark_group(format!("one limit, admit, cost {tokens}"));
        let mut ours = bucket(1 << 60, RATE);
        group.bench_function("TokenBucket, time given", |b| {
            let mut now = 0;
            b.iter(|| {
                now += 10;
                black_box(ours.try_acquire(tokens, now))
            });
        });
        let mut ours = bucket(1 << 60, RATE);
        group.bench_function("TokenBucket, time read", |b| {
            b.iter(|| black_box(ours.try_acquire(tokens, clock())))
        });
        let mut ours = window();
        group.bench_function("SlidingWindow, time given", |b| {
            let mut now = 0;
            b.iter(|| {
                now += 10;
                black_box(ours.try_acquire(tokens, now))
            });
        });
        let quota = Quota::per_second(NonZeroU32::MAX).allow_burst(NonZeroU32::MAX);
        let theirs = RateLimiter::direct(quota);
        let count = NonZeroU32::new(u32::try_from(tokens).unwrap()).unwrap();
        group.bench_function("governor", |b| {
            b.iter(|| black_box(theirs.check_n(count)).is_ok())
        });
        let theirs = leaky_bucket::RateLimiter::builder()
            .initial(usize::MAX >> 2)
            .max(usize::MAX >> 2)
            .refill(10_000_000)
            .interval(Duration::from_millis(1))
            .build();
        let count = usize::try_from(tokens).unwrap();
        group.bench_function("leaky-bucket", |b| {
            b.iter(|| black_box(theirs.try_acquire(count)))
        });
        group.finish();
    }
    let mut group = c.benchmark_group("one limit, refuse");
    let mut ours = bucket(1, 1);
    ours.try_acquire(1, 0);
    group.bench_function("TokenBucket, time given", |b| {
        b.iter(|| black_box(ours.try_acquire(1, black_box(5))))
    });
    let theirs = RateLimiter::direct(Quota::per_hour(NonZeroU32::MIN));
    theirs.check().unwrap();
    group.bench_function("governor", |b| {
        b.iter(|| black_box(theirs.check()).is_err())
    });
    group.finish();
}

fn levels(c: &mut Criterion) {
    let mut group = c.benchmark_group("admit and release");
    for levels in 1..=4 {
        let (mut tree, path) = tree(levels, 100).unwrap();
        group.bench_function(
            BenchmarkId::new("Admission", format!("{levels} levels")),
            |b| {
                let mut now = 0;
                b.iter(|| {
                    now += 100;
                    admit_and_release(&mut tree, path, cost(1), now);
                });
            },
        );
    }
    let semaphore = Semaphore::new(100);
    group.bench_function("tokio Semaphore, 1 level without a rate", |b| {
        b.iter(|| drop(semaphore.try_acquire()))
    });
    group.finish();
    let mut group = c.benchmark_group("refuse");
    let (mut tree, path, _grant) = crowd(0).unwrap();
    group.bench_function("Admission, 4 levels", |b| {
        b.iter(|| black_box(tree.try_acquire(path, cost(1), 1)))
    });
    let semaphore = Semaphore::new(0);
    group.bench_function("tokio Semaphore", |b| {
        b.iter(|| black_box(semaphore.try_acquire()).is_err())
    });
    group.finish();
}

/// `threads` threads share one thing, each does its part of the work.
fn shared<T: Send + Sync + 'static>(
    threads: u64,
    rounds: u64,
    thing: &Arc<T>,
    work: impl Fn(&T, u64) + Copy + Send + 'static,
) -> Duration {
    let barrier = Arc::new(Barrier::new(usize::try_from(threads).unwrap() + 1));
    let workers = (0..threads).map(|_| {
        let (thing, barrier) = (Arc::clone(thing), Arc::clone(&barrier));
        thread::spawn(move || {
            barrier.wait();
            for round in 0..rounds / threads {
                work(&thing, round);
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    barrier.wait();
    let started = Instant::now();
    for worker in workers {
        worker.join().unwrap();
    }
    started.elapsed()
}

fn threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("admit and release, shared by threads");
    for count in [1, 2, 4] {
        let (tree, path) = tree(4, 100).unwrap();
        let ours = Arc::new(Mutex::new(tree));
        group.bench_function(BenchmarkId::new("Admission, 4 levels", count), |b| {
            b.iter_custom(|rounds| {
                shared(count, rounds, &ours, move |tree, round| {
                    admit_and_release(&mut tree.lock().unwrap(), path, cost(1), round * 100);
                })
            });
        });
        let theirs = Arc::new(Semaphore::new(100));
        group.bench_function(
            BenchmarkId::new("tokio Semaphore, 1 level without a rate", count),
            |b| {
                b.iter_custom(|rounds| {
                    shared(count, rounds, &theirs, |semaphore, _| {
                        drop(semaphore.try_acquire())
                    })
                });
            },
        );
    }
    group.finish();
}

fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("release, let the next one in, and one more joins");
    for waiting in [1u64, 1_000, 100_000] {
        let (mut tree, path, grant) = crowd(waiting).unwrap();
        let mut grant = grant.unwrap();
        let mut number = waiting;
        group.bench_function(BenchmarkId::new("Admission, waiting", waiting), |b| {
            b.iter(|| {
                tree.release(&mut grant, 0);
                grant = tree.take_events().granted.pop().unwrap().1;
                number += 1;
                join(&mut tree, path, number)
            });
        });
    }
    group.finish();
    let mut group = c.benchmark_group("join and cancel");
    for waiting in [0u64, 1_000, 100_000] {
        let (mut tree, path, _grant) = crowd(waiting).unwrap();
        group.bench_function(BenchmarkId::new("Admission, waiting", waiting), |b| {
            b.iter(|| join(&mut tree, path, 7).map(|ticket| tree.cancel(ticket, 0)));
        });
    }
    group.finish();
}

criterion_group!(benches, limiter, levels, threads, queue);
criterion_main!(benches);
