//! What the host's event loop has to know, in the order in which it happened, and the bell that wakes the loop for it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A list that many threads write to and one event loop reads. Writing never waits for the reader.
///
/// The loop watches [`Inbox::bell`] and calls [`Inbox::take`] when it becomes readable; the bell is rung once for
/// whatever comes until then, so that a busy loop is not woken for each thing.
#[derive(Debug)]
pub struct Inbox<Event> {
    events: Mutex<Vec<Event>>,
    rings: UnixStream,
    heard: UnixStream,
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
        Ok(Self { events: Mutex::new(Vec::new()), rings, heard })
    }

    /// What becomes readable when there is something to take.
    #[must_use]
    pub fn bell(&self) -> RawFd {
        self.heard.as_raw_fd()
    }

    /// Leaves something to be known.
    pub fn push(&self, event: Event) {
        let mut events = self.events();
        events.push(event);
        let is_first = events.len() == 1;
        drop(events);
        if is_first {
            // It cannot be full, since it holds one ring at most; and where the reader is gone nobody wants to know.
            let _ = (&self.rings).write(&[1]);
        }
    }

    /// All there is to know, the oldest first.
    pub fn take(&self) -> Vec<Event> {
        let mut rings = [0; 16];
        // The bell first: what comes between the two is taken now, and its ring finds nothing the next time.
        while matches!((&self.heard).read(&mut rings), Err(error) if error.kind() == ErrorKind::Interrupted) {}
        std::mem::take(&mut *self.events())
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    fn rung(inbox: &Inbox<usize>) -> bool {
        let mut byte = [0];
        let peeked = inbox.heard.try_clone().unwrap();
        matches!((&peeked).read(&mut byte), Ok(1))
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
        assert_eq!(inbox.take(), []);
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
