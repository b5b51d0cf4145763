//! The gate that every byte of a client's connection passes.

use super::chunked::{Advance, Chunked};
use super::head::{Framing, Head, Limits};
use super::violation::{Fault, Violation};

/// The method of the request that stands in for one that is refused. No client's request passes with it.
pub const REFUSED_METHOD: &str = "PYPROXY-REFUSED";

/// The rest of the request that stands in.
const STAND_IN: &[u8] = b" / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// What a client of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Empty lines that are skipped before a head: some clients send one behind a body.
const EMPTY_LINES: u8 = 4;

/// What is under way on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing: the next head has not begun.
    BetweenRequests,
    /// A head, or the preface of HTTP/2.
    Head,
    /// A request's body.
    Body,
    /// Nothing is passed on any more.
    Refused,
    /// Everything is passed on unread.
    Http2,
}

#[derive(Debug)]
enum State {
    /// The connection has begun, perhaps with the preface; what is withheld is a part of it.
    Opening,
    Between(Gap),
    Head(Head),
    Length(u64),
    Chunked(Chunked),
    Refused(Violation),
    Broken(&'static str),
    Http2,
}

/// What stands between two requests.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    empty_lines: u8,
    after_cr: bool,
}

/// Passes strict HTTP/1.1 on, byte for byte, and nothing else; in HTTP/2, everything.
///
/// In place of a head that is refused it passes a request of its own, so that the answer to it takes its turn behind the answers
/// to the requests before. Whoever reads behind the gate meets [`REFUSED_METHOD`] then, and asks for the [`violation`].
///
/// [`violation`]: RequestGate::violation
#[derive(Debug)]
pub struct RequestGate {
    limits: Limits,
    /// What has come of a head that is not whole.
    withheld: Vec<u8>,
    state: State,
}

