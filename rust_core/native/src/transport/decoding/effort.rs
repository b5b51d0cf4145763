//! How much is decoded at once: whoever polls has others to serve.

/// Bytes that may be read and made at once.
const AT_ONCE: usize = 256 * 1024;
/// What a step costs beside its bytes: a member or a frame without content is a few bytes to read and much to set up.
const STEP: usize = 4 * 1024;

/// What may still be done before others have their turn.
#[derive(Debug)]
pub(in super::super) struct Effort(usize);

impl Effort {
    /// As much as may be done at once.
    pub(in super::super) fn new() -> Self {
        Self(AT_ONCE)
    }

    /// Notes a step that has moved so many bytes.
    pub(in super::super) fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes.saturating_add(STEP));
    }

    /// Whether it is time to let others have their turn.
    pub(in super::super) fn is_spent(&self) -> bool {
        self.0 == 0
    }
}
