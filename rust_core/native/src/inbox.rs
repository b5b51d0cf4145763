//! What the host's event loop has to know, in the order in which it happened, and the bell that wakes the loop for it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A list that many threads write to and one event loop reads. Writing never waits for the reader.
///
/// The loop watches [`Inbox::bell`] and calls [`Inbox::take`] when it becomes readable; the bell is rung once for
/// whatever comes until then, so that a busy loop is not woken for each thing.
#[derive(Debug)]
pub struct Inbox<Event>(Mutex<Inner<Event>>);

#[derive(Debug)]
struct Inner<Event> {
    events: Vec<Event>,
    bell: Option<Bell>,
}

#[derive(Debug)]
struct Bell {
    rings: Arc<UnixStream>,
    heard: Arc<UnixStream>,
}

impl<Event> Inbox<Event> {
    /// An empty one.
    ///
    /// # Errors
    /// No more file descriptors can be had.
    pub fn new() -> io::Result<Self> {
        let (rings, heard) = UnixStream::pair()?;
        rings.set_nonblocking(true)?;
        heard.set_nonblocking(true)?;
        let bell = Bell { rings: Arc::new(rings), heard: Arc::new(heard) };
        Ok(Self(Mutex::new(Inner { events: Vec::new(), bell: Some(bell) })))
    }

    /// What becomes readable when there is something to take, until it is closed.
    #[must_use]
    pub fn bell(&self) -> Option<RawFd> {
        self.inner().bell.as_ref().map(|bell| bell.heard.as_raw_fd())
    }

    /// Leaves something to be known; nothing, where nobody listens any more.
    pub fn push(&self, event: Event) {
        let mut inner = self.inner();
        let Some(rings) = inner.bell.as_ref().map(|bell| Arc::clone(&bell.rings)) else { return };
        inner.events.push(event);
        let is_first = inner.events.len() == 1;
        drop(inner);
        if is_first {
            // It cannot be full, since it holds two rings at most; and where the reader is gone nobody wants to know.
            let _ = (&*rings).write(&[1]);
        }
    }

    /// All there is to know, the oldest first.
    pub fn take(&self) -> Vec<Event> {
        let Some(heard) = self.inner().bell.as_ref().map(|bell| Arc::clone(&bell.heard)) else { return Vec::new() };
        let mut rings = [0; 16];
        // The bell first: what comes between the two is taken now, and its ring finds nothing the next time.
        while matches!((&*heard).read(&mut rings), Err(error) if error.kind() == ErrorKind::Interrupted) {}
        std::mem::take(&mut self.inner().events)
    }

    /// Listens no more: what is there is forgotten, and what comes is not kept.
    pub fn close(&self) {
        let mut inner = self.inner();
        let forgotten = (inner.bell.take(), std::mem::take(&mut inner.events));
        drop(inner);
        drop(forgotten); // with the lock given back: what is dropped may have something to say
    }

    fn inner(&self) -> MutexGuard<'_, Inner<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn rung(inbox: &Inbox<usize>) -> bool {
        let mut byte = [0];
        let heard = Arc::clone(&inbox.inner().bell.as_ref().unwrap().heard);
        matches!((&*heard).read(&mut byte), Ok(1))
    }

    #[test]
    fn the_bell_is_rung_once_for_whatever_comes_before_it_is_taken() {
        let inbox = Inbox::new().unwrap();
        inbox.push(1);
        inbox.push(2);
        assert!(rung(&inbox));
        assert!(!rung(&inbox));
        assert_eq!(inbox.take(), [1, 2]);
        assert!(!rung(&inbox));
        inbox.push(3);
        assert!(rung(&inbox));
        assert_eq!(inbox.take(), [3]);
        assert!(inbox.take().is_empty());
    }

    #[test]
    fn what_is_closed_keeps_nothing() {
        let inbox = Inbox::new().unwrap();
        inbox.push(1);
        inbox.close();
        inbox.push(2);
        assert!(inbox.take().is_empty());
        assert_eq!(inbox.bell(), None);
    }

    #[test]
    fn nothing_is_lost_or_swapped_between_threads() {
        let inbox = Arc::new(Inbox::new().unwrap());
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let inbox = Arc::clone(&inbox);
                thread::spawn(move || (0..1000).for_each(|number| inbox.push(writer * 1000 + number)))
            })
            .collect();
        let mut taken = Vec::new();
        while taken.len() < 4000 {
            taken.extend(inbox.take());
            thread::yield_now();
        }
        for writer in writers {
            writer.join().unwrap();
        }
        for writer in 0..4 {
            let own: Vec<_> = taken.iter().filter(|&&number| number / 1000 == writer).copied().collect();
            assert!(own.is_sorted());
            assert_eq!(own.len(), 1000);
        }
    }
}
