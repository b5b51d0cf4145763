//! How age lifts those who wait: each `aging` by a class, up to the most urgent that has waited since nobody did.

use super::Queue;
use super::line::LineId;
use crate::units::Nanos;

impl Queue {
    /// Readies a line for somebody who is newly its first.
    pub(in crate::admission) fn begin(&mut self, line: LineId, now: Nanos) {
        if let Some(line) = self.lines.line_mut(line) {
            line.missed = 0;
        }
        self.lift(line, now);
    }

    /// Lifts the first of a line by his age.
    pub(in crate::admission) fn lift(&mut self, id: LineId, now: Nanos) {
        let since = self.lines.line(id).and_then(|line| self.lines.waiter(line.first)).map(|waiter| waiter.since);
        if let (Some(since), Some(line)) = (since, self.lines.line_mut(id)) {
            let lifts = i64::try_from(now.saturating_sub(since) / self.aging).unwrap_or(i64::MAX);
            let class = i64::from(line.key.class).saturating_sub(lifts).max(i64::from(self.top));
            line.class = i32::try_from(class).unwrap_or(self.top);
        }
        self.set_lift(id);
    }

    /// Whose first is due to be lifted.
    pub(in crate::admission) fn to_lift(&self, now: Nanos) -> Option<LineId> {
        self.lifts.first().filter(|(at, _)| *at <= now).map(|(_, line)| *line)
    }

    pub(super) fn set_lift(&mut self, id: LineId) {
        self.clear_lift(id);
        let Some(line) = self.lines.line(id).filter(|line| line.class > self.top) else { return };
        let Some(first) = self.lines.waiter(line.first) else { return };
        let lifts = u64::from(line.key.class.abs_diff(line.class)) + 1;
        let at = first.since.saturating_add(lifts.saturating_mul(self.aging));
        if let Some(line) = self.lines.line_mut(id) {
            line.lift_at = at;
            self.lifts.insert((at, id));
        }
    }

    pub(super) fn clear_lift(&mut self, id: LineId) {
        if let Some(line) = self.lines.line_mut(id) {
            let at = std::mem::replace(&mut line.lift_at, Nanos::MAX);
            self.lifts.remove(&(at, id));
        }
    }
}
