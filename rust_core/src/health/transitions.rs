//! The states of health, their events, and what they lead to: a table of data.

/// How an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// As it should.
    Healthy,
    /// It answers, but fails too often or is too slow.
    Degraded,
    /// It fails.
    Unhealthy,
    /// It failed, and has begun to answer again.
    Recovering,
}

/// What moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// An attempt or a probe ended well.
    Success,
    /// So many in a row did.
    SuccessesReached,
    /// An attempt or a probe failed.
    Failure,
    /// So many in a row did.
    FailuresReached,
    /// The success ratio or the latency passed the bound.
    Worsened,
    /// Both are back, by a margin.
    Improved,
}

/// Every transition there is; whatever is not in it changes nothing.
#[rustfmt::skip]
pub const TABLE: &[(Health, Event, Health)] = &[
    (Health::Healthy,    Event::FailuresReached,  Health::Unhealthy),
    (Health::Healthy,    Event::Worsened,         Health::Degraded),
    (Health::Degraded,   Event::FailuresReached,  Health::Unhealthy),
    (Health::Degraded,   Event::Improved,         Health::Healthy),
    (Health::Unhealthy,  Event::Success,          Health::Recovering),
    (Health::Recovering, Event::Failure,          Health::Unhealthy), // one is enough: it has not shown itself well yet
    (Health::Recovering, Event::SuccessesReached, Health::Healthy),
];

/// What an event leads to; `None` where it changes nothing.
#[must_use]
pub fn next(state: Health, event: Event) -> Option<Health> {
    TABLE.iter().find(|(from, by, _)| *from == state && *by == event).map(|(_, _, to)| *to)
}

impl Health {
    /// Its name to a user.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Recovering => "recovering",
        }
    }
}
