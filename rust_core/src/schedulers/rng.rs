//! Chance, from a seed.

/// `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): a counter in steps of
/// the golden ratio, its bits mixed. Small, quick and even, which is all that a draw among candidates needs; it keeps no
/// secret.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any of the 2^64 numbers.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Any of the numbers below `bound`, each as likely as the others; 0 where there are none.
    ///
    /// Numbers of as many bits as the bound has are drawn until one is below it: fewer than two on average.
    pub(super) fn below(&mut self, bound: u128) -> u128 {
        let Some(largest) = bound.checked_sub(1) else { return 0 };
        let spare = largest.leading_zeros();
        if spare == u128::BITS {
            return 0;
        }
        loop {
            let low = u128::from(self.next());
            let drawn = if spare >= u64::BITS {
                // The high bits of a number are its best ones.
                low >> (spare - u64::BITS)
            } else {
                (u128::from(self.next()) << u64::BITS | low) >> spare
            };
            if drawn <= largest {
                return drawn;
            }
        }
    }

    /// An index below `bound`; 0 where there is none.
    pub(super) fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u128)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn it_is_the_published_generator() {
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn every_number_below_a_bound_is_as_likely_as_the_others() {
        for bound in [2, 3, 5, 7, 8] {
            let (mut rng, mut counts) = (Rng::new(9), vec![0_i64; bound]);
            let mean = 10_000;
            for _ in 0..mean * bound {
                counts[rng.index(bound)] += 1;
            }
            let mean = i64::try_from(mean).unwrap();
            let chi_square: i64 = counts.iter().map(|count| (count - mean).pow(2)).sum::<i64>() / mean;
            assert!(chi_square < 30, "{counts:?}"); // of at most 7 degrees of freedom: less than once in 10,000 seeds
        }
    }

    #[test]
    fn bounds_at_the_edges_are_kept() {
        let mut rng = Rng::new(3);
        assert_eq!([rng.below(0), rng.below(1)], [0, 0]);
        for bound in [2, 1 << 64, (1 << 64) + 1, u128::MAX] {
            let drawn: Vec<u128> = (0..200).map(|_| rng.below(bound)).collect();
            assert!(drawn.iter().all(|number| *number < bound));
            assert!(drawn.iter().any(|number| *number >= bound / 2) && drawn.iter().any(|number| *number < bound / 2));
        }
    }
}
