//! The record of a decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::chain::{ChainTexts, PresentedChain};
use crate::format::container::{Container, to_text as to_base64};
use crate::format::hop_id::HopId;
use crate::key::PublicKey;
use crate::limits::{MAX_RECORD_FIELDS, MAX_UNPRESENTED_BYTES};
use crate::reason::Reason;
use crate::record::entry::{Record, digest_of};
use crate::record::error::RecordError;
use crate::record::field::{FieldKind, to_canonical};
use crate::record::kinds::{Charged, DecisionCore, RecordKind, UnpresentedCore};
use crate::record::rules::{Kept, RecordRules};
use crate::report::{Check, CheckedFact};
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::decision::Decision;
use crate::verify::denial::{ChainState, Denial};
use crate::verify::observer::Observation;

/// The chain to whose holder a decision is charged, for bounds on what one party can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ChargedTo {
    /// The root key, which is trusted.
    pub root: PublicKey,
    /// The id of hop 0: its delegate can spawn keys below it.
    pub first_hop: HopId,
    /// The id of the last hop, whose delegate made the call.
    pub last_hop: HopId,
}

impl ChargedTo {
    /// Returns the chain of the holder that made the call; `None` if nothing ties a holder to it.
    pub fn of(decision: &Decision) -> Option<Self> {
        let (chain, checks) = match decision {
            Decision::Allow(permit) => (&permit.chain.chain, &permit.checks),
            Decision::Deny(Denial { chain: ChainState::Authentic(chain, _), checks, .. }) => {
                (chain, checks)
            }
            Decision::Deny(_) => return None,
        };
        let hops = &chain.delegations.hops;
        (checks.called_by == CalledBy::Holder).then(|| Self {
            root: chain.delegations.root,
            first_hop: hops.first().id,
            last_hop: hops.last().id,
        })
    }
}

/// The fields of a record, as they are collected.
type Fields = Vec<(FieldKind, Arc<str>)>;

impl Record {
    /// Makes the record of a decision.
    ///
    /// A refused call is charged to the holder of its chain only if the holder made it
    /// ([`CalledBy::Holder`]). The record of any other has codes, the operation and the resource, and
    /// nothing about a chain.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoRandomness`] if the operating system gives no random bytes for the salts.
    pub fn of(decision: &Decision, rules: &RecordRules) -> Result<Self, RecordError> {
        decision_record(decision, true, rules)
    }

    /// Makes the record of a decision that was observed and not enforced.
    ///
    /// If the call is charged to nobody, it is [of a kind of its own](RecordKind::Unpresented), with the
    /// arguments but without the context. At most [`MAX_UNPRESENTED_BYTES`] of its values are kept: beyond
    /// that, all arguments are kept as their lengths and digests.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn of_observation(
        observation: &Observation,
        rules: &RecordRules,
    ) -> Result<Self, RecordError> {
        match &observation.decision {
            Decision::Deny(denial) if denial.called_by() == CalledBy::Unknown => {
                let record = unpresented(denial, rules)?;
                match record.openings_bytes() <= MAX_UNPRESENTED_BYTES {
                    true => Ok(record),
                    false => unpresented(denial, &rules.clone().with_max_value(0)),
                }
            }
            decision => decision_record(decision, false, rules),
        }
    }
}

/// Makes the record of a call that is charged to nobody. Whatever came with it, the record has nothing of it.
fn unpresented(denial: &Denial, rules: &RecordRules) -> Result<Record, RecordError> {
    let mut codes = Vec::new();
    for reason in &denial.reasons {
        if !codes.contains(&reason.code) && codes.len() < MAX_RECORD_FIELDS {
            codes.push(reason.code);
        }
    }
    let mut fields = Fields::new();
    if let Some(request) = &denial.request {
        fields = fields_of_call(request)?;
        let mut args = Arguments::default();
        args.add(FieldKind::Argument, request.args(), request, rules)?;
        fields.extend(args.fields);
    }
    let kind = RecordKind::Unpresented(UnpresentedCore { codes });
    Record::new(kind, denial.checks.at.to_datetime(), fields)
}

fn fields_of_call(request: &Request) -> Result<Fields, RecordError> {
    let call = Called { audience: request.audience(), operation: request.operation().as_str() };
    Ok(vec![
        (FieldKind::Call, to_text(&call)?),
        (FieldKind::Resource, to_text(&request.resource().as_str())?),
    ])
}

fn decision_record(
    decision: &Decision,
    enforced: bool,
    rules: &RecordRules,
) -> Result<Record, RecordError> {
    let record = record_by(decision, enforced, rules)?;
    match record.fits() {
        true => Ok(record),
        // Whatever the arguments are, a call has a record.
        false => record_by(decision, enforced, &rules.clone().with_max_value(0)),
    }
}

