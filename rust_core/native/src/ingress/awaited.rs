//! Waiting for an answer, and doing meanwhile what is to be done for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::answer::Cut;
use super::exchange::Answer;

/// What is to be done for an answer.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer that is waited for. The work is done in the task of who waits: in one of its own it would cost a way there and one back.
///
/// Work that was begun is brought to its end, in a task of its own once nobody waits here any more: because the answer has begun and
/// the rest of it is still to come, or because the client has gone, which is for the work to find out.
pub(super) struct Awaited {
    answer: Receiver<Answer>,
    work: Option<Work>,
}

impl Awaited {
    pub(super) fn new(answer: Receiver<Answer>, work: Option<Work>) -> Self {
        Self { answer, work }
    }
}

impl Future for Awaited {
    type Output = Result<Answer, Cut>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Put back only if it goes on: not where it has panicked.
        if let Some(mut work) = this.work.take() {
            if work.as_mut().poll(context).is_pending() {
                this.work = Some(work);
                // Nobody else answers, so that nobody needs to be woken.
                return match this.answer.try_recv() {
                    Ok(answer) => Poll::Ready(Ok(answer)),
                    Err(TryRecvError::Closed) => Poll::Ready(Err(Cut)),
                    Err(TryRecvError::Empty) => Poll::Pending,
                };
            }
        }
        Pin::new(&mut this.answer).poll(context).map_err(|_| Cut)
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // Without a runtime there is nobody who could go on.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}
