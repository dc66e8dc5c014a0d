//! The keys, chains and lists of the model, each also as the library's.

use std::collections::HashMap;

use deputize::testing::RawToken;
use deputize::{
    Capability, ChainCache, CodedError as _, Decision, HopId, ListPolicy, MemoryStatementState,
    OperationPattern, Owner, Presentation, Principal, ReplayPolicy, Report, Request,
    RevocationList, RevocationPolicy, RevocationReport, Signer as _, SigningKey, StatementEffect,
    StatementState as _, Statements, Token, TrustAnchor, TrustAnchors, Verifier,
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::oracle::{
    self, Anchor, Chain, Digest, End, Grant, Hop, Id, Key, List, On, Reasons, Required, Scope,
    Time, Void,
};
use crate::common::{NONCE, WINDOW, crm_request, key, now};
use crate::lists_of::{self, Written, rfc3339};

pub(super) const ALICE: &str = "alice@acme.com";
/// With an accent that is a letter of its own.
pub(super) const LIKE_ALICE: &str = "а1ice@acme.com";
pub(super) const BOB: &str = "bob@acme.com";
pub(super) const CAROL: &str = "carol@acme.com";

/// The root key of Alice and of Carol, who work for one organization.
pub(super) const ROOT: Key = 1;
pub(super) const A: Key = 2;
pub(super) const B: Key = 3;
pub(super) const C: Key = 4;
pub(super) const D: Key = 5;
/// Nobody of the chains.
pub(super) const STRANGER: Key = 6;
/// Bob's root key, which is also a delegate.
pub(super) const BOBS: Key = 7;
/// Whom the anchors name as revokers: for Alice's chains, and for Carol's.
pub(super) const OFFICER: Key = 8;
pub(super) const CAROLS_OFFICER: Key = 9;
/// The holders of tokens that give power.
pub(super) const P: Key = 10;
pub(super) const Q: Key = 11;

/// The time at which most things expire.
pub(super) const LATER: Time = 3_600;

pub(super) fn at(time: Time) -> OffsetDateTime {
    now() + Duration::seconds(time)
}

pub(super) fn anchors() -> Vec<Anchor> {
    let anchor = |root, owner, revokers| Anchor { root, owner, revokers };
    vec![
        anchor(ROOT, ALICE, vec![OFFICER]),
        anchor(ROOT, CAROL, vec![CAROLS_OFFICER]),
        anchor(BOBS, BOB, vec![]),
    ]
}

fn library_anchors() -> TrustAnchors {
    TrustAnchors::new(anchors().into_iter().map(|own| {
        let anchor = TrustAnchor::new(key(own.root).public_key(), own.owner);
        let revokers = own.revokers.into_iter().map(|revoker| key(revoker).public_key());
        revokers.fold(anchor, TrustAnchor::with_revoker)
    }))
    .unwrap()
}

/// A chain to make: the delegates, when each hop is issued, and what it grants.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) root: Key,
    pub(super) owner: &'static str,
    pub(super) token: u8,
    pub(super) hops: Vec<(Key, Time)>,
    pub(super) grants: Vec<Grant>,
    pub(super) expires: Time,
    pub(super) is_limited_to_services: bool,
}

pub(super) const BY_NAME: Grant =
    Grant { is_by_name: true, names_arguments: false, on: On::Everything };

/// A chain of Alice's whose holders may revoke everything below them.
pub(super) fn plan(hops: &[(Key, Time)]) -> Plan {
    let (hops, grants) = (hops.to_vec(), vec![BY_NAME]);
    let (root, owner, token, expires) = (ROOT, ALICE, 1, LATER);
    Plan { root, owner, token, hops, grants, expires, is_limited_to_services: false }
}

/// A chain, as the model and as the library has it.
#[derive(Debug, Clone)]
pub(super) struct Both {
    pub(super) model: Chain,
    pub(super) raw: RawToken,
}

/// Everything that was made, with its numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct World {
    hops: Vec<HopId>,
    numbers: HashMap<HopId, Id>,
    lists: Vec<RevocationList>,
    cache: Option<ChainCache>,
}

impl World {
    pub(super) fn new() -> Self {
        Self { cache: Some(ChainCache::new(1_000)), ..Self::default() }
    }

    pub(super) fn chain(&mut self, plan: &Plan) -> Both {
        let mut raw: Option<RawToken> = None;
        let mut hops = vec![];
        let mut signer = plan.root;
        for (index, (delegate, issued)) in plan.hops.iter().enumerate() {
            let to = format!("agent {delegate}");
            let to = Principal::agent(to, key(*delegate).public_key()).unwrap();
            let own = plan.grants.iter().map(|own| self.capability(own));
            let all = own.chain([Capability::new("crm.read", "**").unwrap()]);
            let max_hops = u32::try_from(12 - index).unwrap();
            let grant = deputize::Grant::new(to, all, at(plan.expires), "a test")
                .unwrap()
                .with_max_hops(max_hops);
            let grant = match plan.is_limited_to_services {
                true => grant.with_audience(["crm.acme.com"]).unwrap(),
                false => grant,
            };
            let own = key(signer);
            let longer = match raw.take() {
                Some(before) => before.delegate(&own, grant, at(*issued)),
                None => {
                    let owner = Owner::human(plan.owner).unwrap();
                    RawToken::mint(owner, &own, grant, at(*issued), [plan.token; 16])
                }
            };
            let id = self.number(*longer.hop_ids().last().unwrap());
            hops.push(Hop {
                id,
                signer,
                delegate: *delegate,
                issued: *issued,
                expires: plan.expires,
                grants: plan.grants.clone(),
                is_limited_to_services: plan.is_limited_to_services,
            });
            (raw, signer) = (Some(longer), *delegate);
        }
        let Plan { root, owner, token, .. } = *plan;
        Both { model: Chain { root, owner, token, hops }, raw: raw.unwrap() }
    }

