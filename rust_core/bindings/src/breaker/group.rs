//! `BreakerGroup`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rust_core_pure::breaker::{MaxEjected, Member};

use super::CircuitBreaker;
use super::permit::Answer;
use crate::convert::{Count, Items, instant, value_error};

/// The breakers of a group, of which no more than a share keeps its instance out: trying somebody is preferred over refusing
/// everybody.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct BreakerGroup {
    breakers: Vec<Py<CircuitBreaker>>,
    max_ejected: MaxEjected,
}

#[pymethods]
impl BreakerGroup {
    #[new]
    #[pyo3(signature = (breakers, max_ejected_percent = Count(50)), text_signature = "(breakers, max_ejected_percent=50)")]
    fn new(breakers: Items<Py<CircuitBreaker>>, max_ejected_percent: Count) -> PyResult<Self> {
        let max_ejected = MaxEjected::new(max_ejected_percent.0).map_err(value_error)?;
        let breakers = breakers.0;
        if breakers.is_empty() {
            return Err(PyValueError::new_err("a group must have at least one breaker"));
        }
        Ok(Self { breakers, max_ejected })
    }

    /// Which members may be used; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn usable(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<Vec<bool>> {
        let now = instant(py, now_ns)?;
        Ok(self.max_ejected.usable(&self.members(now)))
    }

    /// As the member's own `allow`, but a Pass where the member is used in panic.
    #[pyo3(signature = (index, now_ns = None))]
    fn allow(&self, py: Python<'_>, index: Count, now_ns: Option<Count>) -> PyResult<Answer> {
        let now = instant(py, now_ns)?;
        let (index, size) = (index.size(), self.__len__());
        let unknown = || PyValueError::new_err(format!("no member {index} among {size}"));
        let member = self.breakers.get(index).ok_or_else(unknown)?.get();
        let usable = self.max_ejected.usable(&self.members(now)).get(index) == Some(&true);
        let verdict = if usable { member.lock().allow_anyway(now) } else { member.lock().allow(now) };
        Ok(member.answer(verdict))
    }

    /// Whether more members are ejected than may be kept out; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn panicking(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<bool> {
        let now = instant(py, now_ns)?;
        Ok(self.max_ejected.panics(&self.members(now)))
    }

    /// Nanoseconds until a member may be used, 0 if one may now; changes nothing.
    #[pyo3(signature = (now_ns = None))]
    fn retry_after_ns(&self, py: Python<'_>, now_ns: Option<Count>) -> PyResult<u64> {
        let now = instant(py, now_ns)?;
        Ok(self.max_ejected.retry_after(&self.members(now)).unwrap_or(0))
    }

    fn __len__(&self) -> usize {
        self.breakers.len()
    }

    fn __repr__(&self) -> String {
        format!("BreakerGroup({} breakers, max_ejected_percent={})", self.__len__(), self.max_ejected.percent())
    }
}

impl BreakerGroup {
    fn members(&self, now: u64) -> Vec<Member> {
        self.breakers.iter().map(|member| member.get().lock().member(now)).collect()
    }
}
