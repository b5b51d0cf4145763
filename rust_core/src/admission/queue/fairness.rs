//! What each flow has had of a scope: start-time fair queueing (Goyal, Vin, Cheng, 1996).
//!
//! A flow's share is the virtual time up to which it has been served. The flow that lags most goes first; each service moves
//! it on by cost over weight. One that comes back after an absence starts at the scope's own virtual time, the start of the
//! latest service: nobody saves up while away.

use std::collections::HashMap;

use super::flows::{Flow, Flows};
use super::line::LineId;
use crate::admission::tree::Route;

/// Virtual time: cost over weight, in units of 2^-20.
pub(super) type Virtual = u128;

const UNIT_BITS: u32 = 20;

/// So few idle shares are not worth looking for.
const FEW: usize = 64;

/// How far a service moves a flow on.
pub(super) fn service(cost: u64, weight: u64) -> Virtual {
    (Virtual::from(cost) << UNIT_BITS) / Virtual::from(weight.max(1))
}

/// One flow's share of one scope.
#[derive(Debug, Default)]
pub(super) struct Share {
    pub(super) served: Virtual,
    pub(super) waiting: usize,
    /// Its lines, where this scope is the first of their routes.
    pub(super) lines: Vec<LineId>,
}

/// Who waits at a scope. It exists only while somebody does.
#[derive(Debug)]
pub(super) struct ScopeQueue {
    pub(super) waiting: usize,
    /// The routes through this scope on which somebody waits.
    pub(super) routes: Vec<Route>,
    classes: Vec<(i32, usize)>,
    now: Virtual,
    shares: HashMap<Flow, Share, foldhash::fast::RandomState>,
    /// With more shares than this, those that no longer count are looked for; doubling keeps the search cheap.
    sweep_above: usize,
}

impl Default for ScopeQueue {
    fn default() -> Self {
        Self {
            waiting: 0,
            routes: Vec::new(),
            classes: Vec::new(),
            now: 0,
            shares: HashMap::default(),
            sweep_above: FEW,
        }
    }
}

impl ScopeQueue {
    /// The most urgent class that waits here.
    pub(super) fn top(&self) -> i32 {
        self.classes.iter().map(|(class, _)| *class).min().unwrap_or_default()
    }

    pub(super) fn share(&self, flow: Flow) -> Option<&Share> {
        self.shares.get(&flow)
    }

    pub(super) fn share_mut(&mut self, flow: Flow) -> Option<&mut Share> {
        self.shares.get_mut(&flow)
    }

    pub(super) fn served(&self, flow: Flow) -> Virtual {
        self.shares.get(&flow).map_or(0, |share| share.served)
    }

    pub(super) fn join(&mut self, class: i32, flow: Flow, flows: &mut Flows) {
        self.waiting += 1;
        match self.classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count += 1,
            None => self.classes.push((class, 1)),
        }
        let now = self.now;
        let share = self.shares.entry(flow).or_insert_with(|| {
            flows.keep(flow);
            Share::default()
        });
        if share.waiting == 0 {
            share.served = share.served.max(now);
        }
        share.waiting += 1;
    }

    /// Somebody leaves, served or not.
    pub(super) fn leave(&mut self, class: i32, flow: Flow, flows: &mut Flows) {
        self.waiting -= 1;
        if let Some((_, count)) = self.classes.iter_mut().find(|(known, _)| *known == class) {
            *count -= 1;
        }
        self.classes.retain(|(_, count)| *count > 0);
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

    /// Notes a service that begins where the flow's share stands, and tells the share before and after it.
    pub(super) fn serve(&mut self, flow: Flow, service: Virtual) -> Option<(Virtual, Virtual)> {
        let share = self.shares.get_mut(&flow)?;
        let before = share.served;
        self.now = self.now.max(before);
        share.served = before.saturating_add(service);
        Some((before, share.served))
    }

    /// Corrects a share by the difference between a cost estimated and the real one.
    pub(super) fn correct(&mut self, flow: Flow, estimated: Virtual, actual: Virtual) -> Option<(Virtual, Virtual)> {
        let share = self.shares.get_mut(&flow)?;
        let before = share.served;
        share.served = before.saturating_add(actual).saturating_sub(estimated);
        Some((before, share.served))
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
        self.sweep_above = 2 * self.shares.len() + FEW;
    }
}
