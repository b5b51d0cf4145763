//! Windows, averages and histograms, over any numbers.

use proptest::prelude::*;
use rust_core::stats::{Attempt, Ewma, Histogram, MILLION, OutcomeWindow, Statistics};

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..5_000u64, 2 => 0..1u64 << 42, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn histogram(values: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for value in values {
        histogram.record(*value);
    }
    histogram
}

proptest! {
    #[test]
    fn a_window_holds_all_of_its_length_and_at_most_a_part_more(
        length in prop_oneof![1..40u64, 1..5_000u64, any::<u64>().prop_map(|length| length.max(1))],
        outcomes in prop::collection::vec((amount(), any::<bool>()), 0..60), then in amount(),
    ) {
        let mut window = OutcomeWindow::new(length);
        let (mut newest, mut log) = (0, Vec::new());
        for (now, ok) in outcomes {
            newest = now.max(newest);
            window.record(ok, now);
            log.push((newest, ok));
        }
        let then = then.max(newest);
        let parts = u128::from(length.min(32));
        let count = |wanted: bool, past: &dyn Fn(u128) -> bool| {
            let held = log.iter().filter(|(at, ok)| *ok == wanted && !past(u128::from(then - at)));
            held.count() as u64
        };
        let too_old = |age: u128| age > u128::from(length);
        let older_still = |age: u128| age * parts >= u128::from(length) * (parts + 1);
        let tally = window.tally(then);
        prop_assert!(count(true, &too_old) <= tally.successes && tally.successes <= count(true, &older_still));
        prop_assert!(count(false, &too_old) <= tally.failures && tally.failures <= count(false, &older_still));
        window.clear();
        prop_assert_eq!(window.tally(then).total(), 0);
    }

    #[test]
    fn a_clock_that_steps_back_is_held_at_the_newest_part(
        length in 1..5_000u64, now in amount(), earlier in amount(), ok in any::<bool>(),
    ) {
        let mut window = OutcomeWindow::new(length);
        window.record(ok, now);
        window.record(!ok, now.min(earlier));
        prop_assert_eq!(window.tally(now).total(), 2);
        prop_assert_eq!(window.tally(earlier.min(now)), window.tally(now));
    }

    #[test]
    fn an_average_lies_among_its_samples_and_differs_by_less_than_two(samples in prop::collection::vec(0..1u64 << 40, 1..200)) {
        let (mut average, mut exact) = (Ewma::<3>::default(), 0i128); // in parts of 2**40, each rounding below one of them
        for (count, sample) in (1i128..).zip(&samples) {
            average.record(*sample);
            exact += ((i128::from(*sample) << 40) - exact) / count.min(8);
            let told = i128::from(average.value().unwrap()) << 40;
            prop_assert!((told - exact).abs() < (2 << 40) + 8, "{told} for {exact}");
        }
        let told = average.value().unwrap();
        prop_assert!(samples.iter().min().unwrap() <= &told && &told <= samples.iter().max().unwrap());
    }

    #[test]
    fn an_average_of_any_numbers_lies_among_them(samples in prop::collection::vec(any::<u64>(), 1..2_000)) {
        let mut average = Ewma::<10>::default();
        for sample in &samples {
            average.record(*sample);
        }
        let told = average.value().unwrap();
        prop_assert!(samples.iter().min().unwrap() <= &told && &told <= samples.iter().max().unwrap());
    }

    #[test]
    fn a_quantile_is_within_its_error_of_the_sorted_list(
        mut values in prop::collection::vec(amount(), 1..100), parts in 0..=MILLION,
    ) {
        let told = histogram(&values).quantile(parts).unwrap();
        values.sort_unstable();
        let rank = (values.len() as u64 * u64::from(parts)).div_ceil(u64::from(MILLION)).max(1);
        let exact = *values.get(usize::try_from(rank - 1).unwrap()).unwrap();
        if exact >= 1 << 42 {
            prop_assert_eq!(told, *values.last().unwrap());
        } else {
            prop_assert!(told.abs_diff(exact) <= if exact < 1 << 10 { 8 } else { exact / 128 }, "{told} for {exact}");
        }
    }

    #[test]
    fn merged_is_as_if_all_had_been_recorded_in_one(
        some in prop::collection::vec(amount(), 0..40), more in prop::collection::vec(amount(), 0..40),
    ) {
        let mut merged = histogram(&some);
        merged.merge(&histogram(&more));
        let together = histogram(&[some, more].concat());
        prop_assert_eq!(format!("{merged:?}"), format!("{together:?}"));
    }

    #[test]
    fn each_attempt_is_counted_once(
        failures in prop::collection::vec(prop::option::of(0..50u8), 0..120), tokens in amount(),
    ) {
        let mut statistics = Statistics::default();
        for failure in &failures {
            let name = failure.map(|number| format!("failure {number}"));
            statistics.record(&Attempt { failure: name.as_deref(), tokens_in: tokens, ..Attempt::default() });
        }
        prop_assert_eq!(statistics.requests(), failures.len() as u64);
        prop_assert_eq!(statistics.successes(), failures.iter().filter(|failure| failure.is_none()).count() as u64);
        prop_assert!(statistics.failures().count() <= 33);
        prop_assert_eq!(statistics.tokens_in(), tokens.saturating_mul(failures.len() as u64));
    }
}
