//! Whose API a request speaks, and what it says outside of its body.

use std::fmt;

use crate::wire::dialect::Dialect;

/// The dialect of a request, with what its path says where its body does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub(super) dialect: Dialect,
    /// The target's name and whether the answer is to be a stream, of a dialect that has them in the path.
    pub(super) path: Option<(&'a str, bool)>,
}

/// Why a dialect and what a path says do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// The path must name the model.
    ModelMissing,
    /// The body says it.
    SaidInBody,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ModelMissing => "a request in the dialect gemini names its model in the path: it must be given",
            Self::SaidInBody => "model and stream are given only for the dialect gemini: elsewhere the body says them",
        })
    }
}

impl std::error::Error for AddressError {}

impl<'a> Address<'a> {
    /// The address of a request in this dialect; `model` and `stream` are what its path says.
    ///
    /// # Errors
    /// Where the path must say what it does not, or says what only the body may.
    pub fn new(dialect: Dialect, model: Option<&'a str>, stream: Option<bool>) -> Result<Self, AddressError> {
        match (dialect, model) {
            (Dialect::Gemini, None) => Err(AddressError::ModelMissing),
            (Dialect::Gemini, Some(model)) => Ok(Self { dialect, path: Some((model, stream.unwrap_or(false))) }),
            (_, None) if stream.is_none() => Ok(Self { dialect, path: None }),
            _ => Err(AddressError::SaidInBody),
        }
    }
}
