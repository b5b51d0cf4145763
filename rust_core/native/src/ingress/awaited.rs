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
/// Work that was begun is brought to its end: by who takes the rest of it, because the answer has begun and more is still to come, or
/// else in a task of its own, because the client has gone, which is for the work to find out.
pub(super) struct Awaited {
    answer: Receiver<Answer>,
    work: Option<Work>,
}

impl Awaited {
    pub(super) fn new(answer: Receiver<Answer>, work: Option<Work>) -> Self {
        Self { answer, work }
    }

    /// What is left of the work, for who does it from here on.
    pub(super) fn rest(&mut self) -> Option<Work> {
        self.work.take()
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
        go_on(self.work.take());
    }
}

/// Brings work to its end in a task of its own.
pub(super) fn go_on(work: Option<Work>) {
    // Without a runtime there is nobody who could go on.
    if let (Some(work), Ok(runtime)) = (work, Handle::try_current()) {
        runtime.spawn(work);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::task::Waker;

    use bytes::Bytes;
    use hyper::HeaderMap;
    use tokio::sync::oneshot;

    use super::super::exchange::Answered;
    use super::*;

    fn answer(status: u16) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Answered::Whole(Bytes::new()) }
    }

    fn poll(awaited: &mut Awaited) -> Poll<Option<u16>> {
        let polled = Pin::new(awaited).poll(&mut Context::from_waker(Waker::noop()));
        polled.map(|answer| answer.ok().map(|answer| answer.status))
    }

    #[tokio::test]
    async fn work_is_done_by_who_waits_and_its_rest_by_itself() {
        let ((sender, receiver), (go_on, told)) = (oneshot::channel(), oneshot::channel::<()>());
        let (done, was_done) = oneshot::channel();
        let work: Work = Box::pin(async move {
            sender.send(answer(200)).unwrap();
            told.await.unwrap();
            done.send(()).unwrap();
        });
        let mut awaited = Awaited::new(receiver, Some(work));
        assert_eq!(poll(&mut awaited), Poll::Ready(Some(200)));
        drop(awaited);
        go_on.send(()).unwrap();
        was_done.await.unwrap();
    }

    #[tokio::test]
    async fn work_that_was_begun_is_brought_to_its_end_when_nobody_waits_for_it() {
        let ((sender, receiver), (go_on, told)) = (oneshot::channel(), oneshot::channel::<()>());
        let (done, was_done) = oneshot::channel();
        let work: Work = Box::pin(async move {
            told.await.unwrap();
            done.send(sender.send(answer(200)).is_err()).unwrap();
        });
        let mut awaited = Awaited::new(receiver, Some(work));
        assert_eq!(poll(&mut awaited), Poll::Pending);
        drop(awaited);
        go_on.send(()).unwrap();
        assert!(was_done.await.unwrap());
    }

    #[tokio::test]
    async fn work_that_leaves_the_answer_to_others_has_them_waited_for() {
        let (sender, receiver) = oneshot::channel();
        let left_to = Arc::new(std::sync::Mutex::new(None));
        let others = Arc::clone(&left_to);
        let work: Work = Box::pin(async move { *others.lock().unwrap() = Some(sender) });
        let mut awaited = Awaited::new(receiver, Some(work));
        assert_eq!(poll(&mut awaited), Poll::Pending);
        let other = left_to.lock().unwrap().take().unwrap();
        other.send(answer(503)).unwrap();
        assert_eq!(awaited.await.ok().map(|answer| answer.status), Some(503));
    }

    #[tokio::test]
    async fn work_that_panics_is_not_gone_on_with() {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::pin(async move {
            let _sender = sender;
            panic!("on purpose");
        });
        let mut awaited = Awaited::new(receiver, Some(work));
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut awaited))).is_err());
        assert_eq!(poll(&mut awaited), Poll::Ready(None));
    }
}
