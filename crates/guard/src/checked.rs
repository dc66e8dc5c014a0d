//! The answer of a guard about a call.

use std::fmt::{self, Debug, Display, Formatter};

use deputize::bind::{HttpRefusal, McpCall};
use deputize::{
    CodedError, Denial, ForCaller, Observation, Permit, Refusal, Request, VerifiedChain,
};
use deputize_audit::{LogError, WatchedCall, WatchedObservedCall, Written};
use time::OffsetDateTime;

/// The answer of a [`Guard`](crate::Guard) about a call.
#[derive(Debug)]
#[must_use = "a call goes out only by one of these"]
pub enum Checked {
    /// The call is allowed, and recorded.
    Allowed(Box<Pass>),
    /// The call is observed: it goes out as before, whatever the decision was.
    Observed(Box<ObservedPass>),
    /// The call is refused.
    Refused(Refused),
}

impl Checked {
    /// Returns the pass of an allowed call. For services that never observe.
    ///
    /// # Errors
    ///
    /// [`Refused`], also for a call that is observed: it has no permit.
    pub fn into_result(self) -> Result<Pass, Refused> {
        match self {
            Self::Allowed(pass) => Ok(*pass),
            Self::Observed(_) => Err(Refused::unavailable(Unavailable::Observing)),
            Self::Refused(refused) => Err(refused),
        }
    }
}

/// An allowed call. Execute the request in it, and say what became of it: if the pass is dropped,
/// the outcome is recorded as unknown.
pub struct Pass(Allowed);

enum Allowed {
    Recorded(WatchedCall),
    NotRecorded(Permit),
}

impl Pass {
    pub(crate) fn recorded(call: WatchedCall) -> Self {
        Self(Allowed::Recorded(call))
    }

    pub(crate) fn not_recorded(permit: Permit) -> Self {
        Self(Allowed::NotRecorded(permit))
    }

    /// Returns the permit.
    pub fn permit(&self) -> &Permit {
        match &self.0 {
            Allowed::Recorded(call) => call.permit(),
            Allowed::NotRecorded(permit) => permit,
        }
    }

    /// Returns the request to execute, and no other.
    pub fn request(&self) -> &Request {
        self.permit().request()
    }

    /// Returns the chain.
    pub fn chain(&self) -> &VerifiedChain {
        self.permit().chain()
    }

    /// Returns the index of the record of the decision; `None` if nothing is recorded.
    pub fn record(&self) -> Option<u64> {
        match &self.0 {
            Allowed::Recorded(call) => Some(call.index()),
            Allowed::NotRecorded(_) => None,
        }
    }

    /// Records that the call was made, with the length and a salted commitment to the digest of its
    /// result, if it has one. `None` if nothing is recorded.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(
        self,
        output: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Option<Written>, LogError> {
        match self.0 {
            Allowed::Recorded(call) => call.done(output, now).map(Some),
            Allowed::NotRecorded(_) => Ok(None),
        }
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Option<Written>, LogError> {
        match self.0 {
            Allowed::Recorded(call) => call.failed(now).map(Some),
            Allowed::NotRecorded(_) => Ok(None),
        }
    }
}

impl Debug for Pass {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("record", &self.record()).finish_non_exhaustive()
    }
}

/// A call that is observed and goes out as before. It has no permit. Say what became of it, as for a
/// [`Pass`].
pub struct ObservedPass(Seen);

enum Seen {
    Recorded(Box<WatchedObservedCall>),
    NotRecorded(Box<Observation>),
}

impl ObservedPass {
    pub(crate) fn recorded(call: WatchedObservedCall) -> Self {
        Self(Seen::Recorded(Box::new(call)))
    }

    pub(crate) fn not_recorded(observation: Observation) -> Self {
        Self(Seen::NotRecorded(Box::new(observation)))
    }

    /// Returns the observation, which says whether enforcement would refuse the call.
    pub fn observation(&self) -> &Observation {
        match &self.0 {
            Seen::Recorded(call) => call.observation(),
            Seen::NotRecorded(observation) => observation,
        }
    }

