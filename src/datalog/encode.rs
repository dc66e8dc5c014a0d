//! From the typed model to Datalog.

use std::collections::BTreeSet;

use super::encode_capability::capability;
use super::encode_limit::Guard;
use crate::datalog::syntax::Binary;
use crate::datalog::vocabulary::{TIME, VOCABULARY};
use crate::datalog::writing::{Listed, Op, Said, Sink, Statements, Term, variable};
use crate::datalog::{Closing, Delegation, Origin};
use crate::grant::Grant;
use crate::instant::Instant;
use crate::key::PublicKey;

impl Statements for Delegation {
    fn say(&self, to: &mut impl Sink) -> Said {
        let Self { origin, grant, issued } = self;
        if let Some(Origin { token_id, owner }) = origin {
            to.fact("deputize", &[Term::Integer(VOCABULARY)])?;
            to.fact("token", &[Term::Bytes(token_id)])?;
            to.fact("owner", &[Term::Str(owner.name()), Term::Str(owner.kind().as_str())])?;
        }
        let delegate = [
            Term::Str(grant.to.name()),
            Term::Str(grant.to.kind().as_str()),
            Term::Str(&grant.purpose),
            date(*issued),
            Term::Integer(i64::from(grant.max_hops)),
        ];
        to.fact("delegate", &delegate)?;
        if let Some(keys) = &grant.delegates {
            to.fact("delegates", &[Term::Set(keys)])?;
        }
        to.check(|to| validity(grant, to))?;
        if let Some(audience) = &grant.audience {
            to.check(|to| audience.iter().try_for_each(|name| asked_at(name, to)))?;
        }
        let guard = Guard::among(grant.capabilities.len());
        to.check(|to| grant.capabilities.iter().try_for_each(|own| capability(own, guard, to)))
    }
}

impl Statements for Closing {
    fn say(&self, to: &mut impl Sink) -> Said {
        to.fact("presentation", &[Term::Bytes(&self.nonce), date(self.issued)])?;
        to.check(|to| {
            to.query(|to| {
                to.found("request_digest", &[Term::Bytes(&self.request_digest)])?;
                to.found("audience", &[Term::Str(&self.audience)])?;
                to.found("time", &[Term::Variable(TIME)])?;
                compare_time(Binary::GreaterOrEqual, self.issued.minus(self.window), to)?;
                compare_time(Binary::LessOrEqual, self.issued.plus(self.window), to)
            })
        })
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

fn compare_time(comparison: Binary, bound: Instant, to: &mut impl Sink) -> Said {
    to.holds(&[variable(TIME), Op::Value(date(bound)), Op::Binary(comparison)])
}

impl Listed for BTreeSet<PublicKey> {
    fn each(&self, say: &mut dyn FnMut(Term<'_>) -> Said) -> Said {
        self.iter().try_for_each(|key| say(Term::Bytes(key.as_bytes())))
    }
}

fn date(at: Instant) -> Term<'static> {
    Term::Date(at.seconds())
}
