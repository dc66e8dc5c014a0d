//! Entries of revocation lists, for people and as JSON.

use std::fmt::{self, Display, Formatter};

use deputize::text::Quoted;
use deputize::{
    HopId, KeyEnd, PublicKey, RevocationList, RevokedHop, RevokedKey, StatementDigest, VoidSeries,
};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::input::ids::hex;
use crate::output::granted::at;

/// An entry of a revocation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Entry {
    /// A hop, and everything that was delegated from it.
    Hop {
        /// The first 32 digits of the hop's id.
        #[schemars(extend("pattern" = "^[0-9a-f]{32}$"))]
        id: String,
        /// The time since when it is revoked, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        since: String,
        /// The time at which the hop expires, rounded up to a whole hour, RFC 3339, if it is known.
        /// The entry is pruned after it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(extend("format" = "date-time"))]
        expires: Option<String>,
    },
    /// A token.
    Token {
        /// The random id that its owner gave it.
        #[schemars(extend("pattern" = "^[0-9a-f]{32}$"))]
        id: String,
        /// The time since when it is revoked, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        since: String,
    },
    /// Everything of an owner.
    Owner {
        /// The owner's name.
        name: String,
        /// The time since when it is revoked, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        since: String,
    },
    /// A key that is not used any more: hops that it issued and presentations that it made later
    /// are refused.
    RetiredKey {
        /// The key.
        key: PublicKey,
        /// The last second of its use, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        at: String,
        /// The time of the entry, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        since: String,
    },
    /// A key that somebody else may have: every hop that it signed and every presentation that it
    /// made are refused.
    CompromisedKey {
        /// The key.
        key: PublicKey,
        /// The ids of hops that it signed and that stay valid.
        good: Vec<HopId>,
        /// The digests of its successor statements that stay valid.
        #[schemars(with = "Vec<String>")]
        successors: Vec<String>,
        /// The time of the entry, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        since: String,
    },
    /// The own lists of a delegator, from a sequence on: they count as without entries.
    VoidOwn {
        /// The delegator's key.
        key: PublicKey,
        /// The first sequence that is void.
        from: u64,
    },
    /// The lists by a power, from a sequence on: they count as without entries.
    VoidPower {
        /// The last hop of the token that gives the power.
        hop: HopId,
        /// The first sequence that is void.
        from: u64,
    },
    /// One list: it counts as without entries.
    VoidList {
        /// The digest of the list.
        #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
        digest: String,
    },
}

impl Entry {
    /// Returns the entry of a hop.
    pub fn hop(hop: &RevokedHop) -> Self {
        Self::Hop { id: hex(hop.id()), since: at(hop.since()), expires: hop.expires().map(at) }
    }

    /// Returns the entry of a token.
    pub fn token(id: [u8; 16], since: OffsetDateTime) -> Self {
        Self::Token { id: hex(id), since: at(since) }
    }

    /// Returns the entry of an owner.
    pub fn owner(name: &str, since: OffsetDateTime) -> Self {
        Self::Owner { name: name.to_owned(), since: at(since) }
    }

    /// Returns the entry of a key.
    pub fn key(key: PublicKey, revoked: &RevokedKey) -> Self {
        let since = at(revoked.since());
        match revoked.end() {
            KeyEnd::Compromised { good, successors, .. } => Self::CompromisedKey {
                key,
                good: good.iter().copied().collect(),
                successors: successors.iter().map(StatementDigest::to_string).collect(),
                since,
            },
            KeyEnd::Retired { at: end, .. } => Self::RetiredKey { key, at: at(*end), since },
            // The library has no third way.
            _ => Self::CompromisedKey { key, good: Vec::new(), successors: Vec::new(), since },
        }
    }

    /// Returns the entries of a list except those of hops, which can be many.
    pub fn of_text(list: &RevocationList) -> Vec<Self> {
        let tokens = list.tokens().map(|(id, since)| Self::token(id, since));
        let owners = list.owners().map(|(name, since)| Self::owner(name, since));
        let keys = list.keys().map(|(key, revoked)| Self::key(key, revoked));
        let series = list.void_series().filter_map(|(series, from)| Self::void(series, from));
        let lists = list.void_lists().map(|digest| Self::VoidList { digest: digest.to_string() });
        tokens.chain(owners).chain(keys).chain(series).chain(lists).collect()
    }

    /// Returns the entry of a series whose lists are void.
    pub fn void(series: VoidSeries, from: u64) -> Option<Self> {
        match series {
            VoidSeries::Own(key) => Some(Self::VoidOwn { key, from }),
            VoidSeries::Power(hop) => Some(Self::VoidPower { hop, from }),
            _ => None,
        }
    }

    /// Returns true for an entry that revokes nothing, but voids entries of another list.
    pub fn is_void(&self) -> bool {
        matches!(self, Self::VoidOwn { .. } | Self::VoidPower { .. } | Self::VoidList { .. })
    }

    /// Returns true if it refuses less than `before`, an entry about the same subject.
    pub fn is_weaker_than(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::RetiredKey { .. }, Self::CompromisedKey { .. }) => true,
            // Times have one spelling, so their texts are in their order.
            (Self::RetiredKey { at, .. }, Self::RetiredKey { at: before, .. }) => at > before,
            (
                Self::CompromisedKey { good, successors, .. },
                Self::CompromisedKey { good: good_before, successors: successors_before, .. },
            ) => {
                good.iter().any(|hop| !good_before.contains(hop))
                    || successors.iter().any(|own| !successors_before.contains(own))
            }
            // More entries of the other lists are void.
            (Self::VoidOwn { from, .. }, Self::VoidOwn { from: before, .. })
            | (Self::VoidPower { from, .. }, Self::VoidPower { from: before, .. }) => from < before,
            _ => false,
        }
    }

    /// Returns the kind of the subject, and the subject.
    pub fn subject(&self) -> (&'static str, String) {
        match self {
            Self::Hop { id, .. } => ("hop", id.clone()),
            Self::Token { id, .. } => ("token", id.clone()),
            Self::Owner { name, .. } => ("owner", name.clone()),
            Self::RetiredKey { key, .. } | Self::CompromisedKey { key, .. } => {
                ("key", key.to_string())
            }
            Self::VoidOwn { key, .. } => ("own", key.to_string()),
            Self::VoidPower { hop, .. } => ("power", hop.to_string()),
            Self::VoidList { digest } => ("list", digest.clone()),
        }
    }
}

/// Writes the entry in one line.
impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hop { id, since, expires: Some(expires) } => {
                write!(f, "hop {id} since {since}, expires by {expires}")
            }
            Self::Hop { id, since, expires: None } => {
                write!(f, "hop {id} since {since}, expiry unknown")
            }
            Self::Token { id, since } => write!(f, "token {id} since {since}"),
            Self::Owner { name, since } => write!(f, "owner {} since {since}", Quoted(name)),
            Self::RetiredKey { key, at, since } => {
                write!(f, "key {key} retired at {at}, since {since}")
            }
            Self::CompromisedKey { key, good, successors, since } => {
                write!(f, "key {key} compromised, since {since}")?;
                good.iter().try_for_each(|hop| write!(f, ", but for hop {hop}"))?;
                successors.iter().try_for_each(|own| write!(f, ", but for successor {own}"))
            }
            Self::VoidOwn { key, from } => write!(f, "void: own lists of {key} from {from}"),
            Self::VoidPower { hop, from } => write!(f, "void: lists by power {hop} from {from}"),
            Self::VoidList { digest } => write!(f, "void: list {digest}"),
        }
    }
}
