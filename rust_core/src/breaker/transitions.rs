//! The breaker's states, its events, and what they lead to: a table of data.

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// All may pass.
    Closed,
    /// Closed again a while ago: a growing share may pass.
    Ramping,
    /// None may pass.
    Open,
    /// A few probes may pass.
    HalfOpen,
}

/// What moves a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Enough attempts failed, in a row or in the window.
    FailuresReached,
    /// It has been open for its recovery time.
    RecoveryElapsed,
    /// A probe failed.
    ProbeFailed,
    /// Enough probes ended well.
    ProbesPassed,
    /// It has ramped for its slow start.
    RampElapsed,
    /// An operator opens it.
    Trip,
    /// An operator closes it.
    Reset,
}

/// Whether a transition begins a generation: what was let through before it says nothing any more.
type Fresh = bool;

/// Every transition there is; whatever is not in it changes nothing.
#[rustfmt::skip]
pub const TABLE: &[(State, Event, State, Fresh)] = &[
    (State::Closed,   Event::FailuresReached, State::Open,     true),
    (State::Closed,   Event::Trip,            State::Open,     true),
    (State::Closed,   Event::Reset,           State::Closed,   true),
    (State::Ramping,  Event::FailuresReached, State::Open,     true),
    (State::Ramping,  Event::RampElapsed,     State::Closed,   false), // what was let through meanwhile still counts
    (State::Ramping,  Event::Trip,            State::Open,     true),
    (State::Ramping,  Event::Reset,           State::Closed,   true),
    (State::Open,     Event::RecoveryElapsed, State::HalfOpen, true),
    (State::Open,     Event::Trip,            State::Open,     true),
    (State::Open,     Event::Reset,           State::Closed,   true),
    (State::HalfOpen, Event::ProbeFailed,     State::Open,     true),
    (State::HalfOpen, Event::ProbesPassed,    State::Ramping,  true),
    (State::HalfOpen, Event::Trip,            State::Open,     true),
    (State::HalfOpen, Event::Reset,           State::Closed,   true),
];

/// What an event leads to, and whether that begins a generation; `None` where it changes nothing.
#[must_use]
pub fn next(state: State, event: Event) -> Option<(State, Fresh)> {
    let row = TABLE.iter().find(|(from, by, _, _)| *from == state && *by == event);
    row.map(|(_, _, to, fresh)| (*to, *fresh))
}

impl State {
    /// Its name to a user, for whom a breaker that ramps is closed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed | Self::Ramping => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}
