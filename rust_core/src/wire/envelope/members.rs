//! The members of an object: their names, and where their values stand.

use std::ops::Range;

use super::error::EnvelopeError;
use crate::wire::json::{Cursor, Skip};

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

/// What most requests have room in.
const USUAL: usize = 8;

impl Members {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { names: String::with_capacity(USUAL * 8), all: Vec::with_capacity(USUAL) }
    }

    /// The members of the object that stands at `place`; `None` where it is another value.
    pub(super) fn of(text: &str, place: &Range<usize>) -> Result<Option<Self>, EnvelopeError> {
        let mut members = Self::new();
        let mut too_many = Ok(());
        let passed = Cursor::new(text.get(place.clone()).unwrap_or_default()).members(|cursor, name| {
            let given = cursor.next() != Some(b'n');
            let value = cursor.walk((), &mut Skip)?;
            let value = place.start + value.start..place.start + value.end;
            if too_many.is_ok() {
                too_many = members.push(name.read().as_deref(), value, given);
            }
            Ok(())
        });
        too_many.map(|()| passed.is_ok().then_some(members))
    }

    /// Notes the next member.
    pub(super) fn push(&mut self, name: Option<&str>, value: Range<usize>, given: bool) -> Result<(), EnvelopeError> {
        if self.all.len() == MOST {
            return Err(EnvelopeError::body(format!("an object of the body has more than {MOST} members: send fewer")));
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

    /// The member of a name that has several spellings: one with a value goes before one that is null.
    pub(super) fn spelled(&self, spellings: &[&str]) -> Option<&Member> {
        let found = || spellings.iter().filter_map(|name| self.get(name));
        found().find(|member| member.given).or_else(|| found().next())
    }

    /// Whether a member of one of these names is there with a value other than null.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some_and(|member| member.given))
    }

    /// The first of these names that is there more than once, in whatever spelling.
    pub(super) fn doubled(&self, names: &[&[&'static str]]) -> Option<&'static str> {
        let count = |spellings: &&&[&str]| {
            let is_one = |member: &&Member| spellings.iter().any(|name| self.is_named(member, name));
            self.all.iter().filter(is_one).count()
        };
        names.iter().find(|spellings| count(spellings) > 1)?.first().copied()
    }

    /// Where the last value ends: the place for another member.
    pub(super) fn end(&self) -> Option<usize> {
        self.all.last().map(|member| member.value.end)
    }

    fn is_named(&self, member: &Member, name: &str) -> bool {
        member.name.clone().and_then(|place| self.names.get(place)) == Some(name)
    }
}
