//! Decides whether requests may be sent at the moment.

/// Why everything waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Request after request failed.
    Sick,
    /// The far end said: too many requests.
    Throttled,
    /// The operator has to change something.
    Held,
    /// Whatever was tried last was refused: is it the records or the endpoint?
    Doubt,
}

/// Open, or closed until a time at which one request may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    Closed { until: u64, why: Why, asking: bool },
}

impl Gate {
    /// `Err` with the time to ask again; with `None` while an answer is awaited.
    pub(crate) fn may_send(&self, now: u64) -> Result<(), Option<u64>> {
        match *self {
            Self::Closed { asking: true, .. } => Err(None),
            Self::Closed { until, .. } if now < until => Err(Some(until)),
            Self::Open | Self::Closed { .. } => Ok(()),
        }
    }

    /// A request goes out.
    pub(crate) fn sent(&mut self) {
        if let Self::Closed { asking, .. } = self {
            *asking = true;
        }
    }

    pub(crate) fn open(&mut self) {
        *self = Self::Open;
    }

    /// Never opens sooner than the far end said.
    pub(crate) fn close(&mut self, until: u64, why: Why) {
        let until = match *self {
            Self::Closed { until: named, why: Why::Throttled, .. } => until.max(named),
            _ => until,
        };
        *self = Self::Closed { until, why, asking: false };
    }

    /// The next request is to find out whether anything is taken.
    pub(crate) fn is_doubtful(&self) -> bool {
        matches!(self, Self::Closed { why: Why::Doubt, .. })
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self != Self::Open
    }

    /// Asks now, unless the far end named the time.
    pub(crate) fn hurry(&mut self, now: u64) {
        if let Self::Closed { until, why: Why::Sick | Why::Held | Why::Doubt, .. } = self {
            *until = (*until).min(now);
        }
    }

    /// The time to ask, if that is to come.
    pub(crate) fn until(&self, now: u64) -> Option<u64> {
        match *self {
            Self::Closed { until, asking: false, .. } if until > now => Some(until),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_asks_when_the_time_has_come() {
        let mut gate = Gate::Open;
        assert_eq!(gate.may_send(0), Ok(()));
        gate.close(10, Why::Held);
        assert_eq!(gate.may_send(9), Err(Some(10)));
        assert_eq!(gate.may_send(10), Ok(()));
        gate.sent();
        assert_eq!(gate.may_send(11), Err(None));
        gate.close(30, Why::Held);
        gate.hurry(12);
        assert_eq!(gate.may_send(12), Ok(()));
        gate.open();
        assert_eq!(gate.may_send(0), Ok(()));
    }

    #[test]
    fn nothing_hurries_a_far_end_that_named_a_time() {
        let mut gate = Gate::Open;
        gate.close(100, Why::Throttled);
        gate.hurry(1);
        gate.close(50, Why::Sick);
        assert_eq!(gate.may_send(60), Err(Some(100)));
    }
}
