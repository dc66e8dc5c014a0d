//! From the typed model to Datalog.

use std::collections::BTreeSet;

use super::encode_capability::capability;
use super::encode_limit::OnTypeError;
use crate::format::datalog::syntax::Binary;
use crate::format::datalog::vocabulary::{TIME, VOCABULARY};
use crate::format::datalog::writing::{Elements, Op, Said, Sink, Statements, Term, variable};
use crate::format::datalog::{Counted, DelegationBlock, Position, PresentationBlock};
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::principal::Owner;
use crate::time::UnixTime;

impl Statements for DelegationBlock {
    fn say(&self, to: &mut impl Sink) -> Said {
        let Self { behind, grant, issued } = self;
        match behind {
            Position::Root(own) => {
                origin(&own.token_id, &own.owner, Some(&own.root), to)?;
                delegation(grant, *issued, None, to)
            }
            Position::Hop(parent) => delegation(grant, *issued, Some(parent.as_bytes()), to),
        }
    }
}

/// What the first block says before all others. Only a forger leaves the root out.
pub(super) fn origin(
    token_id: &[u8],
    owner: &Owner,
    root: Option<&[u8]>,
    to: &mut impl Sink,
) -> Said {
    to.fact("deputize", &[Term::Integer(VOCABULARY)])?;
    to.fact("token", &[Term::Bytes(token_id)])?;
    let (name, kind) = (Term::Str(owner.name()), Term::Str(owner.kind().as_str()));
    match root {
        Some(root) => to.fact("owner", &[name, kind, Term::Bytes(root)]),
        None => to.fact("owner", &[name, kind]),
    }
}

/// What every hop says; a later one says behind which hop.
pub(super) fn delegation(
    grant: &Grant,
    issued: UnixTime,
    parent: Option<&[u8]>,
    to: &mut impl Sink,
) -> Said {
    let first = [
        Term::Str(grant.delegate.name()),
        Term::Str(grant.delegate.kind().as_str()),
        Term::Str(&grant.purpose),
        date(issued),
        Term::Integer(i64::from(grant.max_hops)),
    ];
    match parent {
        None => to.fact("delegate", &first)?,
        Some(parent) => {
            let [name, kind, purpose, issued, hops] = first;
            to.fact("delegate", &[name, kind, purpose, issued, hops, Term::Bytes(parent)])?;
        }
    }
    if let Some(keys) = &grant.allowed_delegates {
        to.fact("delegates", &[Term::Set(keys)])?;
    }
    to.check(|to| validity(grant, to))?;
    if let Some(audience) = &grant.audience {
        to.check(|to| audience.iter().try_for_each(|name| asked_at(name, to)))?;
    }
    let guard = OnTypeError::among(grant.capabilities.len());
    to.check(|to| grant.capabilities.iter().try_for_each(|own| capability(own, guard, to)))
}

impl Statements for PresentationBlock {
    fn say(&self, to: &mut impl Sink) -> Said {
        let counted = self.counted.map(Counted::to_bytes);
        let counted = counted.as_ref().map(<[u8; 16]>::as_slice);
        presentation(self, Some(self.parent.as_bytes()), counted, to)
    }
}

/// What the last block of a presentation says. Only a forger leaves the parent out.
pub(super) fn presentation(
    own: &PresentationBlock,
    parent: Option<&[u8]>,
    counted: Option<&[u8]>,
    to: &mut impl Sink,
) -> Said {
    let (nonce, issued) = (Term::Bytes(&own.nonce), date(own.issued));
    match (parent.map(Term::Bytes), counted.map(Term::Bytes)) {
        (None, _) => to.fact("presentation", &[nonce, issued])?,
        (Some(parent), None) => to.fact("presentation", &[nonce, issued, parent])?,
        (Some(parent), Some(counted)) => {
            to.fact("presentation", &[nonce, issued, parent, counted])?;
        }
    }
    to.check(|to| {
        to.query(|to| {
            to.found("request_digest", &[Term::Bytes(&own.request_digest)])?;
            to.found("audience", &[Term::Str(&own.audience)])?;
            to.found("time", &[Term::Variable(TIME)])?;
            compare_time(Binary::GreaterOrEqual, own.issued.minus(own.window), to)?;
            compare_time(Binary::LessOrEqual, own.issued.plus(own.window), to)
        })
    })
}

impl Counted {
    fn to_bytes(self) -> [u8; 16] {
        let series = u128::from(u64::from_be_bytes(self.series));
        (series << 64 | u128::from(self.count)).to_be_bytes()
    }
}

fn validity(grant: &Grant, to: &mut impl Sink) -> Said {
    to.query(|to| {
        to.found("time", &[Term::Variable(TIME)])?;
        if let Some(start) = grant.not_before {
            compare_time(Binary::GreaterOrEqual, start, to)?;
        }
        compare_time(Binary::LessThan, grant.expires, to)
    })
}

fn asked_at(service: &str, to: &mut impl Sink) -> Said {
    to.query(|to| to.found("audience", &[Term::Str(service)]))
}

fn compare_time(comparison: Binary, bound: UnixTime, to: &mut impl Sink) -> Said {
    to.holds(&[variable(TIME), Op::Value(date(bound)), Op::Binary(comparison)])
}

impl Elements for BTreeSet<PublicKey> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|key| say(Term::Bytes(key.as_bytes())))
    }
}

fn date(at: UnixTime) -> Term<'static> {
    Term::Date(at.seconds())
}
