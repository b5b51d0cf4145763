//! The head of one request, judged line by line as it comes.

use std::ops::Range;

use memchr::memchr;

use super::alphabet::{in_token, is_token, is_value, split_at_first, token_length};
use super::gate::REFUSED_METHOD;
use super::target;
use super::violation::{Fault, Violation};

/// The digits of a length that surely fits 64 bits, and leaves room for what implementations keep the last of them for.
const LENGTH_DIGITS: usize = 19;

/// How much a head may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole head, its empty line included.
    pub head_bytes: usize,
    /// Fields.
    pub fields: usize,
    /// Bytes of the path and the query.
    pub uri_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes: 64 * 1024, fields: 100, uri_bytes: 8 * 1024 }
    }
}

/// How the end of a request's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

/// What is known of a head so far. Nothing of it is kept here: its bytes are given anew, and each is looked at once.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Where the line begins that has no end yet.
    line: usize,
    /// How many bytes are known to hold no further end of a line.
    scanned: usize,
    /// Known once the first line has been read.
    version: Option<Version>,
    /// It asks with HEAD.
    bodiless: bool,
    path: Option<Range<usize>>,
    fields: usize,
    host: bool,
    framing: Option<Framing>,
}

impl Head {
    /// Judges what has come anew of these bytes, the first of which is the head's first. Returns where the head ends, if it does.
    ///
    /// A verdict depends on the bytes alone and never on how they came: it falls at the end of a line, or where too much has come.
    pub(super) fn read(&mut self, bytes: &[u8], limits: &Limits) -> Result<Option<usize>, Fault> {
        if self.scanned == 0 && !bytes.first().is_some_and(|first| in_token(*first)) {
            // What speaks another protocol, TLS above all, may never send the end of a line.
            return Err(Fault::unreadable("it does not begin with a method"));
        }
        let taken = bytes.get(..limits.head_bytes).unwrap_or(bytes);
        while let Some(found) = taken.get(self.scanned..).and_then(|unseen| memchr(b'\n', unseen)) {
            let end = self.scanned + found;
            let line = taken.get(self.line..end).unwrap_or_default();
            self.scanned = end + 1;
            self.line = end + 1;
            let line = line.strip_suffix(b"\r").ok_or_else(|| Fault::unreadable("a line ends without CR"))?;
            if self.version.is_none() {
                self.read_request_line(line, limits)?;
            } else if line.is_empty() {
                self.finish()?;
                return Ok(Some(end + 1));
            } else {
                self.read_field(line, limits)?;
            }
        }
        self.scanned = taken.len();
        if taken.len() < bytes.len() { Err(self.too_large(taken, limits)) } else { Ok(None) }
    }

    /// How its body ends.
    pub(super) fn framing(&self) -> Framing {
        self.framing.unwrap_or(Framing::Length(0))
    }

    /// A fault together with what is known of the request that has it.
    pub(super) fn violation(&self, fault: Fault, bytes: &[u8]) -> Violation {
        let Fault { status, message } = fault;
        let path = self.path.clone().and_then(|path| bytes.get(path));
        Violation { status, message, target: path.map(<[u8]>::to_vec), bodiless: self.bodiless }
    }

    fn read_request_line(&mut self, line: &[u8], limits: &Limits) -> Result<(), Fault> {
        let malformed = || Fault::unreadable("its first line is not a method, a target and a version");
        let (method, rest) = split_at_first(b' ', line).ok_or_else(malformed)?;
        let (target, version) = split_at_first(b' ', rest).ok_or_else(malformed)?;
        self.read_method(method)?;
        let verdict = self.read_target(method, target, limits);
        self.version = match version {
            b"HTTP/1.1" => Some(Version::Http11),
            b"HTTP/1.0" => Some(Version::Http10),
            [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
                return Err(Fault::unserved(505, "its version is another"));
            }
            _ => return Err(malformed()),
        };
        verdict
    }

