//! `RateLimit`.

use pyo3::prelude::*;
use rust_core_pure::limiters;

use crate::convert::{Count, value_error};

/// A rate limit: so many requests or tokens in each window. Frozen, and equal by value.
#[pyclass(module = "pyproxy.rust_core", frozen, eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct RateLimit(pub(crate) limiters::RateLimit);

#[pymethods]
impl RateLimit {
    #[new]
    #[pyo3(signature = (dimension, limit, window_ns, algorithm = "token_bucket", capacity = None))]
    fn new(
        dimension: &str,
        limit: Count,
        window_ns: Count,
        algorithm: &str,
        capacity: Option<Count>,
    ) -> PyResult<Self> {
        let dimension = limiters::Dimension::by_name(dimension).map_err(value_error)?;
        let algorithm = limiters::Algorithm::by_name(algorithm).map_err(value_error)?;
        let capacity = capacity.map(|capacity| capacity.0);
        limiters::RateLimit::new(dimension, limit.0, window_ns.0, algorithm, capacity).map(Self).map_err(value_error)
    }

    #[getter]
    pub(crate) fn dimension(&self) -> &'static str {
        self.0.dimension.name()
    }

    #[getter]
    pub(crate) fn limit(&self) -> u64 {
        self.0.quota.limit()
    }

    #[getter]
    pub(crate) fn window_ns(&self) -> u64 {
        self.0.quota.window()
    }

    #[getter]
    pub(crate) fn algorithm(&self) -> &'static str {
        self.0.algorithm.name()
    }

    #[getter]
    pub(crate) fn capacity(&self) -> u64 {
        self.0.quota.capacity()
    }

    fn __repr__(&self) -> String {
        format!(
            "RateLimit(dimension='{}', limit={}, window_ns={}, algorithm='{}', capacity={})",
            self.dimension(),
            self.limit(),
            self.window_ns(),
            self.algorithm(),
            self.capacity()
        )
    }
}
