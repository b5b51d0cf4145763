//! What is measured: outcomes over a sliding window, moving averages, histograms and counters.
//!
//! All in bounded memory and whole numbers, and all but a snapshot in constant time.

mod ewma;
mod histogram;
mod statistics;
mod window;

pub use ewma::Ewma;
pub use histogram::{Histogram, MILLION};
pub use statistics::{Attempt, OTHER, Statistics};
pub use window::{OutcomeWindow, Tally};
