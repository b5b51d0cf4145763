//! What a configuration's text says, and where each part of it stands. What it means is decided elsewhere.

mod position;
mod toml;
mod toml_builder;

pub use position::Position;
pub use toml::{Bounds, Content, Header, Key, Pair, Problem, ProblemKind, Statement, Value, read_toml};
