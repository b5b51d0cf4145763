//! Names looked up in tables, and what is said of those that are not there.

use std::fmt;

/// A name that is none of those known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What was to be named, such as "dimension".
    pub what: &'static str,
    /// The name given.
    pub name: String,
    /// The names that would have done.
    pub valid: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} {:?}: choose one of {}", self.what, self.name, self.valid.join(", "))
    }
}

impl std::error::Error for UnknownName {}

/// Looks a name up in a table of names.
pub(crate) fn by_name<T: Copy>(what: &'static str, table: &[(&'static str, T)], name: &str) -> Result<T, UnknownName> {
    let found = table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    found.ok_or_else(|| UnknownName {
        what,
        name: name.to_owned(),
        valid: table.iter().map(|(known, _)| *known).collect(),
    })
}
