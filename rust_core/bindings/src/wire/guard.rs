//! `RequestGuard`.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rust_core_pure::wire;

use super::{Headers, pairs};
use crate::convert::Items;

/// Tells requests of web pages and misdirected ones. Knows the names that the sidecar goes by; frozen.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct RequestGuard(wire::Guard);

#[pymethods]
impl RequestGuard {
    #[new]
    #[pyo3(signature = (allowed_hosts = Items(Vec::new())), text_signature = "(allowed_hosts=())")]
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn new(allowed_hosts: Items<PyBackedStr>) -> Self {
        Self(wire::Guard::new(allowed_hosts.0.iter().map(|name| name.as_bytes())))
    }

    /// Why a request with these headers is not taken; None if it is. Names are expected in lower case.
    #[allow(clippy::needless_pass_by_value)] // the conversion owns what it converts
    fn check(&self, headers: Headers) -> Option<&'static str> {
        self.0.check(pairs(&headers)).map(wire::Misdirection::name)
    }
}
