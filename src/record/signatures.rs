//! Comparison of a record with the signatures in its values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::chain::{CachedChain, ChainLookup, PresentedChain};
use crate::format::container::{Container, FormatError, from_text};
use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{HARD_MAX_HOPS, MAX_FRESHNESS, MAX_RECORD_FIELDS};
use crate::reason::DenyCode;
use crate::record::chains::{RecordedChain, RecordedChains};
use crate::record::contradiction::Contradiction;
use crate::record::core::RecordCore;
use crate::record::field::FieldKind;
use crate::record::kinds::{Charged, DecisionCore, RecordKind};
use crate::record::openings::FieldState;
use crate::request::digest;

/// The part of a record that the signatures in its values show. Everything else is the word of its log, such
/// as that a verifier trusted the root key, that it decided in this way, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignedPart {
    /// The chain is not shown, so no signature is.
    Nothing,
    /// The owner and the delegates signed the delegations. The presentation is not shown, or without the
    /// audience, the operation or the resource, so that the holder made the call is the log's word.
    Chain,
    /// The holder presented the chain to this service around this time. A value of the call is not
    /// shown, or was kept as a digest, so that it was this call is the log's word.
    Presentation,
    /// The holder signed this call, with all of its values.
    Call,
}

/// The values of a record that are shown.
struct Shown<'a>(&'a [(FieldKind, FieldState<'a>)]);

/// A member of the arguments or the context, as a record has it.
enum Member<'a> {
    Value(&'a str, &'a Value),
    /// A digest and a length.
    Digest,
    Withheld,
}

/// The members of the call that are shown.
#[derive(Default)]
struct Members<'a> {
    args: BTreeMap<&'a str, &'a Value>,
    context: BTreeMap<&'a str, &'a Value>,
    /// One of them is kept as a digest.
    has_digest: bool,
    has_withheld: bool,
}

impl RecordCore {
    /// Compares the record of a charged decision with the signatures in its values, as
    /// `docs/EVIDENCE.md` section 7 says. `fields` are those of
    /// [`Openings::check`](crate::Openings::check). Returns how far signatures cover the record, and
    /// `None` for other records.
    ///
    /// # Errors
    ///
    /// The first [`Contradiction`].
    pub fn check_signatures(
        &self,
        fields: &[(FieldKind, FieldState<'_>)],
        chains: &RecordedChains,
    ) -> Result<Option<SignedPart>, Contradiction> {
        let RecordKind::Decision(decision) = &self.kind else { return Ok(None) };
        let Some(charged) = &decision.charged else { return Ok(None) };
        let shown = Shown(fields);
        let Some(chain) = shown.text(FieldKind::Chain)? else {
            return Ok(Some(SignedPart::Nothing));
        };
        let judged = chains.judge(chain);
        let chain = judged.as_ref().as_ref().map_err(Clone::clone)?;
        shown.require_chain(chain, charged)?;
        let members = shown.members()?;
        let Some(text) = shown.text(FieldKind::Presentation)? else {
            let has_field = fields.iter().any(|(kind, _)| *kind == FieldKind::Presentation);
            return match (has_field, members) {
                // A writer leaves it out for one reason.
                (false, Some(own)) if !own.has_withheld => Err(Contradiction::NoPresentation),
                _ => Ok(Some(SignedPart::Chain)),
            };
        };
        let presented = chain.presented(text)?;
        self.require_presented(&presented, decision, charged)?;
        // Erasing these takes the presentation along. Without them, it could be one to another service.
        let (call, resource) = (shown.call()?, shown.text(FieldKind::Resource)?);
        let (Some((audience, operation)), Some(resource)) = (call, resource) else {
            return Ok(Some(SignedPart::Chain));
        };
        let signed = &presented.presentation;
        if audience != signed.audience {
            let (recorded, signed) = (audience.to_owned(), signed.audience.clone());
            return Err(Contradiction::OtherAudience { recorded, signed });
        }
        match members {
            Some(own) if own.has_withheld => Err(Contradiction::Withheld),
            Some(own) if !own.has_digest => {
                let Members { args, context, .. } = own;
                let context = Some(&context).filter(|own| !own.is_empty());
                match digest(operation, resource, audience, &args, context) {
                    Ok(found) if found == signed.request_digest => Ok(Some(SignedPart::Call)),
                    _ => Err(Contradiction::OtherCall),
                }
            }
            _ => Ok(Some(SignedPart::Presentation)),
        }
    }

    fn require_presented(
        &self,
        presented: &PresentedChain,
        decision: &DecisionCore,
        charged: &Charged,
    ) -> Result<(), Contradiction> {
        let signed = &presented.presentation;
        if presented.presentation_id != charged.presentation {
            let (recorded, signed) = (charged.presentation, presented.presentation_id);
            return Err(Contradiction::OtherPresentation { recorded, signed });
        }
        if signed.counted.map(|own| (own.series, own.count)) != charged.counted {
            return Err(Contradiction::OtherCount);
        }
        // A verifier compares its own clock with these, to the second and without a tolerance. It can
        // be stricter, never more lenient.
        let window = signed.window.min(whole_seconds(MAX_FRESHNESS));
        let (from, until) = (signed.issued.minus(window), signed.issued.plus(window));
        let at = UnixTime::from(self.at);
        // A decision in two steps is concluded later, and then refused for that.
        let is_late =
            |(code, _): &(DenyCode, Option<usize>)| *code == DenyCode::PresentationNotFresh;
        let may_be_late =
            decision.codes.iter().any(is_late) || decision.codes.len() >= MAX_RECORD_FIELDS;
        if at < from || (at > until && !may_be_late) {
            let [from, until] = [from, until].map(UnixTime::to_datetime);
            return Err(Contradiction::OtherTime { at: self.at, from, until });
        }
        Ok(())
    }
}

impl RecordedChain {
    /// Checks the presentation of the chain.
    fn presented(&self, text: &str) -> Result<PresentedChain, Contradiction> {
        let not_a_token = |why| Contradiction::NotAToken { kind: FieldKind::Presentation, why };
        let last = from_text(text).map_err(not_a_token)?;
        let bytes = [self.bytes.as_slice(), &last].concat();
        let not_a_biscuit = |why| not_a_token(FormatError::from(why));
        let container = Container::parse(&bytes).map_err(not_a_biscuit)?;
        let before = Container::before_last(&bytes).map_err(not_a_biscuit)?;
        if before.len() != self.bytes.len() {
            return Err(Contradiction::Split);
        }
        let root = self.chain.delegations.root;
        let find_root = |stated: &[u8; 32]| Some(root).filter(|own| own.as_bytes() == stated);
        PresentedChain::authenticate(&container, find_root, HARD_MAX_HOPS, &Slot(self))
            .map_err(|reason| Contradiction::NotAuthentic { reason: Box::new(reason) })
    }
}

/// The slot of a chain that was checked.
struct Slot<'a>(&'a RecordedChain);

impl ChainLookup for Slot<'_> {
    fn get(&self) -> Option<Arc<CachedChain>> {
        Some(Arc::clone(&self.0.chain))
    }