fn record_by(
    decision: &Decision,
    enforced: bool,
    rules: &RecordRules,
) -> Result<Record, RecordError> {
    let (chain, request, reasons, checks): (_, _, &[Reason], _) = match decision {
        Decision::Allow(permit) => {
            let chain = (&*permit.chain.chain, &permit.chain.presentation);
            (Some(chain), Some(&permit.request), &[], &permit.checks)
        }
        Decision::Deny(denial) => {
            let chain = match &denial.chain {
                ChainState::Authentic(chain, presentation) => Some((&**chain, presentation)),
                ChainState::NotAuthentic(_) | ChainState::Absent => None,
            };
            (chain, denial.request.as_deref(), &denial.reasons, &denial.checks)
        }
    };
    let charged = chain.filter(|_| checks.called_by == CalledBy::Holder);
    let mut fields = request.map_or(Ok(Fields::new()), fields_of_call)?;
    if let Some((chain, presentation)) = charged {
        let args = match request {
            Some(request) => Arguments::of(request, rules)?,
            None => Arguments::default(),
        };
        add_chain(&mut fields, chain, presentation, checks, !args.has_withheld)?;
        if !reasons.is_empty() && !args.has_withheld {
            fields.push((FieldKind::Reasons, to_canonical(&reasons)?.into()));
        }
        fields.extend(args.fields);
    }
    let core = DecisionCore {
        allowed: decision.is_allowed(),
        enforced,
        codes: reasons.iter().take(MAX_RECORD_FIELDS).map(|own| (own.code, own.hop)).collect(),
        replays: checks.replays,
        charged: charged.map(|(chain, _)| Charged::of(chain)),
    };
    Record::new(RecordKind::Decision(core), checks.at.to_datetime(), fields)
}

impl Charged {
    fn of(chain: &PresentedChain) -> Self {
        Self {
            first_hop: chain.delegations.hops.first().id,
            presentation: chain.presentation_id,
            counted: chain.presentation.counted.map(|own| (own.series, own.count)),
        }
    }
}

/// Adds the fields about the chain and its verification.
fn add_chain(
    fields: &mut Fields,
    chain: &PresentedChain,
    presentation: &Presentation,
    checks: &Checks,
    keeps_presentation: bool,
) -> Result<(), RecordError> {
    let ChainTexts { owner, agents, hops } = chain.delegations.texts().map_err(not_written)?;
    fields.extend([
        (FieldKind::Owner, owner),
        (FieldKind::Agents, agents),
        (FieldKind::Hops, hops),
    ]);
    let bytes = presentation.as_bytes();
    // A presentation that is authentic has a last block.
    let delegations = Container::before_last(bytes).unwrap_or(bytes);
    let last = bytes.get(delegations.len()..).unwrap_or_default();
    fields.push((FieldKind::Chain, chain.delegations.text_of(delegations)));
    if keeps_presentation {
        fields.push((FieldKind::Presentation, format!("\"{}\"", to_base64(last)).into()));
    }
    let checked = Check::of_judged(checks, true, true);
    let checked: Vec<_> = checked
        .iter()
        .map(|Check { state, text, what, .. }| Checked { state: *state, text, what: *what })
        .collect();
    fields.push((FieldKind::Checks, to_text(&checked)?));
    Ok(())
}

/// The audience and the operation of a call.
#[derive(Serialize)]
struct Called<'a> {
    audience: &'a str,
    operation: &'a str,
}

/// A check.
#[derive(Serialize)]
struct Checked<'a> {
    state: CheckState,
    text: &'a str,
    what: CheckedFact,
}

/// Writes texts in the form of RFC 8785: the members of the structures are in its order, and `serde_json`
/// escapes texts as it asks.
fn to_text(value: &impl Serialize) -> Result<Arc<str>, RecordError> {
    serde_json::to_string(value).map(Arc::from).map_err(not_written)
}

fn not_written(why: serde_json::Error) -> RecordError {
    RecordError::NotARecord { why: why.to_string() }
}

/// The arguments and the context of a call, as they are recorded.
#[derive(Default)]
struct Arguments {
    fields: Fields,
    has_withheld: bool,
}

impl Arguments {
    fn of(request: &Request, rules: &RecordRules) -> Result<Self, RecordError> {
        let mut all = Self::default();
        all.add(FieldKind::Argument, request.args(), request, rules)?;
        all.add(FieldKind::Context, request.context(), request, rules)?;
        Ok(all)
    }

    fn add(
        &mut self,
        kind: FieldKind,
        members: &Map<String, Value>,
        request: &Request,
        rules: &RecordRules,
    ) -> Result<(), RecordError> {
        // In the order of the names, whatever order the map keeps.
        for (name, value) in members.iter().collect::<BTreeMap<_, _>>() {
            let text = to_canonical(value)?;
            let kept = match rules.keep(request, name, text.len()) {
                Kept::Value => format!("{{\"name\":{},\"value\":{text}}}", to_text(name)?),
                Kept::Digest => to_canonical(&digest_of(name, &text)?)?,
                Kept::Name => {
                    self.has_withheld = true;
                    format!("{{\"name\":{},\"withheld\":true}}", to_text(name)?)
                }
            };
            self.fields.push((kind, kept.into()));
        }
        Ok(())
    }
}
