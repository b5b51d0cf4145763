//! `TokenEstimator`.

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use rust_core_pure::estimate;

use crate::convert::{Count, lock};

/// Guesses what a request to one target will cost in tokens, and learns from what it cost.
#[pyclass(module = "pyproxy.rust_core", frozen)]
pub(crate) struct TokenEstimator(Arc<Mutex<estimate::TokenEstimator>>);

impl TokenEstimator {
    /// The core's, to be shared.
    pub(crate) fn core(&self) -> Arc<Mutex<estimate::TokenEstimator>> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl TokenEstimator {
    #[new]
    fn new() -> Self {
        Self(Arc::default())
    }

    /// Tokens that a request will probably cost: of what the model reads, and of what it answers.
    #[pyo3(signature = (text_bytes, images = Count(0), max_tokens = None), text_signature = "($self, text_bytes, images=0, max_tokens=None)")]
    fn estimate(&self, text_bytes: Count, images: Count, max_tokens: Option<Count>) -> (u64, u64) {
        let max_tokens = max_tokens.map(|max_tokens| max_tokens.0);
        let estimate = lock(&self.0).estimate(text_bytes.0, images.0, max_tokens);
        (estimate.input, estimate.output)
    }

    /// Tokens to reserve for a request that has to pass a limit of `most`.
    #[pyo3(signature = (text_bytes, images = Count(0), max_tokens = None, most = None), text_signature = "($self, text_bytes, images=0, max_tokens=None, most=None)")]
    fn reservation(&self, text_bytes: Count, images: Count, max_tokens: Option<Count>, most: Option<Count>) -> u64 {
        let (max_tokens, most) = (max_tokens.map(|bound| bound.0), most.map(|bound| bound.0));
        lock(&self.0).reservation(text_bytes.0, images.0, max_tokens, most)
    }

    /// Learns what a request has cost.
    fn record(&self, text_bytes: Count, images: Count, prompt_tokens: Count, completion_tokens: Count) {
        lock(&self.0).record(text_bytes.0, images.0, prompt_tokens.0, completion_tokens.0);
    }

    fn __repr__(&self) -> String {
        let estimator = lock(&self.0);
        let (ratio, output) = (estimator.tokens_per_thousand_bytes(), estimator.estimate(0, 0, None).output);
        format!("TokenEstimator({ratio} tokens per 1000 bytes, {output} an answer)")
    }
}
