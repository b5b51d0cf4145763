//! What has been granted.

use super::queue::Service;
use super::tree::Route;
use crate::limiters::Cost;
use crate::units::Nanos;

/// Leave to go through every scope of a route. It knows what it took and whether that has been given back, so the
/// controller keeps no list of grants; it cannot be copied, so nothing is given back twice.
///
/// Dropping it gives nothing back: only its holder knows whether the call has really ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Grant {
    pub(super) controller: u64,
    pub(super) id: u64,
    pub(super) route: Route,
    pub(super) cost: Cost,
    /// When it was charged.
    pub(super) charged_at: Nanos,
    /// What it was counted as, if others waited.
    pub(super) service: Service,
    /// Its permits are out.
    pub(super) held: bool,
    /// Its charges have been neither settled nor refunded.
    pub(super) open: bool,
}

impl Grant {
    /// Its number: 1 for the first of a controller, and never used twice.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The number of the controller that gave it, unique in a process.
    #[must_use]
    pub fn controller(&self) -> u64 {
        self.controller
    }

    /// Whether its permits are still out.
    #[must_use]
    pub fn held(&self) -> bool {
        self.held
    }
}
