//! What a provider has told of its own limit: leave me alone until then, or so much is left until then.
//!
//! It is laid over a limiter and only ever holds back: neither lets anything pass that the limiter itself would refuse, and
//! once its time is over the limiter stands as if nothing had been told.

use crate::units::Nanos;

/// At most so much more until then.
#[derive(Clone, Copy, Debug)]
struct Remaining {
    told: u64,
    /// What has been taken since it was told.
    taken: u128,
    since: Nanos,
    until: Nanos,
}

impl Remaining {
    fn left(&self) -> u128 {
        u128::from(self.told).saturating_sub(self.taken)
    }
}

/// A provider's block and what it said remains.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    blocked_until: Nanos,
    /// By their ends. None that a later one holds back as much as for as long: one that was told since can only have less
    /// given back to it.
    remaining: Vec<Remaining>,
    /// When the newest was observed.
    observed_at: Option<Nanos>,
}

impl Told {
    /// Of more, the last two become one that holds back as much as either.
    const MOST: usize = 4;

    /// Lets nothing pass before `until`. Only ever extends.
    pub(super) fn block_until(&mut self, until: Nanos) {
        self.blocked_until = self.blocked_until.max(until);
    }

    /// Lets at most `remaining` pass before `until`, and never more than it would have without. Ignored where something
    /// observed later has been told already.
    pub(super) fn tighten(&mut self, remaining: u64, until: Nanos, observed_at: Nanos, now: Nanos) {
        if self.observed_at.is_some_and(|newest| observed_at < newest) {
            return;
        }
        self.observed_at = Some(observed_at);
        // One that has less left only for what was taken meanwhile is not enough: that may be given back.
        if until <= now || self.remaining.iter().any(|known| known.told <= remaining && known.until >= until) {
            return;
        }
        let left = u128::from(remaining);
        self.remaining.retain(|known| known.until > now && !(known.left() >= left && known.until <= until));
        let place = self.remaining.partition_point(|known| known.until < until);
        self.remaining.insert(place, Remaining { told: remaining, taken: 0, since: now, until });
        if self.remaining.len() > Self::MOST {
            if let (Some(last), Some(before)) = (self.remaining.pop(), self.remaining.last_mut()) {
                // As if it were told now, so that nothing taken before is given back to it.
                let told = u64::try_from(before.left().min(last.left())).unwrap_or(u64::MAX);
                *before = Remaining { told, taken: 0, since: now, until: last.until };
            }
        }
    }

    /// Whether it lets `cost` pass.
    pub(super) fn allows(&self, cost: u64, at: Nanos) -> bool {
        self.blocked_until <= at && (self.remaining.is_empty() || self.holding(u128::from(cost), at).next().is_none())
    }

    /// Every instant before which no more than a part of `amount` passes, with what is left of it then.
    pub(super) fn holding(&self, amount: u128, at: Nanos) -> impl Iterator<Item = (Nanos, u128)> {
        let remaining = self.remaining.iter().map(|known| (known.until, known.left()));
        let all = std::iter::once((self.blocked_until, 0)).chain(remaining);
        all.filter(move |(until, left)| *until > at && *left < amount).map(move |(until, left)| (until, amount - left))
    }

    /// Counts what has been taken, and forgets what is over.
    pub(super) fn charge(&mut self, amount: u64, at: Nanos) {
        if self.remaining.is_empty() {
            return;
        }
        self.remaining.retain(|known| known.until > at);
        for known in &mut self.remaining {
            known.taken = known.taken.saturating_add(u128::from(amount));
        }
    }

    /// Gives back what was taken at `charged_at`, to those told since, up to what each was told.
    pub(super) fn refund(&mut self, amount: u64, charged_at: Nanos) {
        for known in self.remaining.iter_mut().filter(|known| known.since <= charged_at) {
            known.taken = known.taken.saturating_sub(u128::from(amount));
        }
    }
}
