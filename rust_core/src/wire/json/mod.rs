//! A strict reader of JSON that builds nothing: it walks over a text once, and tells of what it passes.
//!
//! | module | what it knows |
//! |---|---|
//! | `cursor` | the tokens: strings, numbers, words, and the white space between them |
//! | `run` | how far a string goes on without anything to look at |
//! | `text` | a string as it stands in its text, and how long it is once read |
//! | `walk` | values within values, to any depth without recursion |

mod cursor;
mod run;
mod text;
mod walk;

pub(super) use cursor::{Cursor, Invalid};
pub(super) use text::Text;
pub(super) use walk::{Skip, Watcher};