    /// Returns the list as the library has it.
    pub(super) fn list(&self, own: &List) -> RevocationList {
        self.lists[own.digest].clone()
    }

    fn number(&mut self, id: HopId) -> Id {
        let next = self.hops.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.hops.push(id);
        }
        number
    }

    fn capability(&self, own: &Grant) -> Capability {
        let resource = match own.on {
            On::Everything => "**".to_owned(),
            On::AllHops => "hop/*".to_owned(),
            On::AllTokens => "token/**".to_owned(),
            On::AllOwners => "owner/*".to_owned(),
            On::AllKeys => "key/**".to_owned(),
            On::Hop(id) => format!("hop/{}", &self.hops[id].to_string()[..32]),
            On::Token(id) => format!("token/{}", hex::encode([id; 16])),
            On::Owner(name) => format!("owner/{}", hex::encode(Sha256::digest(name))),
            On::Key(own) => format!("key/{}", hex::encode(key(own).public_key().to_bytes())),
        };
        let operation = if own.is_by_name { "deputize.revoke" } else { "deputize.*" };
        let capability = Capability::new(operation, &resource).unwrap();
        match own.names_arguments {
            true => capability.with_arg("reason", []).unwrap(),
            false => capability,
        }
    }

    /// Signs a list, and gives it its number. One text has one number.
    pub(super) fn sign(&mut self, list: List, authority: Option<&Both>) -> List {
        let issuer = key(list.issuer);
        let own = match &list.scope {
            Scope::Own => lists_of::own(&issuer),
            Scope::Root(root) => lists_of::of_revoker(&issuer, &key(*root).public_key()),
            Scope::Power(_) => lists_of::by_power(&issuer, &token(authority.unwrap())),
        };
        let digest = |of: &Digest| self.lists[*of].digest();
        let mut ends: Vec<_> = list.ends.iter().map(digest).collect();
        ends.sort();
        let written = Written {
            sequence: list.sequence,
            issued: at(list.issued),
            next: at(list.next),
            previous: list.previous.as_ref().map(digest),
            ends,
            hops: list.hops.iter().map(|id| self.hops[*id]).collect(),
            lines: self.lines(&list),
            ..own
        };
        let signed = written.signed();
        let is_it = |own: &RevocationList| own.digest() == signed.digest();
        let digest = self.lists.iter().position(is_it).unwrap_or(self.lists.len());
        if digest == self.lists.len() {
            self.lists.push(signed);
        }
        List { digest, ..list }
    }

    /// The lines between the hops and the authority, in their order.
    fn lines(&self, list: &List) -> Vec<String> {
        let since = rfc3339(now());
        let mut lines = vec![];
        let sorted = |mut own: Vec<String>| {
            own.sort();
            own
        };
        let tokens = list.tokens.iter().map(|id| hex::encode([*id; 16]));
        lines.extend(sorted(tokens.collect()).iter().map(|id| format!("token {id} since {since}")));
        let owners = list.owners.iter().map(|name| (*name).to_owned());
        let owners = sorted(owners.collect());
        lines.extend(owners.iter().map(|name| format!("owner \"{name}\" since {since}")));
        let keys = list.keys.iter().map(|(own, end)| (key(*own).public_key().to_string(), end));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_by(|one, other| one.0.cmp(&other.0));
        for (own, end) in keys {
            match end {
                End::Retired(time) => {
                    let time = rfc3339(at(*time));
                    lines.push(format!("key {own} retired {time} since {since}"));
                }
                End::Compromised { good } => {
                    lines.push(format!("key {own} compromised since {since}"));
                    let good = good.iter().map(|id| format!("good {}", self.hops[*id]));
                    lines.extend(sorted(good.collect()));
                }
            }
        }
        let of = |own: Key| key(own).public_key();
        let void = |void: &Void| match void {
            Void::Own(own, from) => (0, format!("void own {} from {from}", of(*own))),
            Void::Power(hop, from) => (1, format!("void power {} from {from}", self.hops[*hop])),
            Void::List(index) => {
                let list = self.lists.get(*index).map(|list| list.digest().to_string());
                (2, format!("void list {}", list.unwrap_or_else(|| "0".repeat(64))))
            }
        };
        let mut voids: Vec<_> = list.voids.iter().map(void).collect();
        voids.sort();
        lines.extend(voids.into_iter().map(|(_, line)| line));
        lines
    }
}

