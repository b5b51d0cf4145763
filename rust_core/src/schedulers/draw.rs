//! Drawing among candidates: the least of them, one, or two.

use std::cmp::Ordering;

use super::rng::Rng;

/// The candidate with the smallest key, each of several such as likely as the others.
pub(super) fn least<K: Ord>(
    candidates: impl Iterator<Item = usize> + Clone,
    key: impl Fn(usize) -> K,
    rng: &mut Rng,
) -> Option<usize> {
    let mut best: Option<(K, usize)> = None;
    let mut ties = 0;
    for candidate in candidates.clone() {
        let key = key(candidate);
        match best.as_ref().map_or(Ordering::Less, |(smallest, _)| key.cmp(smallest)) {
            Ordering::Less => (best, ties) = (Some((key, candidate)), 1),
            Ordering::Equal => ties += 1,
            Ordering::Greater => {}
        }
    }
    let (smallest, first) = best?;
    if ties == 1 {
        return Some(first);
    }
    candidates.filter(|&candidate| key(candidate) == smallest).nth(rng.index(ties))
}

/// Any one of them.
pub(super) fn any(mut candidates: impl Iterator<Item = usize> + Clone, rng: &mut Rng) -> Option<usize> {
    let size = candidates.clone().count();
    candidates.nth(rng.index(size))
}

/// Any two of them, in either order; the one twice where there is only one.
pub(super) fn pair(candidates: &(impl Iterator<Item = usize> + Clone), rng: &mut Rng) -> Option<(usize, usize)> {
    let size = candidates.clone().count();
    let first = rng.index(size);
    // The others are those after the first, and round to those before it.
    let second = if size > 1 { (first + 1 + rng.index(size - 1)) % size } else { first };
    Some((candidates.clone().nth(first)?, candidates.clone().nth(second)?))
}
