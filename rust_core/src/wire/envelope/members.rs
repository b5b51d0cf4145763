//! The members of the body's object: their names, and where their values stand.

use std::ops::Range;

use super::error::EnvelopeError;

/// No request has nearly so many members; the bound keeps what is remembered of a body small.
const MOST: usize = 1024;

/// One member, as it stands in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// `None` where it is no text, for half a surrogate pair in it: no program can ask for such a name.
    name: Option<Range<usize>>,
    /// Where its value stands.
    pub(super) value: Range<usize>,
    /// Whether its value is other than null.
    pub(super) given: bool,
}

/// All members, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    names: String,
    all: Vec<Member>,
}

impl Members {
    /// Notes the next member.
    pub(super) fn push(&mut self, name: Option<&str>, value: Range<usize>, given: bool) -> Result<(), EnvelopeError> {
        if self.all.len() == MOST {
            return Err(EnvelopeError::body(format!("the body's object has more than {MOST} members: send fewer")));
        }
        let name = name.map(|name| {
            let start = self.names.len();
            self.names.push_str(name);
            start..self.names.len()
        });
        self.all.push(Member { name, value, given });
        Ok(())
    }

    /// The member of this name: of several the last, as most readers take it.
    pub(super) fn get(&self, name: &str) -> Option<&Member> {
        self.all.iter().rev().find(|member| self.is_named(member, name))
    }

    /// The first of these names that is there more than once.
    pub(super) fn doubled(&self, names: &[&'static str]) -> Option<&'static str> {
        let count = |name: &str| self.all.iter().filter(|member| self.is_named(member, name)).count();
        names.iter().copied().find(|name| count(name) > 1)
    }

    /// Where the last value ends: the place for another member.
    pub(super) fn end(&self) -> Option<usize> {
        self.all.last().map(|member| member.value.end)
    }

    fn is_named(&self, member: &Member, name: &str) -> bool {
        member.name.clone().and_then(|place| self.names.get(place)) == Some(name)
    }
}
