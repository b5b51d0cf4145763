//! `RateLimit`.

use pyo3::prelude::*;
use rust_core_pure::limiters::{self, Algorithm, Dimension, Options};
use rust_core_pure::units::MINUTE;

use crate::convert::{Count, value_error};

/// A rate limit: so many requests or tokens in each window. Frozen, and equal by value.
#[pyclass(module = "pyproxy.rust_core", frozen, eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct RateLimit(pub(crate) limiters::RateLimit);

#[pymethods]
impl RateLimit {
    #[new]
    #[pyo3(signature = (dimension, limit, window_ns, algorithm = "token_bucket", capacity = None, *, buckets = None, strict = false))]
    fn new(
        dimension: &str,
        limit: Count,
        window_ns: Count,
        algorithm: &str,
        capacity: Option<Count>,
        buckets: Option<Count>,
        strict: bool,
    ) -> PyResult<Self> {
        let dimension = Dimension::by_name(dimension).map_err(value_error)?;
        build(dimension, limit, window_ns.0, algorithm, capacity, buckets, strict)
    }

    /// So many requests in a minute.
    #[staticmethod]
    #[pyo3(signature = (limit, algorithm = "sliding_window", capacity = None, *, buckets = None, strict = false))]
    fn rpm(
        limit: Count,
        algorithm: &str,
        capacity: Option<Count>,
        buckets: Option<Count>,
        strict: bool,
    ) -> PyResult<Self> {
        build(Dimension::Requests, limit, MINUTE, algorithm, capacity, buckets, strict)
    }

    /// So many tokens in a minute.
    #[staticmethod]
    #[pyo3(signature = (limit, algorithm = "sliding_window", capacity = None, *, buckets = None, strict = false))]
    fn tpm(
        limit: Count,
        algorithm: &str,
        capacity: Option<Count>,
        buckets: Option<Count>,
        strict: bool,
    ) -> PyResult<Self> {
        build(Dimension::Tokens, limit, MINUTE, algorithm, capacity, buckets, strict)
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
        self.0.quota.algorithm().name()
    }

    #[getter]
    pub(crate) fn capacity(&self) -> u64 {
        self.0.quota.capacity()
    }

    #[getter]
    fn buckets(&self) -> Option<u64> {
        self.0.quota.buckets()
    }

    #[getter]
    fn strict(&self) -> bool {
        self.0.quota.is_strict()
    }

    fn __repr__(&self) -> String {
        let options = match self.buckets() {
            Some(buckets) => format!("buckets={buckets}"),
            None if self.strict() => format!("capacity={}, strict=True", self.capacity()),
            None => format!("capacity={}", self.capacity()),
        };
        format!(
            "RateLimit(dimension='{}', limit={}, window_ns={}, algorithm='{}', {options})",
            self.dimension(),
            self.limit(),
            self.window_ns(),
            self.algorithm(),
        )
    }
}

fn build(
    dimension: Dimension,
    limit: Count,
    window: u64,
    algorithm: &str,
    capacity: Option<Count>,
    buckets: Option<Count>,
    strict: bool,
) -> PyResult<RateLimit> {
    let algorithm = Algorithm::by_name(algorithm).map_err(value_error)?;
    let options = Options { capacity: capacity.map(|it| it.0), buckets: buckets.map(|it| it.0), strict };
    limiters::RateLimit::with(dimension, limit.0, window, algorithm, options).map(RateLimit).map_err(value_error)
}
