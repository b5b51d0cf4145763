//! Names for requests that came without.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes names that nobody else makes: 128 bits of a keyed hash over a count.
#[derive(Debug, Default)]
pub(super) struct Ids {
    keys: [RandomState; 2],
    made: AtomicU64,
}

impl Ids {
    pub(super) fn next(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let [high, low] = self.keys.each_ref().map(|key| key.hash_one(number));
        format!("req_{high:016x}{low:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_look_as_the_host_s() {
        let (one, other) = (Ids::default(), Ids::default());
        let names = [one.next(), one.next(), other.next()];
        assert!(names.iter().all(|name| name.len() == 36 && name.starts_with("req_")));
        assert!(names[0] != names[1] && names[0] != names[2] && names[1] != names[2]);
    }
}
