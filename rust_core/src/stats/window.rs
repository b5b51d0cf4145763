//! Outcomes over a sliding window, in bounded memory.
//!
//! The window W is cut into K = 32 slots (fewer where W is below 32 ns), and K + 1 of them are counted: at any time every
//! outcome of the last W is counted, and none that is W + W/K old or older. The slots' edges are exact, not rounded.

use crate::units::Nanos;

const SLOTS: u64 = 32;

/// How many ended well, and how many badly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that ended well.
    pub successes: u64,
    /// Those that ended badly.
    pub failures: u64,
}

impl Tally {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u64 {
        self.successes.saturating_add(self.failures)
    }

    /// Whether at least this many in a hundred ended badly; not so where there are none.
    #[must_use]
    pub fn failed_at_least(self, percent: u64) -> bool {
        self.total() > 0 && hundredfold(self.failures) >= u128::from(percent) * u128::from(self.total())
    }

    /// Whether at least this many in a hundred ended well; so too where there are none.
    #[must_use]
    pub fn succeeded_at_least(self, percent: u64) -> bool {
        hundredfold(self.successes) >= u128::from(percent) * u128::from(self.total())
    }
}

fn hundredfold(count: u64) -> u128 {
    u128::from(count) * 100
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u64,
    tally: Tally,
}

/// A ring of slots. A clock that steps back is held at the newest slot.
#[derive(Clone, Debug)]
pub struct OutcomeWindow {
    length: Nanos,
    newest: u64,
    slots: Box<[Slot]>,
}

impl OutcomeWindow {
    /// An empty window of this length, at least 1 ns.
    #[must_use]
    pub fn new(length: Nanos) -> Self {
        let length = length.max(1);
        let slots = (0..=length.min(SLOTS)).map(|_| Slot::default()).collect();
        Self { length, newest: 0, slots }
    }

    /// Its length.
    #[must_use]
    pub fn length(&self) -> Nanos {
        self.length
    }

    /// Counts one outcome.
    pub fn record(&mut self, ok: bool, now: Nanos) {
        let number = self.number_at(now);
        self.newest = number;
        let place = number % self.ring();
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| self.slots.get_mut(place)) {
            if slot.number != number {
                *slot = Slot { number, tally: Tally::default() };
            }
            let count = if ok { &mut slot.tally.successes } else { &mut slot.tally.failures };
            *count = count.saturating_add(1);
        }
    }

    /// What the window holds at `now`.
    #[must_use]
    pub fn tally(&self, now: Nanos) -> Tally {
        let oldest = self.number_at(now).saturating_sub(self.ring() - 1);
        let held = self.slots.iter().filter(|slot| slot.number >= oldest);
        held.fold(Tally::default(), |sum, slot| Tally {
            successes: sum.successes.saturating_add(slot.tally.successes),
            failures: sum.failures.saturating_add(slot.tally.failures),
        })
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.slots.fill(Slot::default());
    }

    /// How many slots are counted.
    fn ring(&self) -> u64 {
        self.length.min(SLOTS) + 1
    }

    /// The slot of `now`, or the newest one if that is later.
    fn number_at(&self, now: Nanos) -> u64 {
        let number = u128::from(now) * u128::from(self.length.min(SLOTS)) / u128::from(self.length);
        u64::try_from(number).unwrap_or(u64::MAX).max(self.newest)
    }
}
