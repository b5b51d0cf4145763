//! The places of a half-open breaker: so many probes, each leased for a time.

use crate::units::Nanos;

#[derive(Clone, Copy, Debug)]
struct Lease {
    number: u64,
    end: Nanos,
}

/// Who is out, and how many came back well.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    leases: Vec<Lease>,
    passed: u64,
    issued: u64,
}

impl Probes {
    /// Begins anew. Numbers go on, so that no old lease is taken for a new one.
    pub(super) fn clear(&mut self) {
        self.leases.clear();
        self.passed = 0;
    }

    /// Takes back the places of those that were lost.
    pub(super) fn take_back(&mut self, at: Nanos) {
        self.leases.retain(|lease| lease.end > at);
    }

    /// A place until `end`, if one of `places` is free; its number. The lost ones have been taken back.
    pub(super) fn lease(&mut self, places: u64, at: Nanos, end: Nanos) -> Option<u64> {
        let free = self.taken_at(at) < places;
        free.then(|| {
            self.issued = self.issued.saturating_add(1);
            self.leases.push(Lease { number: self.issued, end });
            self.issued
        })
    }

    /// Ends a lease; false if it had ended before.
    pub(super) fn end(&mut self, number: u64) -> bool {
        let place = self.leases.iter().position(|lease| lease.number == number);
        place.map(|place| self.leases.swap_remove(place)).is_some()
    }

    /// One that came back well keeps its place: no more are let through than it takes to decide.
    pub(super) fn pass(&mut self) {
        self.passed = self.passed.saturating_add(1);
    }

    /// How many came back well.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// How many are out.
    pub(super) fn out_at(&self, at: Nanos) -> u64 {
        u64::try_from(self.leases.iter().filter(|lease| lease.end > at).count()).unwrap_or(u64::MAX)
    }

    /// When a place comes free if nobody comes back: now, or when as many leases have ended as there are too many.
    pub(super) fn free_from(&self, places: u64, at: Nanos) -> Nanos {
        let Some(too_many) = self.taken_at(at).checked_sub(places) else { return at };
        let mut ends: Vec<Nanos> = self.leases.iter().map(|lease| lease.end).filter(|end| *end > at).collect();
        ends.sort_unstable();
        usize::try_from(too_many).ok().and_then(|last| ends.get(last).copied()).unwrap_or(at)
    }

    /// Places taken at `at`.
    fn taken_at(&self, at: Nanos) -> u64 {
        self.passed.saturating_add(self.out_at(at))
    }
}
