//! Messages to sign, for keys that are kept elsewhere.

use std::fmt::{self, Debug, Formatter};

use time::OffsetDateTime;

use crate::chain::Hop;
use crate::holder::ask::message::UnsignedAsk;
use crate::holder::ask::wish::Wish;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::request::Request;
use crate::statement::directory::agent::Agent;
use crate::statement::directory::draft::UnsignedDirectory;
use crate::statement::revocation::unsigned::UnsignedRevocations;
use crate::statement::succession::statement::UnsignedSuccessor;
use crate::token::UnsignedToken;
use crate::token::presentation::UnsignedPresentation;

/// A message to be signed, with the key that must sign it and the meaning of the signature.
///
/// The message was encoded from the very values that [`kind`](Self::kind) returns, and only the
/// library makes one. So a signer can decide by kind and content: sign presentations without
/// asking, for example, and delegations only after a person has confirmed them.
///
/// ```
/// use deputize::{SigningKind, ToSign};
/// use time::{Duration, OffsetDateTime};
///
/// /// What this key signs without asking a person.
/// fn needs_nobody(asked: &ToSign<'_>, now: OffsetDateTime) -> bool {
///     match asked.kind() {
///         SigningKind::Present { request, until, .. } => {
///             request.audience() == "crm.acme.com" && until <= now + Duration::MINUTE
///         }
///         _ => false,
///     }
/// }
/// ```
///
/// # Security
///
/// This is useful if the same trusted program prepares the token and signs. A program that gets
/// bytes from elsewhere cannot rely on the kind that comes with them: see *Keys that are kept
/// elsewhere* in [the guide](crate::_guide::agent).
#[derive(Clone, Copy)]
pub struct ToSign<'a> {
    message: &'a [u8],
    key: PublicKey,
    kind: SigningKind<'a>,
}

/// The meaning of a signature.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SigningKind<'a> {
    /// An owner starts a chain.
    #[non_exhaustive]
    Mint {
        /// The first hop. Its delegator is the owner, with the root key.
        hop: &'a Hop,
    },
    /// A holder passes on a part of its authority.
    #[non_exhaustive]
    Delegate {
        /// The hops of the token, the owner's first.
        above: &'a [Hop],
        /// The new hop.
        hop: &'a Hop,
    },
    /// A holder calls a service. The random id of the presentation, and its number if it is counted,
    /// are signed as well; they permit nothing.
    #[non_exhaustive]
    Present {
        /// The hops of the token, the owner's first.
        hops: &'a [Hop],
        /// The call.
        request: &'a Request,
        /// The first second in which it is usable.
        from: OffsetDateTime,
        /// The last second in which it is usable. It may be in the far future: the caller chooses
        /// the time at which it prepares.
        until: OffsetDateTime,
    },
    /// An agent asks for a delegation. This grants nothing.
    #[non_exhaustive]
    Ask {
        /// The delegation that it asks for.
        wish: &'a Wish,
        /// The key that is asked.
        delegator: PublicKey,
        /// The time of asking.
        issued: OffsetDateTime,
        /// The last second in which the asker accepts an answer.
        until: OffsetDateTime,
    },
    /// Two keys state that they belong to one party. This moves no authority.
    #[non_exhaustive]
    Successor {
        /// The message.
        text: &'a str,
        /// The key that is succeeded.
        old: &'a PublicKey,
        /// The key that succeeds it.
        new: &'a PublicKey,
    },
    /// An issuer states the agents of its directory.
    #[non_exhaustive]
    Agents {
        /// The message, which commits to the agents by a digest.
        text: &'a str,
        /// The agents.
        agents: &'a [Agent],
    },
    /// An issuer revokes authority, and restores authority that the previous list revoked.
    #[non_exhaustive]
    Revocations {
        /// The list: its text, which is the message, and the hops to which that commits.
        list: &'a UnsignedRevocations,
    },
}

impl<'a> ToSign<'a> {
    /// Returns the bytes to sign with Ed25519 (RFC 8032, `PureEdDSA`): without a context, and
    /// without hashing them first.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Returns the key that must sign.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Returns the meaning of the signature.
    pub fn kind(&self) -> SigningKind<'a> {
        self.kind
    }
}

impl UnsignedToken {
    /// Returns the message of the new hop. It is [`SigningKind::Mint`] or
    /// [`SigningKind::Delegate`].
    pub fn to_sign(&self) -> ToSign<'_> {
        let hop = self.hop();
        let kind = match self.hops().split_last() {
            Some((_, above @ [_, ..])) => SigningKind::Delegate { above, hop },
            _ => SigningKind::Mint { hop },
        };
        ToSign { message: self.message(), key: hop.delegator().key(), kind }
    }
}

impl UnsignedPresentation {
    /// Returns the message of the presentation. It is [`SigningKind::Present`].
    pub fn to_sign(&self) -> ToSign<'_> {
        let [from, until] = self.usable();
        let (hops, request) = (self.hops(), self.request());
        let kind = SigningKind::Present { hops, request, from, until };
        ToSign { message: self.message(), key: self.signer(), kind }
    }
}

impl UnsignedAsk {
    /// Returns the message of the ask. It is [`SigningKind::Ask`].
    pub fn to_sign(&self) -> ToSign<'_> {
        let [issued, until] = [self.issued, self.until].map(UnixTime::to_datetime);
        let (wish, delegator) = (&self.wish, self.delegator);
        let kind = SigningKind::Ask { wish, delegator, issued, until };
        ToSign { message: &self.message, key: wish.asker().key(), kind }
    }
}

impl UnsignedSuccessor {
    /// Returns the message for the old key, and the one for the new key. Both are
    /// [`SigningKind::Successor`].
    pub fn to_sign(&self) -> [ToSign<'_>; 2] {
        let (old, new) = (&self.old, &self.new);
        let kind = SigningKind::Successor { text: self.text(), old, new };
        [old, new].map(|key| ToSign { message: self.message(), key: *key, kind })
    }
}

impl UnsignedDirectory {
    /// Returns the message of the directory. It is [`SigningKind::Agents`].
    pub fn to_sign(&self) -> ToSign<'_> {
        let kind = SigningKind::Agents { text: self.text(), agents: self.agents() };
        ToSign { message: self.message(), key: self.issuer(), kind }
    }
}

impl UnsignedRevocations {
    /// Returns the message of the list. It is [`SigningKind::Revocations`].
    pub fn to_sign(&self) -> ToSign<'_> {
        let kind = SigningKind::Revocations { list: self };
        ToSign { message: self.text().as_bytes(), key: self.issuer(), kind }
    }
}

/// Shows the kind with its content, and the length of the message.
impl Debug for ToSign<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ToSign");
        shown.field("kind", &self.kind).field("key", &self.key);
        shown.field("message", &format_args!("{} bytes", self.message.len())).finish()
    }
}
