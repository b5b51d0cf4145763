use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use hyper::header::HeaderValue;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

fn decoder(codings: &str) -> Result<Option<Decoder>, Corrupt> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_str(codings).unwrap());
    Decoder::of(&headers)
}

/// What comes of pieces of so many bytes, and the largest piece of it.
fn decoded(codings: &str, compressed: &[u8], at_once: usize) -> Result<(Vec<u8>, usize), Corrupt> {
    let mut decoder = decoder(codings)?.unwrap();
    let (mut text, mut largest) = (Vec::new(), 0);
    for chunk in compressed.chunks(at_once) {
        decoder.push(Bytes::copy_from_slice(chunk));
        loop {
            match decoder.pull(&mut Effort::new())? {
                Decoded::Piece(piece) => {
                    assert!(!piece.is_empty());
                    largest = largest.max(piece.len());
                    text.extend_from_slice(&piece);
                }
                Decoded::Spent => {}
                Decoded::Starved => break,
            }
        }
    }
    decoder.finish()?;
    Ok((text, largest))
}

/// How many times others have had their turn before all of it had come to nothing.
fn turns_until_nothing(codings: &str, compressed: Vec<u8>) -> usize {
    let mut decoder = decoder(codings).unwrap().unwrap();
    decoder.push(compressed.into());
    let mut turns = 0;
    loop {
        match decoder.pull(&mut Effort::new()).unwrap() {
            Decoded::Piece(piece) => panic!("{piece:?} came of nothing"),
            Decoded::Spent => turns += 1,
            Decoded::Starved => break,
        }
    }
    decoder.finish().unwrap();
    turns
}

/// A frame of Zstandard that is to be skipped, with so many bytes.
fn skipped(length: u32) -> Vec<u8> {
    [&0x184D_2A5A_u32.to_le_bytes()[..], &length.to_le_bytes(), &vec![0; length as usize]].concat()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

/// Text of all sizes, with and without what can be compressed.
fn texts() -> Vec<Vec<u8>> {
    let noise = |length: usize| {
        let mut state = 1_u32;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    };
    vec![b"x".to_vec(), b"data: {}\n\n".repeat(7), noise(1000), b"the same again ".repeat(30_000), noise(300_000)]
}

#[test]
fn what_was_compressed_is_what_comes_out_however_it_comes() {
    for text in texts() {
        for (codings, compressed) in [
            ("gzip", gzip(&text)),
            ("X-GZIP", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", raw_deflate(&text)),
            ("zstd", zstd(&text)),
            ("gzip, zstd", zstd(&gzip(&text))),
            ("zstd,deflate , identity", zlib(&zstd(&text))),
        ] {
            for at_once in [1, 7, 4096, usize::MAX] {
                if at_once == 1 && compressed.len() > 10_000 {
                    continue;
                }
                let (decoded, largest) = decoded(codings, &compressed, at_once).unwrap();
                assert!(largest <= PIECE, "{codings}: {largest}");
                assert!(decoded == text, "{codings}, {} bytes, {at_once} at once", text.len());
            }
        }
    }
}

#[test]
fn a_bomb_comes_out_in_pieces_that_are_bounded() {
    let text = vec![0; 4 * 1024 * 1024];
    for (codings, bomb) in [("gzip", gzip(&text)), ("deflate", raw_deflate(&text)), ("zstd", zstd(&text))] {
        let (decoded, largest) = decoded(codings, &bomb, usize::MAX).unwrap();
        assert_eq!(decoded.len(), text.len());
        assert!(largest <= PIECE, "{codings}: {largest}");
    }
}

#[test]
fn what_comes_to_nothing_is_done_a_little_at_a_time_however_much_there_is_of_it() {
    let members = gzip(b"").repeat(100_000);
    let frames = zstd(b"").repeat(100_000);
    let blocks = [&MAGIC_OF_ZSTD[..], &[0, 0], &[0, 0, 0].repeat(100_000), &[1, 0, 0]].concat();
    assert!(turns_until_nothing("gzip", members) >= 1000);
    assert!(turns_until_nothing("zstd", frames) >= 1000);
    assert!(turns_until_nothing("zstd", skipped(0).repeat(100_000)) >= 1000);
    assert!(turns_until_nothing("zstd", blocks) >= 1000);
    assert!(turns_until_nothing("zstd, gzip", gzip(&skipped(32 * 1024 * 1024))) >= 100);
    assert!(turns_until_nothing("gzip, gzip", gzip(&gzip(b"").repeat(100_000))) >= 1000);
}

#[test]
fn what_has_come_is_passed_on_before_the_rest_has() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"data: 1\n\n").unwrap();
    encoder.flush().unwrap();
    let mut decoder = decoder("gzip").unwrap().unwrap();
    decoder.push(Bytes::copy_from_slice(encoder.get_ref()));
    assert_eq!(decoder.pull(&mut Effort::new()).unwrap(), Decoded::Piece("data: 1\n\n".into()));
    assert_eq!(decoder.pull(&mut Effort::new()).unwrap(), Decoded::Starved);
    assert!(decoder.finish().is_err());
}

