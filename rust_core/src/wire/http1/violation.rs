//! What is wrong with a head, and what its client is to be told.

/// Why a head was not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The status to answer with.
    pub status: u16,
    /// What is wrong, in a sentence for the client.
    pub message: String,
    /// The path that was asked for, without its query, where it could be read.
    pub target: Option<Vec<u8>>,
    /// It was a HEAD, as far as could be read: the answer has no body.
    pub bodiless: bool,
}

/// What is wrong, whatever was asked for.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// It is not HTTP/1.1.
    pub(super) fn unreadable(why: &str) -> Self {
        Self::unserved(400, why)
    }

    /// It may be HTTP, but not what is served here.
    pub(super) fn unserved(status: u16, why: &str) -> Self {
        Self::new(status, format!("This cannot be read as HTTP/1.1: {why}."))
    }
}
