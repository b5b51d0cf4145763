//! Who is first at one scope, and what each flow has had of it.
//!
//! A flow's share is the virtual time up to which it has been served; each service moves it on by cost over weight, and
//! the flow that lags most goes first (start-time fair queueing: Goyal, Vin, Cheng, 1996). The scope's own virtual time is
//! what a fluid server would have given everybody who contends for it: each service moves it on by cost over the weights of
//! all of these (Demers, Keshav, Shenker, 1989). A flow that comes, or comes back, starts there. One that could have been
//! served here but was held up elsewhere falls behind it by no more than the largest service: nobody saves up while away.

use std::collections::{BTreeSet, HashMap};

use super::flows::{Flow, Flows};
use super::{Rank, Turn};
use crate::admission::Ticket;
use crate::units::Nanos;

/// Virtual time: cost over weight, in units of 2^-20. It begins anew when nobody waits, and stops at its end, after 2^44.
pub(super) type Virtual = u64;

const UNIT_BITS: u32 = 20;

/// So few idle shares are not worth looking for.
const FEW: usize = 64;

/// How far a service moves on what has this weight.
fn service(cost: u64, weight: u128) -> Virtual {
    Virtual::try_from((u128::from(cost) << UNIT_BITS) / weight.max(1)).unwrap_or(Virtual::MAX)
}

/// One flow's share of one scope.
#[derive(Debug, Default)]
struct Share {
    served: Virtual,
    waiting: u32,
    /// Held at 32 bits, for there may be very many shares.
    weight: u32,
    /// Who of it is held up here, the first of them last. Only he stands in the order: their share moves them all alike.
    filed: Vec<Turn>,
}

impl Share {
    /// What it counts for among those that contend.
    fn contending(&self) -> u128 {
        if self.filed.is_empty() { 0 } else { self.weight.into() }
    }

    fn rank(&self) -> Option<Rank> {
        self.filed.last().map(|turn| turn.at(self.served))
    }
}

/// Who waits for a scope. It exists only while somebody does.
#[derive(Debug)]
pub(super) struct ScopeQueue {
    pub(super) waiting: usize,
    /// The first of each flow that this scope holds up.
    pub(super) order: BTreeSet<Rank>,
    /// When time alone makes room for the first of them.
    pub(super) due: Option<Nanos>,
    /// Nobody who waits has an earlier ticket than this.
    born: Ticket,
    now: Virtual,
    largest: Virtual,
    /// The weights of the flows that have somebody in the order.
    contending: u128,
    shares: HashMap<Flow, Share, foldhash::fast::RandomState>,
    /// With more shares than this, those that no longer count are looked for; doubling keeps the search cheap.
    sweep_above: usize,
}

impl ScopeQueue {
    pub(super) fn new(born: Ticket) -> Self {
        Self {
            waiting: 0,
            order: BTreeSet::new(),
            due: None,
            born,
            now: 0,
            largest: 0,
            contending: 0,
            shares: HashMap::default(),
            sweep_above: FEW,
        }
    }

    /// What a flow has had, or starts with.
    pub(super) fn served(&self, flow: Flow) -> Virtual {
        match self.shares.get(&flow) {
            Some(share) if share.waiting > 0 => share.served,
            Some(share) => share.served.max(self.now),
            None => self.now,
        }
    }

    pub(super) fn join(&mut self, flow: Flow, flows: &mut Flows) {
        self.waiting += 1;
        let served = self.served(flow);
        let share = self.shares.entry(flow).or_insert_with(|| {
            flows.keep(flow);
            Share::default()
        });
        share.served = served;
        share.waiting += 1;
    }

    /// Somebody leaves, served or not. His line is not filed here any more.
    pub(super) fn leave(&mut self, flow: Flow, flows: &mut Flows) {
        self.waiting -= 1;
        let Some(share) = self.shares.get_mut(&flow) else { return };
        share.waiting -= 1;
        // What a flow has had in advance counts when it comes back, until the others have had as much.
        if share.waiting == 0 && share.served <= self.now {
            self.shares.remove(&flow);
            flows.drop_share(flow);
        } else if self.shares.len() > self.sweep_above {
            self.sweep(flows);
        }
    }

    /// Has the first of a line of the flow be held up here.
    pub(super) fn file(&mut self, flow: Flow, weight: u64, turn: Turn) {
        self.change(flow, |share| {
            if share.filed.is_empty() {
                share.weight = u32::try_from(weight).unwrap_or(u32::MAX);
                share.filed.reserve_exact(1); // mostly it is the only one
            }
            let place = share.filed.partition_point(|other| *other > turn);
            share.filed.insert(place, turn);
        });
    }

    /// Has him be held up here no longer.
    pub(super) fn unfile(&mut self, flow: Flow, turn: Turn) {
        self.change(flow, |share| {
            let place = share.filed.partition_point(|other| *other > turn);
            if share.filed.get(place) == Some(&turn) {
                share.filed.remove(place);
            }
        });
    }

    /// Changes a share, and moves its flow in the order.
    fn change(&mut self, flow: Flow, change: impl FnOnce(&mut Share)) {
        let Some(share) = self.shares.get_mut(&flow) else { return };
        let (rank, weight) = (share.rank(), share.contending());
        change(share);
        self.contending = self.contending + share.contending() - weight;
        let moved = share.rank();
        if rank != moved {
            if let Some(rank) = rank {
                self.order.remove(&rank);
            }
            self.order.extend(moved);
        }
    }

    /// Notes a service.
    pub(super) fn serve(&mut self, flow: Flow, cost: u64, weight: u64) {
        let own = service(cost, weight.into());
        let counted = self.shares.get(&flow).map_or(0, Share::contending);
        let all = self.contending - counted + u128::from(weight);
        let floor = self.now.saturating_sub(self.largest);
        self.largest = self.largest.max(own);
        self.now = self.now.saturating_add(service(cost, all));
        self.change(flow, |share| share.served = share.served.max(floor).saturating_add(own));
    }

    /// Corrects what one who joined with this ticket was counted. It puts no flow further behind than one may fall.
    pub(super) fn correct(&mut self, flow: Flow, ticket: Ticket, estimated: u64, actual: u64, weight: u64) {
        if ticket < self.born {
            return;
        }
        let all = self.contending.max(u128::from(weight));
        self.now = self.now.saturating_sub(service(estimated, all)).saturating_add(service(actual, all));
        let (estimated, actual) = (service(estimated, weight.into()), service(actual, weight.into()));
        self.largest = self.largest.max(actual);
        let floor = self.now.saturating_sub(self.largest);
        self.change(flow, |share| {
            let corrected = share.served.saturating_add(actual).saturating_sub(estimated);
            share.served = corrected.max(share.served.min(floor));
        });
    }

    /// Forgets everybody's share, when nobody waits any more.
    pub(super) fn close(self, flows: &mut Flows) {
        for flow in self.shares.into_keys() {
            flows.drop_share(flow);
        }
    }

    fn sweep(&mut self, flows: &mut Flows) {
        let now = self.now;
        self.shares.retain(|flow, share| {
            let keep = share.waiting > 0 || share.served > now;
            if !keep {
                flows.drop_share(*flow);
            }
            keep
        });
        self.shares.shrink_to(2 * self.shares.len());
        self.sweep_above = 2 * self.shares.len() + FEW;
    }
}
