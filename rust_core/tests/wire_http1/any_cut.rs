//! Whatever comes, it comes to the same however it is cut.

use proptest::prelude::*;
use rust_core::wire::http1::{Limits, Phase, RequestGate};

use crate::requests::{damaged, pipeline, wire};
use crate::seen::{Seen, in_pieces, stand_in, through};

const NARROW: Limits = Limits { head_bytes: 120, fields: 4, uri_bytes: 30 };

/// How a gate stands after each of these bytes.
fn byte_by_byte(bytes: &[u8], limits: Limits) -> Vec<Seen> {
    let mut gate = RequestGate::new(limits);
    let mut out = Vec::new();
    let mut seen = vec![Seen::of(&gate, &out)];
    for byte in bytes {
        gate.feed(&[*byte], &mut out);
        seen.push(Seen::of(&gate, &out));
    }
    seen
}

fn some_cuts(bytes: &[u8], places: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #[test]
    fn valid_requests_pass_byte_for_byte(requests in pipeline(), places in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let bytes = wire(&requests);
        let seen = in_pieces(&bytes, &some_cuts(&bytes, &places), Limits::default());
        prop_assert_eq!(seen.violation, None);
        prop_assert_eq!(seen.broken, None);
        prop_assert_eq!(seen.phase, Phase::BetweenRequests);
        prop_assert_eq!(seen.out, bytes);
    }

    #[test]
    fn a_gate_stands_at_every_byte_as_if_it_had_come_alone(
        bytes in damaged(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        narrow in any::<bool>(),
    ) {
        let limits = if narrow { NARROW } else { Limits::default() };
        let alone = byte_by_byte(&bytes, limits);
        let mut gate = RequestGate::new(limits);
        let mut out = Vec::new();
        let mut start = 0;
        for cut in some_cuts(&bytes, &places).into_iter().chain([bytes.len()]) {
            gate.feed(&bytes[start..cut], &mut out);
            prop_assert_eq!(&Seen::of(&gate, &out), &alone[cut]);
            start = cut;
        }
    }

    #[test]
    fn what_is_passed_is_what_came_up_to_the_first_fault_and_the_request_that_stands_in(bytes in damaged()) {
        let seen = through(&bytes);
        let own = seen.violation.as_ref().map_or(Vec::new(), |_| stand_in());
        let came = seen.out.strip_suffix(own.as_slice()).expect("the stand-in comes last");
        // Empty lines between requests are all that is left out.
        let mut rest = bytes.as_slice();
        for byte in came {
            while rest.first() != Some(byte) {
                rest = rest.strip_prefix(b"\r\n").expect("nothing is made up, and nothing else is left out");
            }
            rest = &rest[1..];
        }
    }

    #[test]
    fn bytes_that_go_past_the_gate_while_it_is_open_change_nothing(
        bytes in damaged(),
        sizes in prop::collection::vec(1..50usize, 1..30),
    ) {
        let mut gate = RequestGate::new(Limits::default());
        let mut out = Vec::new();
        let mut rest = bytes.as_slice();
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let past = usize::try_from(gate.open_for()).unwrap_or(usize::MAX).min(size).min(rest.len());
            let (piece, behind) = rest.split_at(if past > 0 { past } else { size.min(rest.len()) });
            if past > 0 {
                out.extend_from_slice(piece);
                gate.passed(past as u64);
            } else {
                gate.feed(piece, &mut out);
            }
            rest = behind;
        }
        prop_assert_eq!(Seen::of(&gate, &out), through(&bytes));
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let alone = byte_by_byte(&bytes, NARROW);
        prop_assert_eq!(&in_pieces(&bytes, &[], NARROW), alone.last().unwrap());
    }
}
