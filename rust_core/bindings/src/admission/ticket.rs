//! `Ticket`.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use rust_core_pure::admission;

use super::grant::Grant;
use crate::convert::lock;

/// What has become of one who wanted to wait.
#[derive(Clone)]
pub(super) enum State {
    Waiting,
    Granted(Arc<Mutex<admission::Grant>>),
    Expired,
    Refused,
    Cancelled,
    Closed,
}

/// A place in a queue, and what came of it. Always true.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Ticket {
    pub(super) controller: u64,
    /// Its number and its state. Where the controller's lock is needed too, that one is taken first.
    cell: Mutex<(u64, State)>,
}

impl Ticket {
    /// A ticket whose number is not known yet.
    pub(super) fn new(controller: u64) -> Self {
        Self { controller, cell: Mutex::new((0, State::Waiting)) }
    }

    pub(super) fn number(&self) -> u64 {
        lock(&self.cell).0
    }

    pub(super) fn set_number(&self, number: u64) {
        lock(&self.cell).0 = number;
    }

    pub(super) fn state(&self) -> State {
        lock(&self.cell).1.clone()
    }

    pub(super) fn set_state(&self, state: State) {
        lock(&self.cell).1 = state;
    }

    pub(super) fn grant(&self, grant: admission::Grant) {
        self.set_state(State::Granted(Arc::new(Mutex::new(grant))));
    }
}

#[pymethods]
impl Ticket {
    /// The ticket's number, never used twice by one controller.
    #[getter]
    fn id(&self) -> u64 {
        self.number()
    }

    /// The grant it brought; None while it waits, and where it brought none.
    #[getter(grant)]
    fn its_grant(&self) -> Option<Grant> {
        match self.state() {
            State::Granted(grant) => Some(Grant::shared(&grant)),
            State::Waiting | State::Expired | State::Refused | State::Cancelled | State::Closed => None,
        }
    }

    /// "waiting", "granted", "expired", "refused", "cancelled" or "closed".
    #[getter(state)]
    fn state_name(&self) -> &'static str {
        match self.state() {
            State::Waiting => "waiting",
            State::Granted(_) => "granted",
            State::Expired => "expired",
            State::Refused => "refused",
            State::Cancelled => "cancelled",
            State::Closed => "closed",
        }
    }

    #[allow(clippy::unused_self)] // Python calls it on a ticket
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("Ticket(id={}, state='{}')", self.number(), self.state_name())
    }
}
