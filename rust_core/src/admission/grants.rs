//! What has been granted and not yet released.

use crate::limiters::Cost;

/// The name of a grant. Copies name the same grant; it stays valid as a name after the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    controller: u64,
    slot: usize,
    id: u64,
}

impl Grant {
    /// Its number: 1 for the first of a controller, and never used twice.
    #[must_use]
    pub fn id(self) -> u64 {
        self.id
    }
}

/// One slot, used again and again so that a grant allocates nothing. `held` is 0 while it is free.
#[derive(Debug, Default)]
struct Slot {
    held: u64,
    refundable: bool,
    cost: Cost,
    scopes: Vec<usize>,
}

/// The table of grants.
#[derive(Debug)]
pub(super) struct Grants {
    controller: u64,
    last_id: u64,
    slots: Vec<Slot>,
    free: Vec<usize>,
}

impl Grants {
    pub(super) fn new(controller: u64) -> Self {
        Self { controller, last_id: 0, slots: Vec::new(), free: Vec::new() }
    }

    /// The number that the next grant will have.
    pub(super) fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    pub(super) fn begin(&mut self, route: &[usize], cost: Cost) -> Grant {
        self.last_id += 1;
        let free = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        if let Some(slot) = self.slots.get_mut(free) {
            slot.held = self.last_id;
            slot.refundable = true;
            slot.cost = cost;
            slot.scopes.clear();
            slot.scopes.extend_from_slice(route);
        }
        Grant { controller: self.controller, slot: free, id: self.last_id }
    }

    /// Ends a grant and tells the scopes it held; `None` if it is not held.
    pub(super) fn end(&mut self, grant: Grant) -> Option<&[usize]> {
        self.held(grant)?.held = 0;
        self.free.push(grant.slot);
        self.slots.get(grant.slot).map(|slot| slot.scopes.as_slice())
    }

    /// Tells what to refund and to which scopes, the first time; `None` after that, or if the grant is not held.
    pub(super) fn refund(&mut self, grant: Grant) -> Option<(&[usize], Cost)> {
        let slot = self.held(grant).filter(|slot| slot.refundable)?;
        slot.refundable = false;
        Some((&slot.scopes, slot.cost))
    }

    fn held(&mut self, grant: Grant) -> Option<&mut Slot> {
        let ours = grant.controller == self.controller;
        self.slots.get_mut(grant.slot).filter(|slot| ours && slot.held == grant.id)
    }
}
