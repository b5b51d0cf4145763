//! The names of flows that wait, or whose last service still counts.

use std::collections::HashMap;
use std::sync::Arc;

/// A flow's number, never used twice; 0 is nobody's.
pub(in crate::admission) type Flow = u64;

#[derive(Debug)]
struct Named {
    name: Arc<str>,
    shares: usize,
}

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Names to numbers. A name is forgotten when no scope keeps a share for it.
#[derive(Debug, Default)]
pub(super) struct Flows {
    last: Flow,
    by_name: Map<Arc<str>, Flow>,
    named: Map<Flow, Named>,
}

impl Flows {
    /// The number of this name.
    pub(super) fn number(&mut self, name: &str) -> Flow {
        if let Some(flow) = self.by_name.get(name) {
            return *flow;
        }
        self.last += 1;
        let name: Arc<str> = Arc::from(name);
        self.by_name.insert(Arc::clone(&name), self.last);
        self.named.insert(self.last, Named { name, shares: 0 });
        self.last
    }

    pub(super) fn name(&self, flow: Flow) -> Option<&Arc<str>> {
        self.named.get(&flow).map(|named| &named.name)
    }

    /// A scope keeps a share for the flow from now on.
    pub(super) fn keep(&mut self, flow: Flow) {
        if let Some(named) = self.named.get_mut(&flow) {
            named.shares += 1;
        }
    }

    /// A scope has dropped its share.
    pub(super) fn drop_share(&mut self, flow: Flow) {
        let Some(named) = self.named.get_mut(&flow) else { return };
        named.shares -= 1;
        self.forget(flow);
    }

    /// Forgets the flow, unless a scope keeps a share for it.
    pub(super) fn forget(&mut self, flow: Flow) {
        if self.named.get(&flow).is_some_and(|named| named.shares == 0)
            && let Some(named) = self.named.remove(&flow)
        {
            self.by_name.remove(&named.name);
        }
    }
}