pub(super) fn token(chain: &Both) -> Token {
    Token::parse(&chain.raw.to_text()).unwrap()
}

pub(super) fn list(issuer: Key, scope: Scope) -> List {
    List {
        digest: 0,
        issuer,
        scope,
        sequence: 1,
        issued: -100,
        next: LATER,
        previous: None,
        ends: vec![],
        hops: vec![],
        tokens: vec![],
        owners: vec![],
        keys: vec![],
        voids: vec![],
    }
}

/// A verifier of the library beside that of the model.
pub(super) struct Verifiers {
    pub(super) model: oracle::Verifier,
    pub(super) statements: Statements,
    state: std::sync::Arc<MemoryStatementState>,
}

impl Verifiers {
    pub(super) fn new() -> Self {
        let state = std::sync::Arc::new(MemoryStatementState::default());
        let statements = Statements::new(library_anchors(), state.clone()).unwrap();
        Self { model: oracle::Verifier::new(anchors()), statements, state }
    }

    /// The verifiers as they would be in another process that has the same state at first.
    pub(super) fn copy(&self) -> Self {
        let state = std::sync::Arc::new(MemoryStatementState::default());
        for own in self.state.load().unwrap() {
            state.replace(None, &own).unwrap();
        }
        let statements = Statements::new(library_anchors(), state.clone()).unwrap();
        Self { model: self.model.clone(), statements, state }
    }

    pub(super) fn restart(&mut self) {
        self.model = self.model.restarted();
        self.statements = Statements::new(library_anchors(), self.state.clone()).unwrap();
    }

    /// Both accept a list, with the same result.
    #[track_caller]
    pub(super) fn accept(&mut self, world: &World, list: &List, now: Time) -> &'static str {
        let expected = self.model.accept(list, now);
        let accepted = self.statements.accept_list(world.list(list), at(now));
        let found = match &accepted {
            Err(why) => why.code(),
            Ok(accepted) => match accepted.effect {
                StatementEffect::Current => "Current",
                StatementEffect::Forked { .. } => "Forked",
                StatementEffect::RolledBack { .. } => "RolledBack",
                StatementEffect::PowerEnded => "PowerEnded",
                _ => "another",
            },
        };
        assert_eq!(found, expected, "{accepted:?}\n{list:?} at {now}");
        found
    }

    pub(super) fn verifier(
        &self,
        world: &World,
        required: &[Required],
        max_stale: Time,
    ) -> Verifier {
        let stale = Duration::seconds(max_stale);
        let issuers = required.iter().filter_map(|own| match own {
            Required::Issuer(own) => Some(key(*own).public_key()),
            Required::Root | Required::EveryDelegator => None,
        });
        let needs_root = required.iter().any(|own| matches!(own, Required::Root));
        let mut policy = match needs_root {
            true => issuers.fold(ListPolicy::new(&self.statements, stale), |policy, own| {
                policy.and_issuer(own, stale)
            }),
            false => ListPolicy::of_issuers(&self.statements, issuers, stale),
        };
        if required.iter().any(|own| matches!(own, Required::EveryDelegator)) {
            policy = policy.and_every_delegator(stale);
        }
        let revocation = RevocationPolicy::by_lists(policy);
        let often = ReplayPolicy::accepted_for([OperationPattern::Any]);
        let verifier = Verifier::new(library_anchors(), revocation, often);
        verifier.with_cache(world.cache.clone().unwrap())
    }
}

pub(super) fn request() -> Request {
    crm_request("crm.read", "accounts/42", "{}")
}

pub(super) fn shown(chain: &Both, presented: Time) -> Presentation {
    let holder: SigningKey = key(chain.model.hops.last().unwrap().delegate);
    let raw = chain.raw.clone().present(&holder, &request(), at(presented), WINDOW, NONCE);
    Presentation::from_bytes(raw.to_bytes()).unwrap()
}

/// The reasons of the library's decision.
pub(super) fn reasons(decision: &Decision) -> Reasons {
    match decision {
        Decision::Allow(_) => Reasons::new(),
        Decision::Deny(denial) => {
            let reasons = denial.reasons().iter();
            reasons.map(|own| (own.hop.unwrap(), own.code.as_str())).collect()
        }
    }
}

/// Checks that the report has the verdict of section 3.2 for each hop.
#[track_caller]
pub(super) fn agrees_with_report(decision: &Decision, reasons: &Reasons) {
    for hop in Report::of(decision).hops {
        let has = |code| reasons.contains(&(hop.index, code));
        let from = |code| reasons.iter().any(|(first, own)| *own == code && *first <= hop.index);
        let expected = match () {
            () if has("revoked") || has("key_revoked") => RevocationReport::Revoked,
            () if from("revocation_unknown") => RevocationReport::Unknown,
            () if from("revocation_stale") => RevocationReport::Stale,
            () => RevocationReport::Good,
        };
        assert_eq!(hop.revocation, expected, "hop {} with {reasons:?}", hop.index);
    }
}