    fn read_method(&mut self, method: &[u8]) -> Result<(), Fault> {
        self.bodiless = method == b"HEAD";
        if !is_token(method) || method == REFUSED_METHOD.as_bytes() {
            return Err(Fault::unreadable("its method is none"));
        }
        if method == b"CONNECT" {
            return Err(Fault::unserved(501, "CONNECT asks for a tunnel, and there are none here"));
        }
        Ok(())
    }

    fn read_target(&mut self, method: &[u8], target: &[u8], limits: &Limits) -> Result<(), Fault> {
        let begin = method.len() + 1;
        let (path, verdict) = target::read(method, target, limits.uri_bytes);
        self.path = path.map(|path| begin + path.start..begin + path.end);
        verdict
    }

    fn read_field(&mut self, line: &[u8], limits: &Limits) -> Result<(), Fault> {
        self.fields += 1;
        if self.fields > limits.fields {
            return Err(Fault::new(431, format!("The request has more than {} header fields.", limits.fields)));
        }
        let Some((name @ [_, ..], [b':', value @ ..])) = line.split_at_checked(token_length(line)) else {
            return Err(nameless(line));
        };
        if !is_value(value) {
            return Err(Fault::unreadable("the value of a header field has a control character"));
        }
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.read_host(),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.read_length(value.trim_ascii()),
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.read_coding(value.trim_ascii()),
            _ => Ok(()),
        }
    }

    fn read_host(&mut self) -> Result<(), Fault> {
        if self.host {
            return Err(Fault::unreadable("it has several Host fields"));
        }
        self.host = true;
        Ok(())
    }

    fn read_length(&mut self, value: &[u8]) -> Result<(), Fault> {
        match self.framing {
            Some(Framing::Chunked) => return Err(two_framings()),
            Some(Framing::Length(_)) => return Err(Fault::unreadable("it has several Content-Length fields")),
            None => {}
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Fault::unreadable("its Content-Length is no number"));
        }
        if value.len() > LENGTH_DIGITS {
            return Err(Fault::unreadable("its Content-Length is beyond all bounds"));
        }
        let length = value.iter().fold(0, |length: u64, digit| length * 10 + u64::from(digit - b'0'));
        self.framing = Some(Framing::Length(length));
        Ok(())
    }

    fn read_coding(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.version == Some(Version::Http10) {
            return Err(Fault::unreadable("HTTP/1.0 has no Transfer-Encoding"));
        }
        match self.framing {
            Some(Framing::Chunked) => return Err(Fault::unserved(501, "it has several Transfer-Encoding fields")),
            Some(Framing::Length(_)) => return Err(two_framings()),
            None => {}
        }
        if !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Fault::unserved(501, "its Transfer-Encoding is another than chunked"));
        }
        self.framing = Some(Framing::Chunked);
        Ok(())
    }

    /// The empty line has come.
    fn finish(&self) -> Result<(), Fault> {
        if self.version == Some(Version::Http11) && !self.host {
            Err(Fault::unreadable("it has no Host field"))
        } else {
            Ok(())
        }
    }

    /// All that is taken has come, and no end.
    fn too_large(&mut self, taken: &[u8], limits: &Limits) -> Fault {
        if self.version.is_none() {
            if let Some((method, rest)) = split_at_first(b' ', taken) {
                let target = split_at_first(b' ', rest).map_or(rest, |(target, _)| target);
                if let Err(fault) = self.read_method(method).and_then(|()| self.read_target(method, target, limits)) {
                    return fault;
                }
            }
        }
        Fault::new(431, format!("The head of the request is larger than {} bytes.", limits.head_bytes))
    }
}

/// What is wrong with a header line that does not begin with a name and a colon.
fn nameless(line: &[u8]) -> Fault {
    Fault::unreadable(match split_at_first(b':', line) {
        _ if line.starts_with(b" ") || line.starts_with(b"\t") => "a header line is folded, or begins with white space",
        Some(([.., b' ' | b'\t'], _)) => "white space stands before the colon of a header field",
        Some(_) => "the name of a header field is none",
        None => "a header line has no colon",
    })
}

fn two_framings() -> Fault {
    Fault::new(400, "The request has both Transfer-Encoding and Content-Length; send one of them.")
}