    /// Returns the index of the record of the observation; `None` if nothing is recorded.
    pub fn record(&self) -> Option<u64> {
        match &self.0 {
            Seen::Recorded(call) => call.index(),
            Seen::NotRecorded(_) => None,
        }
    }

    /// Records that the call was made, as [`Pass::done`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(
        self,
        output: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Option<Written>, LogError> {
        match self.0 {
            Seen::Recorded(call) => call.done(output, now),
            Seen::NotRecorded(_) => Ok(None),
        }
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Option<Written>, LogError> {
        match self.0 {
            Seen::Recorded(call) => call.failed(now),
            Seen::NotRecorded(_) => Ok(None),
        }
    }
}

impl Debug for ObservedPass {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedPass").field("record", &self.record()).finish_non_exhaustive()
    }
}

/// A call that is refused, by the decision or because the guard cannot do its part.
///
/// [`for_caller`](Self::for_caller), [`to_http`](Self::to_http), [`to_mcp`](Self::to_mcp) and
/// [`for_model`](Self::for_model) give what the caller may see. `Display` is for the operator.
#[derive(Debug)]
pub struct Refused(Why);

#[derive(Debug)]
enum Why {
    Denied(Box<Denial>),
    Unavailable(Unavailable),
}

/// The part of a guard that was missing for a call. The call may be made again later.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// The decision could not be recorded.
    NotRecorded(LogError),
    /// The call is observed, and the service asked for a permit.
    Observing,
    /// The task that decides ended by a defect.
    Died,
}

impl Refused {
    pub(crate) fn denied(denial: Denial) -> Self {
        Self(Why::Denied(Box::new(denial)))
    }

    pub(crate) fn unavailable(why: Unavailable) -> Self {
        Self(Why::Unavailable(why))
    }

    /// Returns the denial, with everything that only the operator and the holder may see; `None` if
    /// the call was not refused by a decision.
    pub fn denial(&self) -> Option<&Denial> {
        match &self.0 {
            Why::Denied(denial) => Some(denial),
            Why::Unavailable(_) => None,
        }
    }

    /// Returns the missing part; `None` if the call was refused by a decision.
    pub fn missing(&self) -> Option<&Unavailable> {
        match &self.0 {
            Why::Denied(_) => None,
            Why::Unavailable(why) => Some(why),
        }
    }

    /// Returns the part that the caller may see.
    pub fn for_caller(&self) -> ForCaller<'_> {
        match &self.0 {
            Why::Denied(denial) => denial.for_caller(),
            Why::Unavailable(_) => ForCaller::Stranger(Refusal::try_later()),
        }
    }

    /// Returns the refusal as an HTTP response.
    pub fn to_http(&self) -> HttpRefusal {
        self.for_caller().to_http()
    }

    /// Returns the refusal as the answer to a message of MCP, as [`ForCaller::to_mcp`] does.
    pub fn to_mcp(&self, call: McpCall, id: &str) -> String {
        self.for_caller().to_mcp(call, id)
    }

    /// Returns the refusal as a text for a language model.
    pub fn for_model(&self) -> String {
        self.for_caller().for_model()
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Denied(denial) => Display::fmt(denial, f),
            Why::Unavailable(why) => write!(f, "refused: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

impl Display for Unavailable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRecorded(why) => write!(f, "the decision cannot be recorded: {why}"),
            Self::Observing => f.write_str(
                "the guard observes and gives no permit; handle calls that are observed",
            ),
            Self::Died => f.write_str("the task that decides ended by a defect"),
        }
    }
}

/// The code of the denial, that of the log's error, `guard_observing` or `guard_died`.
impl CodedError for Refused {
    fn code(&self) -> &'static str {
        match &self.0 {
            Why::Denied(denial) => denial.code(),
            Why::Unavailable(Unavailable::NotRecorded(why)) => why.code(),
            Why::Unavailable(Unavailable::Observing) => "guard_observing",
            Why::Unavailable(Unavailable::Died) => "guard_died",
        }
    }
}
