//! `Pass`, `Probe` and `Open`: what a breaker answers.

use std::sync::Mutex;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rust_core_pure::breaker::{self, Verdict};

use crate::convert::lock;

/// A permit until its outcome is recorded, and the breaker that issued it.
struct Held {
    issuer: u64,
    permit: Mutex<Option<breaker::Permit>>,
}

/// Leave to try the instance, in one generation of its breaker. Always true.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Pass {
    #[pyo3(get)]
    generation: u64,
    held: Held,
}

#[pymethods]
impl Pass {
    #[allow(clippy::unused_self)] // Python calls it on a pass
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("Pass(generation={})", self.generation)
    }
}

impl Pass {
    pub(crate) fn new(pass: breaker::Pass, issuer: u64) -> Self {
        Self { generation: pass.generation(), held: Held { issuer, permit: Mutex::new(Some(pass.into())) } }
    }
}

/// A place among the few attempts that find out whether the instance has recovered, leased until its end. Always true.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct Probe {
    #[pyo3(get)]
    generation: u64,
    /// When its place is taken back, and its outcome changes nothing any more.
    #[pyo3(get)]
    lease_end_ns: u64,
    held: Held,
}

#[pymethods]
impl Probe {
    #[allow(clippy::unused_self)] // Python calls it on a probe
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("Probe(generation={}, lease_end_ns={})", self.generation, self.lease_end_ns)
    }
}

/// The instance is not to be tried now. Always false.
#[pyclass(module = "pyproxy.rust_core", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Open {
    /// Nanoseconds, never 0: refused one earlier, let through then, if nothing else happens.
    #[pyo3(get)]
    retry_after_ns: u64,
}

#[pymethods]
impl Open {
    #[classattr]
    #[allow(non_upper_case_globals)] // Python's name for it
    const __match_args__: (&'static str,) = ("retry_after_ns",);

    #[allow(clippy::unused_self)] // Python calls it on a refusal
    fn __bool__(&self) -> bool {
        false
    }

    fn __repr__(&self) -> String {
        format!("Open(retry_after_ns={})", self.retry_after_ns)
    }
}

#[derive(IntoPyObject)]
pub(crate) enum Answer {
    Pass(Pass),
    Probe(Probe),
    Open(Open),
}

#[derive(FromPyObject)]
pub(crate) enum Permit<'py> {
    Pass(Bound<'py, Pass>),
    Probe(Bound<'py, Probe>),
}

impl Answer {
    pub(super) fn new(verdict: Verdict, issuer: u64) -> Self {
        let held = |permit| Held { issuer, permit: Mutex::new(Some(permit)) };
        match verdict {
            Verdict::Pass(pass) => Self::Pass(Pass::new(pass, issuer)),
            Verdict::Probe(probe) => Self::Probe(Probe {
                generation: probe.generation(),
                lease_end_ns: probe.lease_end(),
                held: held(probe.into()),
            }),
            Verdict::Open { retry_after } => Self::Open(Open { retry_after_ns: retry_after }),
        }
    }
}

impl Permit<'_> {
    /// What it holds, the first time; it must have been issued by this breaker.
    pub(super) fn take(&self, issuer: u64) -> PyResult<Option<breaker::Permit>> {
        let held = match self {
            Self::Pass(pass) => &pass.get().held,
            Self::Probe(probe) => &probe.get().held,
        };
        if held.issuer != issuer {
            return Err(PyValueError::new_err("this permit was issued by another breaker: record it there"));
        }
        Ok(lock(&held.permit).take())
    }
}
