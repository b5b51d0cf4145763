//! The books: what requests came to, counted together, until the host comes for it.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use rust_core_pure::stats::Attempt;
use rust_core_pure::traffic::{AccessLine, Flow, Request};
use rust_core_pure::units::Nanos;

use super::plan::{Candidate, Lane};
use super::taken::lock;
use super::told::{Ended, Served};

/// Who keeps the books is not to fall behind by more than this: what they hold is memory, and what they tell is late.
const MOST_UNTOLD: usize = 65_536;
const MOST_UNWRITTEN: usize = 16 * 1024 * 1024;

/// Requests of one lane that went alike: answered whole, by the same candidate and with the same status.
#[derive(Debug)]
pub struct Tally {
    /// The lane that they were taken on.
    pub lane: Arc<Lane>,
    /// Which of its candidates was asked.
    pub place: usize,
    /// The status that was sent.
    pub status: u16,
    /// How long their calls took until their answers were committed, all together.
    pub called: Nanos,
    /// What they came to.
    pub flow: Flow,
}

/// What is told of requests.
#[derive(Debug, Default)]
pub struct Told {
    /// Those that were answered whole, together.
    pub tallies: Vec<Tally>,
    /// Their lines, each with its end, if anybody writes them.
    pub lines: String,
    /// Each of those that were not, and of those that were if anybody wants to know of each.
    pub served: Vec<Served>,
}

/// What else than to count is done with what is told.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Somebody writes lines.
    pub lines: bool,
    /// Somebody wants to know of each request.
    pub each: bool,
}

/// What requests came to since the host came last.
#[derive(Debug, Default)]
pub(super) struct Books {
    kept: Mutex<Kept>,
    is_behind: AtomicBool,
    lines: AtomicBool,
    each: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    tallies: HashMap<(u64, usize, u16), Tally>,
    lines: String,
    served: Vec<Served>,
    /// The host knows that there is something.
    is_told: bool,
}

impl Books {
    pub(super) fn want(&self, wanted: Wanted) {
        self.lines.store(wanted.lines, Ordering::Release);
        self.each.store(wanted.each, Ordering::Release);
    }

    /// Takes a request in; whether the host is to be told that there is something now.
    pub(super) fn note(&self, served: Served) -> bool {
        let Some(candidate) = served.lane.candidates.get(served.place) else { return false };
        learn(candidate, &served);
        let mut kept = lock(&self.kept);
        match served.status {
            Some(status) if served.how == Ended::Delivered => {
                if self.lines.load(Ordering::Acquire) {
                    write(&mut kept.lines, candidate, status, &served);
                }
                count(&mut kept.tallies, status, &served);
                if self.each.load(Ordering::Acquire) {
                    kept.served.push(served);
                }
            }
            _ => kept.served.push(served),
        }
        if kept.served.len() > MOST_UNTOLD || kept.lines.len() > MOST_UNWRITTEN {
            self.is_behind.store(true, Ordering::Release);
        }
        !mem::replace(&mut kept.is_told, true)
    }

    /// Takes out what there is, and so many requests at most that are told one by one, those that ended first; whether that was all.
    pub(super) fn take(&self, most: usize) -> (Told, bool) {
        let mut kept = lock(&self.kept);
        let rest = if kept.served.len() > most { kept.served.split_off(most) } else { Vec::new() };
        kept.is_told = !rest.is_empty();
        let is_all = rest.is_empty();
        let (tallies, lines) = (mem::take(&mut kept.tallies), mem::take(&mut kept.lines));
        let served = mem::replace(&mut kept.served, rest);
        self.is_behind.store(kept.served.len() > MOST_UNTOLD, Ordering::Release);
        drop(kept);
        (Told { tallies: tallies.into_values().collect(), lines, served }, is_all)
    }

    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Acquire)
    }
}

/// What is learned of an instance and its model from how an attempt ended.
fn learn(candidate: &Candidate, served: &Served) {
    let took = served.ended.saturating_sub(served.admitted);
    let is_delivered = served.how == Ended::Delivered;
    let (tokens_in, tokens_out) = served.usage.map_or((0, 0), |usage| (usage.prompt, usage.completion));
    lock(&candidate.statistics).record(&Attempt {
        failure: if is_delivered { None } else { Some("dropped") },
        latency: Some(took),
        time_to_first_token: served.committed.map(|committed| committed.saturating_sub(served.admitted)),
        tokens_in,
        tokens_out,
    });
    if !is_delivered {
        return; // which says nothing about the instance
    }
    lock(&candidate.health).record(true, Some(took), None, served.ended);
    if let Some(usage) = served.usage {
        let (text, images) = served.size;
        lock(&candidate.estimator).record(text as u64, images as u64, usage.prompt, usage.completion);
    }
}

fn count(tallies: &mut HashMap<(u64, usize, u16), Tally>, status: u16, served: &Served) {
    let tally = tallies.entry((served.lane.number, served.place, status)).or_insert_with(|| Tally {
        lane: Arc::clone(&served.lane),
        place: served.place,
        status,
        called: 0,
        flow: Flow::default(),
    });
    let answered = served.committed.unwrap_or(served.ended);
    tally.called = tally.called.saturating_add(answered.saturating_sub(served.admitted));
    tally.flow.add(&Request {
        duration: served.ended.saturating_sub(served.arrived),
        queue: 0,
        first_token: served.stream.then(|| answered.saturating_sub(served.arrived)),
        usage: served.usage,
    });
}

fn write(lines: &mut String, candidate: &Candidate, status: u16, served: &Served) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let line = AccessLine {
        at: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        id: &served.request_id,
        route: &served.lane.route,
        status: Some(status),
        flag: "-",
        target: &served.lane.target,
        attempts: &format!("{}:{status}", candidate.label),
        provider: &candidate.provider,
        model: &candidate.name,
        stream: served.stream,
        queue: 0,
        first_byte: served.committed.map(|committed| committed.saturating_sub(served.arrived)),
        total: served.ended.saturating_sub(served.arrived),
        sent: served.sent,
        tokens: served.usage.map(|usage| (usage.prompt, usage.completion)),
        revision: &served.lane.revision,
    };
    line.write_to(lines);
    lines.push('\n');
}
