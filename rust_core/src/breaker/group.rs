//! Panic: how many of a group are kept out at most.
//!
//! When most of a group seems broken, the fault is more often in what its members share, or in what judges them. So no more
//! than a share of a group is ever kept out: of those beyond it, the ones that would be let in soonest are used whatever
//! their breakers say. Trying somebody is preferred over refusing everybody.

use super::settings::{OutOfRange, within};
use crate::units::Nanos;

/// What the breaker of one member says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// It lets one through now.
    Available,
    /// It is closed and ramps, and lets none through for so long. That is no failure, and never a reason to panic.
    HeldBack(Nanos),
    /// It keeps all out for so long.
    Ejected(Nanos),
}

/// The share of a group that is kept out at most, rounded down to whole members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxEjected {
    percent: u64,
}

impl MaxEjected {
    /// With 0 nobody is ever kept out; with 100 everybody may be.
    ///
    /// # Errors
    /// Where it is more than 100.
    pub fn new(percent: u64) -> Result<Self, OutOfRange> {
        within("max_ejected_percent", percent, 0, 100)?;
        Ok(Self { percent })
    }

    /// In hundredths.
    #[must_use]
    pub fn percent(self) -> u64 {
        self.percent
    }

    /// How many of the ejected are used nevertheless.
    #[must_use]
    pub fn beyond(self, ejected: usize, total: usize) -> usize {
        let bound = u128::from(self.percent) * total as u128 / 100;
        ejected.saturating_sub(usize::try_from(bound).unwrap_or(usize::MAX))
    }

    /// Whether any of the ejected are used nevertheless.
    #[must_use]
    pub fn panics(self, members: &[Member]) -> bool {
        self.beyond(ejected(members).count(), members.len()) > 0
    }

    /// Which members may be used: those available, and the ejected beyond the share, those with the shortest wait first, of
    /// equal ones the first.
    #[must_use]
    pub fn usable(self, members: &[Member]) -> Vec<bool> {
        let mut usable: Vec<bool> = members.iter().map(|member| *member == Member::Available).collect();
        let mut soonest: Vec<(Nanos, usize)> = ejected(members).collect();
        soonest.sort_unstable();
        for (_, index) in soonest.iter().take(self.beyond(soonest.len(), members.len())) {
            if let Some(member) = usable.get_mut(*index) {
                *member = true;
            }
        }
        usable
    }

    /// How long until one of them may be used, 0 if one may now; `None` without members.
    #[must_use]
    pub fn retry_after(self, members: &[Member]) -> Option<Nanos> {
        let soonest = members.iter().map(|member| match member {
            Member::Available => 0,
            Member::HeldBack(wait) | Member::Ejected(wait) => *wait,
        });
        soonest.min().map(|wait| if self.panics(members) { 0 } else { wait })
    }
}

/// The waits of the ejected, and who they are.
fn ejected(members: &[Member]) -> impl Iterator<Item = (Nanos, usize)> {
    members.iter().enumerate().filter_map(|(index, member)| match member {
        Member::Ejected(wait) => Some((*wait, index)),
        Member::Available | Member::HeldBack(_) => None,
    })
}