    fn touch(&self) {}

    fn insert(&self, _: usize, _: impl FnOnce() -> CachedChain) {}
}

impl<'a> Shown<'a> {
    fn value(&self, kind: FieldKind) -> Option<&'a Value> {
        self.0.iter().find_map(|(own, state)| match state {
            FieldState::Shown(value) if *own == kind => Some(*value),
            _ => None,
        })
    }

    fn text(&self, kind: FieldKind) -> Result<Option<&'a str>, Contradiction> {
        let text = |value: &'a Value| value.as_str().ok_or(Contradiction::Malformed { kind });
        self.value(kind).map(text).transpose()
    }

    /// Returns the audience and the operation.
    fn call(&self) -> Result<Option<(&'a str, &'a str)>, Contradiction> {
        let Some(call) = self.value(FieldKind::Call) else { return Ok(None) };
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        match (call.as_object(), text("audience"), text("operation")) {
            (Some(all), Some(audience), Some(operation)) if all.len() == 2 => {
                Ok(Some((audience, operation)))
            }
            _ => Err(Contradiction::Malformed { kind: FieldKind::Call }),
        }
    }

    /// Compares the names, the keys and the ids with those of the chain.
    fn require_chain(&self, chain: &RecordedChain, charged: &Charged) -> Result<(), Contradiction> {
        for (kind, signed) in [
            (FieldKind::Owner, &chain.owner),
            (FieldKind::Agents, &chain.agents),
            (FieldKind::Hops, &chain.hops),
        ] {
            if self.value(kind).is_some_and(|value| value != signed) {
                return Err(Contradiction::OtherValue { kind });
            }
        }
        let signed = chain.chain.delegations.hops.first().id;
        let recorded = charged.first_hop;
        match recorded == signed {
            true => Ok(()),
            false => Err(Contradiction::OtherFirstHop { recorded, signed }),
        }
    }

    /// Returns the arguments and the context, `None` if one of them is not shown.
    fn members(&self) -> Result<Option<Members<'a>>, Contradiction> {
        let (mut all, mut is_whole) = (Members::default(), true);
        for (kind, state) in self.0 {
            let FieldState::Shown(value) = *state else {
                let is_member = [FieldKind::Argument, FieldKind::Context, FieldKind::Rest];
                is_whole &= !is_member.contains(kind);
                continue;
            };
            match kind {
                FieldKind::Argument | FieldKind::Context => all.add(*kind, value)?,
                FieldKind::Rest => all.add_rest(value)?,
                _ => {}
            }
        }
        Ok(is_whole.then_some(all))
    }
}

impl<'a> Members<'a> {
    fn add(&mut self, kind: FieldKind, value: &'a Value) -> Result<(), Contradiction> {
        let malformed = Contradiction::Malformed { kind };
        let members = match kind {
            FieldKind::Context => &mut self.context,
            _ => &mut self.args,
        };
        match Member::of(value).ok_or_else(|| malformed.clone())? {
            Member::Value(name, value) => match members.insert(name, value) {
                None => Ok(()),
                Some(_) => Err(malformed),
            },
            Member::Digest => {
                self.has_digest = true;
                Ok(())
            }
            Member::Withheld => {
                self.has_withheld = true;
                Ok(())
            }
        }
    }

    fn add_rest(&mut self, rest: &'a Value) -> Result<(), Contradiction> {
        let malformed = || Contradiction::Malformed { kind: FieldKind::Rest };
        for pair in rest.as_array().ok_or_else(malformed)? {
            let Some([Value::String(kind), value]) = pair.as_array().map(Vec::as_slice) else {
                return Err(malformed());
            };
            match kind.parse() {
                Ok(kind @ (FieldKind::Argument | FieldKind::Context)) => self.add(kind, value)?,
                _ => return Err(malformed()),
            }
        }
        Ok(())
    }
}

impl<'a> Member<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let members = value.as_object()?;
        let name = members.get("name")?.as_str()?;
        let has = |names: &[&str]| {
            members.len() == names.len() && names.iter().all(|own| members.contains_key(*own))
        };
        match members.get("value") {
            Some(value) if members.len() == 2 => Some(Self::Value(name, value)),
            Some(_) => None,
            None if has(&["name", "withheld"]) => Some(Self::Withheld),
            None if has(&["bytes", "digest", "name", "salt"]) => Some(Self::Digest),
            None => None,
        }
    }
}
