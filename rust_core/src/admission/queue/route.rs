//! Who is first among those that wait for one route.

use std::collections::{BTreeMap, BTreeSet};

use super::fairness::Virtual;
use super::line::LineId;
use crate::admission::Ticket;

/// The lines of one class: by the share their flow has had, and by how long their first has waited.
#[derive(Debug, Default)]
pub(super) struct ClassLines {
    fair: BTreeSet<(Virtual, Ticket, LineId)>,
    oldest: BTreeSet<Ticket>,
}

/// The lines of one route, class by class. Only the first of them all is ever considered: whoever is behind him needs the
/// same scopes.
#[derive(Debug, Default)]
pub(super) struct RouteQueue {
    classes: BTreeMap<i32, ClassLines>,
}

impl RouteQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// The most urgent class that waits on this route.
    pub(super) fn top(&self) -> i32 {
        self.classes.first_key_value().map_or(0, |(class, _)| *class)
    }

    pub(super) fn insert(&mut self, class: i32, served: Virtual, first: Ticket, line: LineId) {
        let lines = self.classes.entry(class).or_default();
        lines.fair.insert((served, first, line));
        lines.oldest.insert(first);
    }

    pub(super) fn remove(&mut self, class: i32, served: Virtual, first: Ticket, line: LineId) {
        if let Some(lines) = self.classes.get_mut(&class) {
            lines.fair.remove(&(served, first, line));
            lines.oldest.remove(&first);
            if lines.fair.is_empty() {
                self.classes.remove(&class);
            }
        }
    }

    /// Those that may be first: of each class the one whose flow lags most, and below the top class the oldest, whom age may
    /// have lifted.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Ticket> {
        let top = self.top();
        self.classes.iter().flat_map(move |(class, lines)| {
            let fair = lines.fair.first().map(|(_, ticket, _)| *ticket);
            let oldest = lines.oldest.first().copied().filter(|_| *class != top);
            fair.into_iter().chain(oldest)
        })
    }
}