#[test]
fn several_members_and_frames_follow_one_another() {
    let frames = [zstd(b"one "), skipped(5), zstd(b"two")].concat();
    for at_once in [1, 5, 1000] {
        assert_eq!(decoded("gzip", &[gzip(b"one "), gzip(b"two")].concat(), at_once).unwrap().0, b"one two");
        assert_eq!(decoded("zstd", &frames, at_once).unwrap().0, b"one two");
    }
    assert_eq!(decoded("gzip", &[gzip(b"one"), vec![0; 20]].concat(), 3).unwrap().0, b"one");
}

#[test]
fn a_body_that_breaks_off_is_not_whole() {
    for (codings, compressed) in [("gzip", gzip(b"text")), ("deflate", zlib(b"text")), ("zstd", zstd(b"text"))] {
        for length in 1..compressed.len() {
            assert!(decoded(codings, &compressed[..length], 1000).is_err(), "{codings}: {length}");
        }
        assert_eq!(decoded(codings, b"", 1).unwrap().0, b"", "no body at all is a whole one");
    }
}

#[test]
fn what_is_not_compressed_as_it_says_is_refused() {
    for codings in ["gzip", "zstd", "gzip, gzip"] {
        assert!(decoded(codings, b"{\"choices\": [], \"model\": \"m\"}", 1000).is_err(), "{codings}");
    }
    let mut corrupt = gzip(&b"text ".repeat(100));
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    assert!(decoded("gzip", &corrupt, 1000).is_err());
}

#[test]
fn no_input_makes_zstandard_panic() {
    let whole = zstd(&b"some text, again and again, ".repeat(200));
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut corrupt = whole.clone();
            corrupt[index] ^= 1 << bit;
            let _ = decoded("zstd", &corrupt, 64);
        }
    }
}

#[test]
fn a_frame_that_wants_too_much_memory_is_refused() {
    let window_of_2_gib = [&MAGIC_OF_ZSTD[..], &[0, 21 << 3], &[1, 0, 0]].concat();
    let refused = decoded("zstd", &window_of_2_gib, 1000).unwrap_err();
    assert!(refused.0.contains("2147483648"), "{refused}");
}

const MAGIC_OF_ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

#[test]
fn only_so_many_layers_are_undone() {
    assert!(decoder("gzip, identity, zstd").unwrap().is_some());
    assert!(decoder("gzip, deflate, zstd").is_err());
}

#[test]
fn what_nobody_here_can_undo_is_left_as_it_is() {
    assert!(decoder("br").unwrap().is_none());
    assert!(decoder("identity").unwrap().is_none());
    assert!(Decoder::of(&HeaderMap::new()).unwrap().is_none());
}
