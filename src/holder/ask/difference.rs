//! The differences between a wish and a grant.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::capability::Capability;
use crate::grant::Grant;
use crate::holder::ask::wish::Wish;
use crate::instant::{Span, UnixTime};
use crate::text::escape::Backticked;

/// One aspect in which a grant differs from the wish that it answers. In JSON it is an object with
/// the member `aspect`, durations in seconds, and times as RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "aspect", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// The delegate has another name or kind than the asker claims.
    Name {
        /// The name in the grant.
        granted: String,
    },
    /// The wish has a capability that the grant does not have in this form.
    CapabilityMissing(Box<Capability>),
    /// The grant has a capability that the wish does not have in this form.
    CapabilityAdded(Box<Capability>),
    /// The grant allows another number of further delegations.
    MaxHops {
        /// The number in the grant.
        granted: u32,
    },
    /// The grant ends earlier or later than the lifetime of the wish.
    Lifetime {
        /// The lifetime of the grant.
        #[serde(with = "seconds")]
        granted: Duration,
    },
    /// The grant begins later.
    NotBefore {
        /// Its start.
        #[serde(with = "in_rfc3339")]
        granted: OffsetDateTime,
    },
    /// The grant allows calls to these services only.
    Audience {
        /// The services.
        granted: Vec<String>,
    },
    /// The grant allows further delegations to some keys only.
    Delegates {
        /// The number of keys.
        granted: usize,
    },
    /// The grant has another purpose.
    Purpose {
        /// The purpose.
        granted: String,
    },
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use time::Duration;

    pub(super) fn serialize<S: Serializer>(own: &Duration, to: S) -> Result<S::Ok, S::Error> {
        own.whole_seconds().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        i64::deserialize(from).map(Duration::seconds)
    }
}

mod in_rfc3339 {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use time::OffsetDateTime;

    use crate::instant::{UnixTime, rfc3339};

    pub(super) fn serialize<S: Serializer>(at: &OffsetDateTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&UnixTime::from(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<OffsetDateTime, D::Error> {
        let text = String::deserialize(from)?;
        rfc3339(&text).ok_or_else(|| D::Error::custom("expected a time in RFC 3339"))
    }
}

pub(super) fn between(wish: &Wish, grant: &Grant, issued: UnixTime) -> Vec<Difference> {
    let mut found = Vec::new();
    let (asker, delegate) = (wish.asker(), grant.delegate());
    if (asker.name(), asker.kind()) != (delegate.name(), delegate.kind()) {
        found.push(Difference::Name { granted: delegate.name().to_owned() });
    }
    let missing = wish.capabilities.iter().filter(|own| !grant.capabilities().contains(own));
    found.extend(missing.map(|own| Difference::CapabilityMissing(Box::new(own.clone()))));
    let added = grant.capabilities().iter().filter(|own| !wish.capabilities.contains(own));
    found.extend(added.map(|own| Difference::CapabilityAdded(Box::new(own.clone()))));
    if grant.max_hops() != wish.max_hops {
        found.push(Difference::MaxHops { granted: grant.max_hops() });
    }
    let lifetime = grant.expires.since(issued);
    if lifetime != wish.lifetime {
        let granted = Duration::seconds(i64::try_from(lifetime).unwrap_or(i64::MAX));
        found.push(Difference::Lifetime { granted });
    }
    if let Some(granted) = grant.not_before.filter(|start| *start > issued) {
        found.push(Difference::NotBefore { granted: granted.to_datetime() });
    }
    if let Some(services) = grant.audience() {
        found.push(Difference::Audience { granted: services.iter().cloned().collect() });
    }
    if let Some(keys) = grant.allowed_delegates().filter(|_| grant.max_hops() > 0) {
        found.push(Difference::Delegates { granted: keys.len() });
    }
    if grant.purpose() != wish.purpose {
        found.push(Difference::Purpose { granted: grant.purpose().to_owned() });
    }
    found
}

/// Writes the difference as a sentence whose subject is the grant.
impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { granted } => write!(f, "names the delegate {}", Backticked(granted)),
            Self::CapabilityMissing(own) => write!(f, "does not have the capability {own}"),
            Self::CapabilityAdded(own) => write!(f, "has the capability {own}"),
            Self::MaxHops { granted: 1 } => f.write_str("allows 1 further delegation"),
            Self::MaxHops { granted } => write!(f, "allows {granted} further delegations"),
            Self::Lifetime { granted } => {
                let seconds = u64::try_from(granted.whole_seconds()).unwrap_or(0);
                write!(f, "is valid for {}", Span(seconds))
            }
            Self::NotBefore { granted } => {
                write!(f, "begins at {}", UnixTime::from(*granted))
            }
            Self::Audience { granted } => {
                f.write_str("allows calls only to ")?;
                for (i, service) in granted.iter().enumerate() {
                    let separator = if i == 0 { "" } else { ", " };
                    write!(f, "{separator}{}", Backticked(service))?;
                }
                Ok(())
            }
            Self::Delegates { granted: 1 } => {
                f.write_str("allows further delegations to 1 key only")
            }
            Self::Delegates { granted } => {
                write!(f, "allows further delegations to {granted} keys only")
            }
            Self::Purpose { granted } => write!(f, "has the purpose {}", Backticked(granted)),
        }
    }
}
