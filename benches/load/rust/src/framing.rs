//! Heads of requests and answers, read just enough to know where their bodies end.

use memchr::memmem;

/// What matters of a head.
#[derive(Debug)]
pub(crate) struct Head {
    /// Its bytes, the empty line included.
    pub(crate) length: usize,
    /// The status of an answer; 0 of a request.
    pub(crate) status: u16,
    /// What follows it.
    pub(crate) body: Body,
    /// Whether the connection ends with this message.
    pub(crate) last: bool,
}

/// A body on its way in.
#[derive(Debug)]
pub(crate) enum Body {
    /// So many bytes are to come.
    Length(usize),
    /// Chunks are to come.
    Chunked(Chunk),
    /// It lasts until the peer closes.
    UntilClosed,
}

/// Where in the chunked coding the next byte stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chunk {
    /// In a line with a size, of which this much is known.
    Size(usize),
    /// In what follows the digits of that line.
    Extension(usize),
    /// In the data, of which this much is to come.
    Data(usize),
    /// In the line end after it.
    DataEnd,
    /// In the trailers, in a line with so many bytes.
    Trailers(usize),
    /// Behind all of it.
    End,
}

impl Head {
    /// Reads the head at the front of the bytes; none where it is not whole.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let end = memmem::find(bytes, b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(bytes.get(..end)?);
        let mut lines = text.split("\r\n");
        let first = lines.next()?;
        let status = match first.strip_prefix("HTTP/1.") {
            Some(rest) => rest.get(2..5)?.parse().ok()?,
            None => 0,
        };
        let mut body = if status == 0 {
            Body::Length(0)
        } else {
            Body::UntilClosed
        };
        let mut last = false;
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                body = Body::Length(value.parse().ok()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body = Body::Chunked(Chunk::Size(0));
            } else if name.eq_ignore_ascii_case("connection") {
                last = value.eq_ignore_ascii_case("close");
            }
        }
        last = last || matches!(body, Body::UntilClosed);
        Some(Self {
            length: end + 4,
            status,
            body,
            last,
        })
    }
}

impl Body {
    /// Hands the data at the front of the bytes to `with`, and gives how many bytes of them were the body's.
    pub(crate) fn take(&mut self, bytes: &[u8], mut with: impl FnMut(&[u8])) -> usize {
        match self {
            Self::UntilClosed => {
                with(bytes);
                bytes.len()
            }
            Self::Length(left) => {
                let data = bytes.get(..*left).unwrap_or(bytes);
                with(data);
                *left -= data.len();
                data.len()
            }
            Self::Chunked(chunk) => {
                let mut rest = bytes;
                while let (Some((&byte, after)), false) =
                    (rest.split_first(), matches!(chunk, Chunk::End))
                {
                    if let Chunk::Data(left) = chunk {
                        let data = rest.get(..*left).unwrap_or(rest);
                        with(data);
                        rest = rest.get(data.len()..).unwrap_or_default();
                        *chunk = if data.len() == *left {
                            Chunk::DataEnd
                        } else {
                            Chunk::Data(*left - data.len())
                        };
                    } else {
                        *chunk = chunk.after(byte);
                        rest = after;
                    }
                }
                bytes.len() - rest.len()
            }
        }
    }

    /// Whether all of it has come.
    pub(crate) fn ended(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }
}

impl Chunk {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Size(0) | Self::Extension(0), b'\n') => Self::Trailers(0),
            (Self::Size(size) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(size), _) => match char::from(byte).to_digit(16) {
                Some(digit) => Self::Size(size * 16 + digit as usize),
                None => Self::Extension(size),
            },
            (Self::DataEnd, b'\n') => Self::Size(0),
            (Self::Trailers(0), b'\n') => Self::End,
            (Self::Trailers(_), b'\n') => Self::Trailers(0),
            (Self::Trailers(seen), b'\r') => Self::Trailers(seen),
            (Self::Trailers(seen), _) => Self::Trailers(seen + 1),
            (other, _) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n1a;x=1\r\n0123456789abcdefghijklmnop\r\n0\r\nx: y\r\n\r\nNEXT";

    #[test]
    fn a_chunked_body_is_the_same_however_it_is_split() {
        let head = Head::read(CHUNKED).unwrap();
        assert_eq!((head.status, head.last), (200, false));
        let body = &CHUNKED[head.length..];
        for size in 1..=body.len() {
            let (mut framing, mut seen, mut taken) = (Body::Chunked(Chunk::Size(0)), Vec::new(), 0);
            for part in body.chunks(size) {
                taken += framing.take(part, |data| seen.extend_from_slice(data));
            }
            assert!(framing.ended());
            assert_eq!(seen, b"abcd0123456789abcdefghijklmnop");
            assert_eq!(taken, body.len() - "NEXT".len());
        }
    }

    #[test]
    fn a_length_ends_a_body_and_a_request_without_one_has_none() {
        let mut head =
            Head::read(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
                .unwrap();
        assert!(head.last && !head.body.ended());
        assert_eq!(
            head.body.take(b"abcdef", |data| assert_eq!(data, b"abc")),
            3
        );
        assert!(head.body.ended());
        assert!(Head::read(b"GET / HTTP/1.1\r\n\r\n").unwrap().body.ended());
        assert!(Head::read(b"GET / HTTP/1.1\r\n").is_none());
    }
}
