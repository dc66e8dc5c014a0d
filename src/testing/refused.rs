//! A refused call for each deny code.

use std::collections::HashSet;

use time::{Duration, OffsetDateTime};

use crate::capability::{Capability, OtherArgs};
use crate::constraint::Constraint;
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::key::{Signer, SigningKey};
use crate::limits::{MAX_CLOCK_TOLERANCE, MAX_CONSTRAINTS, MAX_STRING_BYTES};
use crate::principal::{Owner, Principal};
use crate::reason::DenyCode;
use crate::request::Request;
use crate::request::value::Value;
use crate::statement::revocation::draft::RevocationDraft;
use crate::statement::revocation::entry::KeyEnd;
use crate::testing::raw::{RawProof, RawToken, Stated, Term, without_capabilities};
use crate::testing::scene::{Scene, SceneError, owner};
use crate::testing::stage::{BRIEF, Stage};
use crate::token::HELD;
use crate::token::presentation::Presentation;
use crate::verify::decision::Decision;
use crate::verify::replay::{Arrival, Presented, ReplayError, ReplayGuard, ReplayPolicy};
use crate::verify::revocation::{RevocationPolicy, RevocationSource, RevocationStatus};
use crate::verify::trust::TrustAnchor;
use crate::verify::verifier::Verifier;

/// A call that a service must refuse with one deny code.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RefusedCall {
    /// The code.
    pub code: DenyCode,
    /// The presentation that comes with the call.
    pub presentation: Presentation,
    /// The call, if the code cannot refuse the given request, because the code is about arguments
    /// and the request has none.
    pub request: Option<Request>,
    /// The verifier, if the code is about its settings. Every verifier that trusts the
    /// [`anchor`](Scene::anchor) of the scene refuses the other calls.
    pub verifier: Option<Verifier>,
    /// True for the one code that only the service's own policy gives.
    pub needs_policy: bool,
}

impl RefusedCall {
    /// Decides about `request`, or the call's own, with `verifier`, or the call's own.
    pub fn decide(&self, verifier: &Verifier, request: &Request, now: OffsetDateTime) -> Decision {
        let verifier = self.verifier.as_ref().unwrap_or(verifier);
        let request = self.request.as_ref().unwrap_or(request).clone();
        let presentation = self.presentation.clone();
        match self.needs_policy {
            false => verifier.decide(presentation, request, now),
            true => verifier.decide_with_policy(presentation, request, now, |_, _| {
                Err("the test asks for it".to_owned())
            }),
        }
    }
}

impl Scene {
    /// Returns one call for each deny code that `request` can be refused with, to run a service
    /// through all of them. Whether the scene allows the request does not matter.
    ///
    /// ```
    /// # use deputize::testing::Scene;
    /// # use deputize::Request;
    /// # use time::OffsetDateTime;
    /// # let now = OffsetDateTime::now_utc();
    /// let scene = Scene::allowing(["crm.read accounts/**"], now)?;
    /// let request = Request::new("crm.read", "accounts/42", "crm.acme.com")?;
    /// for call in scene.every_refusal(&request)? {
    ///     let denial = call.decide(&scene.verifier(), &request, now).into_result().unwrap_err();
    ///     assert!(denial.has(call.code));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SceneError`] if no capability can state the request.
    pub fn every_refusal(&self, request: &Request) -> Result<Vec<RefusedCall>, SceneError> {
        DenyCode::ALL.iter().map(|code| self.refusal(*code, request)).collect()
    }

    /// Returns a call that is refused with `code` alone.
    ///
    /// # Errors
    ///
    /// As [`every_refusal`](Self::every_refusal).
    pub fn refusal(&self, code: DenyCode, request: &Request) -> Result<RefusedCall, SceneError> {
        Stage { scene: self, request, least: request.least_capability()? }.refusal(code)
    }
}