impl RequestGate {
    /// The gate of a connection that begins.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, withheld: Vec::new(), state: State::Opening }
    }

    /// Takes the next bytes of the client, and appends what may be read of them.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.feed_request(rest, out);
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// The same to the end of one request at most. Returns how many bytes it has taken: the rest belong to the next one.
    pub fn feed_request(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() {
            let within = matches!(self.state, State::Head(_) | State::Length(_) | State::Chunked(_));
            let taken = match &mut self.state {
                State::Opening => self.open(rest, out),
                State::Between(gap) => match gap.skip(rest) {
                    Ok(taken) => {
                        if taken == 0 {
                            self.state = State::Head(Head::default());
                        }
                        taken
                    }
                    Err(fault) => self.refuse(Head::default().violation(fault, &[]), out),
                },
                State::Head(_) => self.read_head(rest, out),
                State::Length(_) | State::Chunked(_) => self.follow(rest, out),
                State::Refused(_) | State::Broken(_) => return bytes.len(),
                State::Http2 => {
                    out.extend_from_slice(rest);
                    return bytes.len();
                }
            };
            rest = rest.get(taken..).unwrap_or_default();
            if within && matches!(self.state, State::Between(_)) {
                break;
            }
        }
        bytes.len() - rest.len()
    }

    /// How many of the next bytes pass whatever they are: those of a body whose end is not near. Who reads them past the gate
    /// spares a copy, and tells of them with [`RequestGate::passed`].
    #[must_use]
    pub fn open_for(&self) -> u64 {
        match &self.state {
            State::Length(left) => *left,
            State::Chunked(chunked) => chunked.data_ahead(),
            State::Http2 => u64::MAX,
            _ => 0,
        }
    }

    /// So many bytes went past the gate, no more than it was open for.
    pub fn passed(&mut self, bytes: u64) {
        match &mut self.state {
            State::Length(left) => {
                *left = left.saturating_sub(bytes);
                if *left == 0 {
                    self.state = State::Between(Gap::default());
                }
            }
            State::Chunked(chunked) if chunked.data_ahead() > 0 => chunked.pass_data(bytes),
            _ => {}
        }
    }

    /// Refuses the head under way for what its bytes do not show, such as the time it takes. There must be one, else nothing happens.
    pub fn give_up(&mut self, status: u16, message: &str, out: &mut Vec<u8>) {
        let fault = Fault::new(status, message);
        let violation = match &self.state {
            State::Head(head) => head.violation(fault, &self.withheld),
            State::Opening if !self.withheld.is_empty() => Head::default().violation(fault, &[]),
            _ => return,
        };
        self.refuse(violation, out);
    }

    /// What is under way.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match &self.state {
            State::Opening if !self.withheld.is_empty() => Phase::Head,
            State::Opening | State::Between(_) => Phase::BetweenRequests,
            State::Head(_) => Phase::Head,
            State::Length(_) | State::Chunked(_) => Phase::Body,
            State::Refused(_) | State::Broken(_) => Phase::Refused,
            State::Http2 => Phase::Http2,
        }
    }

    /// Why a head was refused.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        match &self.state {
            State::Refused(violation) => Some(violation),
            _ => None,
        }
    }

    /// Why a body has no end that anybody could know. To whoever reads it, the connection ends within it.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        match &self.state {
            State::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// Takes what may be the preface of HTTP/2.
    fn open(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let missing = PREFACE.get(self.withheld.len()..).unwrap_or_default();
        let matching = missing.iter().zip(rest).take_while(|(expected, byte)| expected == byte).count();
        if matching == missing.len() {
            self.withheld = Vec::new();
            out.extend_from_slice(PREFACE);
            self.state = State::Http2;
            matching
        } else if matching == rest.len() {
            self.withheld.extend_from_slice(rest);
            matching
        } else {
            let begun = !self.withheld.is_empty();
            self.state = if begun { State::Head(Head::default()) } else { State::Between(Gap::default()) };
            0
        }
    }

    /// Takes bytes of a head. Only one that comes in pieces is copied twice.
    fn read_head(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let State::Head(head) = &mut self.state else { return rest.len() };
        let before = self.withheld.len();
        let bytes = if before == 0 {
            rest
        } else {
            // One byte more than may come is enough to see that too much has come.
            let room = (self.limits.head_bytes + 1).saturating_sub(before);
            self.withheld.extend_from_slice(rest.get(..room).unwrap_or(rest));
            &self.withheld
        };
        match head.read(bytes, &self.limits) {
            Ok(Some(end)) => {
                out.extend_from_slice(bytes.get(..end).unwrap_or_default());
                self.state = match head.framing() {
                    Framing::Length(0) => State::Between(Gap::default()),
                    Framing::Length(length) => State::Length(length),
                    Framing::Chunked => State::Chunked(Chunked::default()),
                };
                self.withheld = Vec::new();
                end.saturating_sub(before)
            }
            Ok(None) => {
                if before == 0 {
                    self.withheld.extend_from_slice(rest);
                }
                rest.len()
            }
            Err(fault) => {
                let violation = head.violation(fault, bytes);
                self.refuse(violation, out)
            }
        }
    }

    /// Takes bytes of a body.
    fn follow(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let taken = match &mut self.state {
            State::Length(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                self.passed(taken as u64);
                taken
            }
            State::Chunked(chunked) => match chunked.advance(rest) {
                Advance::Within => rest.len(),
                Advance::Ends(at) => {
                    self.state = State::Between(Gap::default());
                    at
                }
                Advance::Breaks(at, why) => {
                    self.state = State::Broken(why);
                    at
                }
            },
            _ => 0,
        };
        out.extend_from_slice(rest.get(..taken).unwrap_or_default());
        taken
    }

    fn refuse(&mut self, violation: Violation, out: &mut Vec<u8>) -> usize {
        out.extend_from_slice(REFUSED_METHOD.as_bytes());
        out.extend_from_slice(STAND_IN);
        self.withheld = Vec::new();
        self.state = State::Refused(violation);
        0
    }
}

impl Gap {
    /// Takes one byte of an empty line, or none where a head begins.
    fn skip(&mut self, rest: &[u8]) -> Result<usize, Fault> {
        match (self.after_cr, rest.first()) {
            (false, Some(b'\r')) => self.after_cr = true,
            (true, Some(b'\n')) => {
                *self = Self { empty_lines: self.empty_lines + 1, after_cr: false };
                if self.empty_lines > EMPTY_LINES {
                    return Err(Fault::unreadable("it has empty lines and no method"));
                }
            }
            (true, _) => return Err(Fault::unreadable("a CR has no LF behind it")),
            (false, Some(b'\n')) => return Err(Fault::unreadable("a line ends without CR")),
            (false, _) => return Ok(0),
        }
        Ok(1)
    }
}
