//! What an attempt holds: permits at every level, a breaker's leave, a place with the scheduler. Given back once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_core_pure::admission::{Grant, Verdict};
use rust_core_pure::breaker::{Outcome, Pass, State, Verdict as Leave};
use rust_core_pure::limiters::Cost;
use rust_core_pure::units::Nanos;
use rust_core_pure::wire::{Envelope, Usage};

use super::clock::Clock;
use super::plan::{Candidate, Lane};

/// What is handed to the host with an attempt.
#[derive(Debug)]
pub struct Held {
    /// The permits.
    pub grant: Grant,
    /// The breaker's leave, and the number that it bears.
    pub leave: Option<(Pass, u64)>,
}

/// An attempt under way. Dropped, it gives back what it holds and says nothing about its instance.
pub struct Taken {
    lane: Arc<Lane>,
    clock: Clock,
    pub(super) place: usize,
    pub(super) admitted: Nanos,
    held: Option<Held>,
}

impl Taken {
    /// Takes what the next candidate needs; `None` where it is not all there, and then nothing is taken but a turn.
    pub(super) fn next(lane: &Arc<Lane>, envelope: &Envelope, clock: Clock) -> Option<Self> {
        let now = clock.now();
        // Who is left alone, or only starts, is the host's to decide.
        if !lane.candidates.iter().all(|candidate| is_closed(candidate, now)) {
            return None;
        }
        let all = [true; 64];
        let eligible = all.get(..lane.candidates.len())?;
        let place = lock(&lane.scheduler).pick(eligible, now)?;
        let candidate = lane.candidates.get(place)?;
        let leave = match &candidate.breaker {
            None => None,
            Some((breaker, number)) => {
                let mut breaker = lock(breaker);
                match breaker.allow(now) {
                    Leave::Pass(pass) => Some((pass, *number)),
                    Leave::Probe(probe) => {
                        let _ = breaker.record(probe, Outcome::Nothing, now);
                        return None;
                    }
                    Leave::Open { .. } => return None,
                }
            }
        };
        let cost = Cost { requests: 1, tokens: reservation(candidate, envelope) };
        let mut verdict = None;
        lane.room.with(&mut |room| {
            verdict = room.leads_somewhere(candidate.path).then(|| room.try_acquire(candidate.path, cost, now));
        });
        let Some(Verdict::Granted(grant)) = verdict else {
            if let (Some((breaker, _)), Some((pass, _))) = (&candidate.breaker, leave) {
                let _ = lock(breaker).record(pass, Outcome::Nothing, now);
            }
            return None;
        };
        lock(&lane.scheduler).on_start(place, now);
        Some(Self { lane: Arc::clone(lane), clock, place, admitted: now, held: Some(Held { grant, leave }) })
    }

    pub(super) fn candidate(&self) -> Option<&Candidate> {
        self.lane.candidates.get(self.place)
    }

    /// Ends it well: its answer is whole, and its tokens are charged as the provider counted them.
    pub(super) fn delivered(&mut self, usage: Option<Usage>, now: Nanos) {
        self.end(Outcome::Success, usage, now);
    }

    /// Ends it without a word about its instance: nobody waits for it any more, and what it cost stays charged.
    pub(super) fn dropped(&mut self, usage: Option<Usage>, now: Nanos) {
        self.end(Outcome::Nothing, usage, now);
    }

    /// Gives what it holds away, its place with the scheduler included; once.
    pub fn hand_over(&mut self) -> Option<Held> {
        self.held.take()
    }

    fn end(&mut self, outcome: Outcome, usage: Option<Usage>, now: Nanos) {
        let Some(Held { mut grant, leave }) = self.held.take() else { return };
        if let Some(candidate) = self.candidate() {
            if let (Some((breaker, _)), Some((pass, _))) = (&candidate.breaker, leave) {
                // It was closed, and a success or nothing at all leaves it so.
                let _ = lock(breaker).record(pass, outcome, now);
            }
        }
        lock(&self.lane.scheduler).on_finish(self.place, now.saturating_sub(self.admitted), true, now);
        let used = usage.zip(self.candidate()).map(|(usage, candidate)| counted(candidate, usage));
        self.lane.room.with(&mut |room| {
            if let Some(tokens) = used {
                room.settle(&mut grant, tokens, outcome == Outcome::Success, now);
            }
            room.release(&mut grant, now);
        });
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Taken").field("lane", &self.lane).field("place", &self.place).finish_non_exhaustive()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let now = self.clock.now();
        self.dropped(None, now);
    }
}

fn reservation(candidate: &Candidate, envelope: &Envelope) -> u64 {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (text, images) = (count(envelope.text_bytes()), count(envelope.images()));
    lock(&candidate.estimator).reservation(text, images, envelope.max_tokens, candidate.most_tokens)
}

/// The tokens that its provider counts against its limits.
fn counted(candidate: &Candidate, usage: Usage) -> u64 {
    let all = usage.prompt.saturating_add(usage.completion);
    if candidate.counts_cached { all } else { all.saturating_sub(usage.cached) }
}

fn is_closed(candidate: &Candidate, now: Nanos) -> bool {
    candidate.breaker.as_ref().is_none_or(|(breaker, _)| lock(breaker).state(now) == State::Closed)
}

pub(super) fn lock<T: ?Sized>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