impl Stage<'_> {
    fn refusal(&self, code: DenyCode) -> Result<RefusedCall, SceneError> {
        use DenyCode as Code;
        let Scene { alice, planner, researcher, now, .. } = self.scene;
        let (now, honest) = (*now, self.held()?);
        let soon = now.saturating_add(Duration::seconds(30));
        // The chain or its presentation is at fault.
        let presented = match code {
            Code::WrongRoot => {
                let chain = self.presented(honest)?;
                RawToken { root_hint: chain.root_hint.map(|hint| hint ^ 1), ..chain }
            }
            Code::UntrustedRoot => {
                let stranger = SigningKey::generate()?;
                let first = RawToken::mint(owner()?, &stranger, self.first()?, now, [0; 16]);
                self.presented(first.delegate(planner, self.second()?, now))?
            }
            Code::NotPresented => honest,
            Code::BlockAfterPresentation => {
                let chain = self.presented(honest)?;
                let key = researcher.public_key().to_bytes();
                let content = chain.blocks.first().map(|block| block.content.clone());
                chain.block(researcher, content.unwrap_or_default(), &key)
            }
            Code::BadProof => {
                let proof = RawProof::FinalSignature(HELD.to_vec());
                RawToken { proof, ..self.presented(honest)? }
            }
            Code::UnsupportedSignatureVersion => self.altered(honest, |chain| {
                chain.blocks.iter_mut().skip(1).take(1).for_each(|block| block.version = 0);
            })?,
            Code::ThirdPartySignature => self.altered(honest, |chain| {
                for block in chain.blocks.iter_mut().skip(1).take(1) {
                    block.external_signature = Some(Vec::new());
                }
            })?,
            Code::BadKey => self.altered(honest, |chain| {
                // The neutral element: a signature of it is easy to make for any message.
                let weak = [&[1][..], &[0; 31]].concat();
                for block in chain.blocks.iter_mut().skip(1).take(1) {
                    block.next_key.clone_from(&weak);
                }
                chain.sign(1, planner);
            })?,
            Code::BadSignature => self.altered(honest, |chain| chain.sign(1, researcher))?,
            Code::NotTheHolder => self.presented_by(planner, honest, self.request, now)?,
            Code::WrongParent => {
                let stated = Stated { parent: Term::Bytes(vec![0; 32]), ..Stated::default() };
                let first = self.minted(self.first()?)?;
                self.presented(first.delegate_stating(&stated, planner, self.second()?, now))?
            }
            Code::NotCanonical => self.altered(honest, |chain| {
                for block in chain.blocks.iter_mut().skip(1).take(1) {
                    // An empty field, which Deputize never writes.
                    block.content.extend([0x12, 0x00]);
                }
                chain.resign(1, planner);
                chain.resign(2, researcher);
            })?,
            Code::OwnerNotTrusted => {
                let mallory = Owner::human("mallory@acme.com")?;
                let first = RawToken::mint(mallory, alice, self.first()?, now, [0; 16]);
                self.presented(first.delegate(planner, self.second()?, now))?
            }
            Code::SelfDelegation => {
                let same =
                    self.scene.grant("planner", planner.public_key(), self.least.clone(), soon)?;
                let chain = self.minted(self.first()?)?.delegate(planner, same, now);
                self.presented_by(planner, chain, self.request, now)?
            }
            Code::IssuedBeforeParent => {
                let early =
                    now.saturating_sub(MAX_CLOCK_TOLERANCE).saturating_sub(Duration::minutes(1));
                let first = self.minted(self.first()?)?;
                self.presented(first.delegate(planner, self.second()?, early))?
            }
            Code::OutlivesParent => {
                let later = Grant { expires: self.first()?.expires.plus(1), ..self.second()? };
                self.presented(self.minted(self.first()?)?.delegate(planner, later, now))?
            }
            Code::DelegationDepthExceeded => {
                let first = self.minted(self.first()?.with_max_hops(0))?;
                self.presented(first.delegate(planner, self.second()?, now))?
            }
            Code::DelegateNotAllowed => {
                let first = self.first()?.with_allowed_delegates([alice.public_key()])?;
                self.presented(self.minted(first)?.delegate(planner, self.second()?, now))?
            }
            Code::NotYetValid => {
                let later =
                    self.second()?.with_not_before(now.saturating_add(Duration::minutes(1)))?;
                self.with_second(later)?
            }
            Code::Expired => {
                let (issued, ended) = (
                    now.saturating_sub(Duration::minutes(1)),
                    now.saturating_sub(Duration::seconds(1)),
                );
                let key = researcher.public_key();
                let brief = self.scene.grant("researcher", key, self.least.clone(), ended)?;
                let first = RawToken::mint(owner()?, alice, self.first()?, issued, [0; 16]);
                self.presented(first.delegate(planner, brief, issued))?
            }
            Code::PresentationNotFresh => {
                let long_ago = now.saturating_sub(Duration::hours(1));
                self.presented_by(researcher, honest, self.request, long_ago)?
            }
            Code::WrongAudience => {
                let other = format!("not-{}", self.request.audience());
                self.presented_by(researcher, honest, &self.elsewhere(&other)?, now)?
            }
            Code::WrongRequest => {
                let other = self.request.clone().with_arg("another-call", "true")?;
                self.presented_by(researcher, honest, &other, now)?
            }
            Code::AudienceNotGranted => {
                let other = format!("not-{}", self.request.audience());
                self.with_second(self.second()?.with_audience([other])?)?
            }
            Code::NoCapability => self.with_second(without_capabilities(self.second()?))?,
            Code::OperationNotGranted => {
                let other = format!("{}.not", self.request.operation());
                self.with_capability(Capability::new(&other, "**")?)?
            }
            Code::ResourceNotGranted => {
                let other = format!("{}/not", self.request.resource());
                let operation = self.request.operation().to_string();
                self.with_capability(Capability::new(&operation, &other)?)?
            }
            Code::ArgumentMissing => {
                self.with_capability(self.least.clone().with_arg("missing-argument", [])?)?
            }
            Code::UnknownArgument => return self.unknown_argument(),
            Code::ArgumentRefused => return self.argument_refused(),
            Code::WorkLimitExceeded => return self.work_limit_exceeded(),
            Code::TokenTooLong
            | Code::ChainTooLong
            | Code::AnchorNotValid
            | Code::PinMismatch
            | Code::LifetimeTooLong
            | Code::Revoked
            | Code::KeyRevoked
            | Code::RevocationStale
            | Code::RevocationUnknown
            | Code::AgentNotListed
            | Code::AgentSuspended
            | Code::AgentRetired
            | Code::AgentNotInTime
            | Code::AgentReviewOverdue
            | Code::AgentDiffers
            | Code::DirectoryStale
            | Code::DirectoryUnknown
            | Code::PolicyRefused
            | Code::NoReplayGuard
            | Code::Replayed
            | Code::ReplayGuardFull
            | Code::ReplayUnknown => return self.by_settings(code, honest),
        };
        self.call(code, &presented)
    }

    /// Calls that the settings of a verifier refuse.
    fn by_settings(&self, code: DenyCode, honest: RawToken) -> Result<RefusedCall, SceneError> {
        use DenyCode as Code;
        let (scene, now) = (self.scene, self.scene.now);
        let first = honest.hop_ids().first().copied();
        let anchored = |anchor: TrustAnchor| scene.verifier_with(anchor, scene.by_expiry());
        let revoked_by = |policy| scene.verifier_with(scene.anchor(), policy);
        let guarded = |replays| Verifier::new(scene.anchor(), scene.by_expiry(), replays);
        let refused_by = |error| guarded(ReplayPolicy::refused_by(Refusing(error)));
        let verifier = match code {
            Code::TokenTooLong => scene.verifier().with_max_token_bytes(100),
            Code::ChainTooLong => scene.verifier().with_max_hops(1),
            Code::AnchorNotValid => {
                anchored(scene.anchor().with_valid_until(now.saturating_sub(Duration::hours(1))))
            }
            Code::PinMismatch => {
                let other = Principal::agent("researcher", SigningKey::generate()?.public_key())?;
                anchored(scene.anchor().with_pinned(other))
            }
            Code::LifetimeTooLong => scene.verifier().with_max_lifetime(BRIEF),
            Code::Revoked => {
                revoked_by(RevocationPolicy::checked_with(HashSet::<HopId>::from_iter(first)))
            }
            Code::KeyRevoked => {
                let mut list = RevocationDraft::own();
                list.revoke_key(scene.planner.public_key(), KeyEnd::compromised(), now);
                revoked_by(scene.by_list(&list, now)?)
            }
            Code::RevocationStale => {
                let long_ago = now.saturating_sub(Duration::DAY);
                revoked_by(scene.by_list(&RevocationDraft::own(), long_ago)?)
            }
            Code::RevocationUnknown => revoked_by(RevocationPolicy::checked_with(Unreachable)),
            Code::AgentNotListed
            | Code::AgentSuspended
            | Code::AgentRetired
            | Code::AgentNotInTime
            | Code::AgentReviewOverdue
            | Code::AgentDiffers
            | Code::DirectoryStale
            | Code::DirectoryUnknown => scene.verifier_by_directory(code)?,
            Code::NoReplayGuard => guarded(ReplayPolicy::accepted_for([])),
            Code::Replayed => refused_by(ReplayError::Replayed),
            Code::ReplayGuardFull => refused_by(ReplayError::Full),
            Code::ReplayUnknown => {
                refused_by(ReplayError::Unknown("the test asks for it".to_owned()))
            }
            _ => scene.verifier(),
        };
        let needs_policy = code == Code::PolicyRefused;
        let verifier = (!needs_policy).then_some(verifier);
        let call = self.call(code, &self.presented(honest)?)?;
        Ok(RefusedCall { verifier, needs_policy, ..call })
    }

    fn unknown_argument(&self) -> Result<RefusedCall, SceneError> {
        let code = DenyCode::UnknownArgument;
        if !self.request.args().is_empty() {
            return self.call(code, &self.with_capability(self.without_args())?);
        }
        let request = self.request.clone().with_arg("unknown-argument", "true")?;
        self.of_own_request(code, request, self.without_args())
    }

    /// Refuses the first argument that has one value, or an argument of its own.
    fn argument_refused(&self) -> Result<RefusedCall, SceneError> {
        let code = DenyCode::ArgumentRefused;
        let scalar = self.request.args().iter().find_map(|(name, json)| {
            let value = Value::scalar_from_json(json);
            value.map(|value| (name.clone(), value))
        });
        let (request, name, value) = match scalar {
            Some((name, value)) => (None, name, value),
            None => {
                let request = self.request.clone().with_arg("refused-argument", "true")?;
                (Some(request), "refused-argument".to_owned(), Value::Bool(true))
            }
        };
        let narrower = self.without_args().with_other_args(OtherArgs::Allow);
        let narrower = narrower.with_arg(name, [Constraint::none_of([value])])?;
        match request {
            None => self.call(code, &self.with_capability(narrower)?),
            Some(request) => self.of_own_request(code, request, narrower),
        }
    }

    fn work_limit_exceeded(&self) -> Result<RefusedCall, SceneError> {
        let operation = self.request.operation().to_string();
        let resource = self.request.resource().to_string();
        let mut request = Request::new(&operation, &resource, self.request.audience())?;
        let mut capability = Capability::new(&operation, "**")?;
        for index in 0..MAX_CONSTRAINTS {
            let (name, long) = (format!("text-{index}"), "x".repeat(MAX_STRING_BYTES));
            request = request.with_arg(name.as_str(), &format!("\"{long}\""))?;
            capability = capability.with_arg(name, [Constraint::glob("**")?])?;
        }
        self.of_own_request(DenyCode::WorkLimitExceeded, request, capability)
    }

    /// Returns a call of another request, on a chain whose second hop grants `capability`. The first
    /// hop permits every argument.
    fn of_own_request(
        &self,
        code: DenyCode,
        request: Request,
        capability: Capability,
    ) -> Result<RefusedCall, SceneError> {
        let least = Stage { scene: self.scene, request: &request, least: self.least.clone() };
        let any = Capability::new(&request.operation().to_string(), "**")?
            .with_other_args(OtherArgs::Allow);
        let wide = Stage { least: any, ..least };
        let call = wide.call(code, &wide.with_capability(capability)?)?;
        Ok(RefusedCall { request: Some(request), ..call })
    }

    fn call(&self, code: DenyCode, chain: &RawToken) -> Result<RefusedCall, SceneError> {
        let presentation = Presentation::from_bytes(chain.to_bytes())?;
        Ok(RefusedCall { code, presentation, request: None, verifier: None, needs_policy: false })
    }
}

/// A guard that refuses everything.
struct Refusing(ReplayError);

impl ReplayGuard for Refusing {
    fn consume(&self, _: &Presented) -> Result<(), ReplayError> {
        Err(self.0.clone())
    }

    fn note(&self, _: &Presented) -> Arrival {
        Arrival::Unknown
    }
}

/// A revocation source that does not answer.
struct Unreachable;

impl RevocationSource for Unreachable {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Unknown
    }
}
