//! The record of a decision.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::chain::PresentedChain;
use crate::format::container::{Container, to_text};
use crate::format::hop_id::HopId;
use crate::key::PublicKey;
use crate::limits::MAX_RECORD_FIELDS;
use crate::principal::Principal;
use crate::reason::Reason;
use crate::record::entry::{Record, digest_of};
use crate::record::error::RecordError;
use crate::record::field::{FieldKind, to_canonical};
use crate::record::kinds::{Charged, DecisionCore, RecordKind};
use crate::record::rules::{Kept, RecordRules};
use crate::report::Check;
use crate::request::Request;
use crate::token::presentation::Presentation;
use crate::verify::checks::{CalledBy, Checks};
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
type Fields = Vec<(FieldKind, String)>;

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
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn of_observation(
        observation: &Observation,
        rules: &RecordRules,
    ) -> Result<Self, RecordError> {
        decision_record(&observation.decision, false, rules)
    }
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
    let mut fields = Fields::new();
    if let Some(request) = request {
        let call =
            json!({ "audience": request.audience(), "operation": request.operation().as_str() });
        fields.push((FieldKind::Call, to_canonical(&call)?));
        fields.push((FieldKind::Resource, to_canonical(&request.resource().as_str())?));
    }
    if let Some((chain, presentation)) = charged {
        let args = match request {
            Some(request) => Arguments::of(request, rules)?,
            None => Arguments::default(),
        };
        add_chain(&mut fields, chain, presentation, checks, !args.has_withheld)?;
        if !reasons.is_empty() && !args.has_withheld {
            fields.push((FieldKind::Reasons, to_canonical(&reasons)?));
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
    let principal = |own: &Principal| json!({ "key": own.key().to_string(), "kind": own.kind(), "name": own.name() });
    let owner = principal(&chain.delegations.owner.with_key(chain.delegations.root));
    let agents = chain.delegations.hops.iter().map(|hop| principal(hop.delegate()));
    fields.push((FieldKind::Owner, to_canonical(&owner)?));
    fields.push((FieldKind::Agents, to_canonical(&agents.collect::<Vec<_>>())?));
    let ids: Vec<_> = chain.delegations.hops.iter().map(|hop| hop.id).collect();
    fields.push((FieldKind::Hops, to_canonical(&ids)?));
    let bytes = presentation.as_bytes();
    // A presentation that is authentic has a last block.
    let delegations = Container::before_last(bytes).unwrap_or(bytes);
    let last = bytes.get(delegations.len()..).unwrap_or_default();
    fields.push((FieldKind::Chain, to_canonical(&to_text(delegations))?));
    if keeps_presentation {
        fields.push((FieldKind::Presentation, to_canonical(&to_text(last))?));
    }
    let checked = Check::of_judged(checks, true, true);
    fields.push((FieldKind::Checks, to_canonical(&checked)?));
    Ok(())
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
                Kept::Value => json!({ "name": name, "value": value }),
                Kept::Digest => digest_of(name, &text)?,
                Kept::Name => {
                    self.has_withheld = true;
                    json!({ "name": name, "withheld": true })
                }
            };
            self.fields.push((kind, to_canonical(&kept)?));
        }
        Ok(())
    }
}
