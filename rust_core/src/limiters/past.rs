//! What a token bucket remembers, so that a charge can be put right later as if it had been right from the start.
//!
//! Giving a surplus back at once may give too much: had less been taken then, the bucket would have been full since, and
//! some refill would have been lost. So each charge leaves a mark, how much was missing from a full bucket just before it;
//! what is given back of an earlier charge is at most the least that has been missing since. An overrun is the other way
//! round: refill that a full bucket could not hold since would have paid for it. Refill that was lost is remembered too.
//!
//! Whatever is forgotten, or was itself put right meanwhile, is so remembered that less is given back or more is charged
//! than would be exact, never the reverse. All amounts are in token·nanoseconds.

use std::collections::VecDeque;

use crate::units::Nanos;

/// Of more marks or losses some are merged.
const MOST: usize = 256;

/// So much was missing or lost at that time.
#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Nanos,
    amount: u128,
}

/// The marks and the losses of one bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// What was missing just before a charge. Times and amounts rise strictly: a mark that a later one undercuts says
    /// nothing that this does not say of more.
    missing: Vec<Entry>,
    /// Refill that found no room, up to that time. Times rise strictly.
    lost: VecDeque<Entry>,
}

impl Past {
    /// Notes that so much was missing as something was charged.
    pub(super) fn note_charge(&mut self, at: Nanos, missing: u128) {
        while let Some(newest) = self.missing.last() {
            if newest.amount < missing {
                if newest.at >= at {
                    return;
                }
                break;
            }
            self.missing.pop();
        }
        if self.missing.len() >= MOST {
            thin_out(&mut self.missing);
        }
        self.missing.push(Entry { at, amount: missing });
    }

    /// Notes that so much refill found no room.
    pub(super) fn note_loss(&mut self, at: Nanos, amount: u128) {
        if self.lost.len() >= MOST
            && let Some(oldest) = self.lost.pop_front()
            && let Some(next) = self.lost.front_mut()
        {
            // The earlier time, so that it counts for less.
            *next = Entry { at: oldest.at, amount: oldest.amount.saturating_add(next.amount) };
        }
        if self.lost.back().is_none_or(|newest| newest.at < at) {
            self.lost.push_back(Entry { at, amount });
            return;
        }
        let place = self.lost.partition_point(|entry| entry.at < at);
        match self.lost.get_mut(place) {
            Some(entry) if entry.at == at => entry.amount = entry.amount.saturating_add(amount),
            _ => self.lost.insert(place, Entry { at, amount }),
        }
    }

    /// How much of a surplus is to be given back, of what was taken at `charged_at`, if so much is missing now.
    pub(super) fn refund(&mut self, surplus: u128, charged_at: Nanos, missing: u128) -> u128 {
        let later = self.missing.partition_point(|mark| mark.at <= charged_at);
        let least = self.missing.get(later).map_or(missing, |mark| mark.amount.min(missing));
        let given = surplus.min(least);
        if given > 0 {
            for mark in self.missing.iter_mut().skip(later) {
                mark.amount -= given;
            }
            // What was missing before the charge may now be more than after it.
            if let Some(least) = self.missing.get(later).map(|mark| mark.amount) {
                let undercut = self.missing.partition_point(|mark| mark.at <= charged_at && mark.amount < least);
                self.missing.drain(undercut..later);
            }
        }
        if given < surplus {
            self.note_loss(charged_at, surplus - given);
        }
        given
    }

    /// How much of an overrun is to be charged, over what was taken at `charged_at`.
    pub(super) fn charge(&mut self, overrun: u128, charged_at: Nanos) -> u128 {
        let mut left = overrun;
        for entry in self.lost.iter_mut().skip_while(|entry| entry.at <= charged_at) {
            let paid = left.min(entry.amount);
            entry.amount -= paid;
            left -= paid;
        }
        self.lost.retain(|entry| entry.amount > 0);
        let later = self.missing.partition_point(|mark| mark.at <= charged_at);
        if let Some(least) = self.missing.get(later).map(|mark| mark.amount).filter(|_| left > 0) {
            for mark in self.missing.iter_mut().skip(later) {
                mark.amount = mark.amount.saturating_add(left);
            }
            // Marks up to the charge that the later ones undercut may count again: none of them was below `least`.
            match later.checked_sub(1).and_then(|before| self.missing.get(before)) {
                Some(before) if before.at >= charged_at || before.amount >= least => {}
                _ => self.missing.insert(later, Entry { at: charged_at, amount: least }),
            }
        }
        left
    }

    /// Turns every amount into that of another window, rounded down.
    pub(super) fn rescale(&mut self, old: Nanos, new: Nanos) {
        let (old, new) = (u128::from(old), u128::from(new));
        for entry in self.missing.iter_mut().chain(&mut self.lost) {
            // Whole tokens and the rest apart, for their product with the window may need 192 bits.
            let rest = entry.amount % old * new / old;
            entry.amount = (entry.amount / old).saturating_mul(new).saturating_add(rest);
        }
        self.missing.dedup_by(|later, earlier| {
            let same = later.amount <= earlier.amount;
            if same {
                earlier.at = later.at;
            }
            same
        });
        self.lost.retain(|entry| entry.amount > 0);
    }
}

/// Merges marks whose amounts lie close together: the later time, so that it counts for more, with the least amount.
fn thin_out(marks: &mut Vec<Entry>) {
    let range = marks.last().map_or(0, |mark| mark.amount);
    let gap = range / (MOST as u128 / 4);
    marks.dedup_by(|later, earlier| {
        let close = later.amount - earlier.amount <= gap;
        if close {
            earlier.at = later.at;
        }
        close
    });
}
