//! The attacker reads other people's tokens, which are not secret, and makes some of its own. It
//! wants a holder to sign a block that afterwards means something else: after another block, under
//! another root, in another place.
//!
//! The *bait* is a token of the attacker's with the signatures of a real one. A signature covers
//! the previous signature bytes, so a block signed after the bait fits after the real blocks, too.
//!
//! | attack | the holder's library | the service |
//! |---|---|---|
//! | a hop or a presentation behind a bait: another owner's token, two tokens of one owner, a relay's bait | `bad_signature` 0 | `wrong_parent` |
//! | behind a bait of an ancestor who signed both alternatives | `bad_signature` 1 | `wrong_parent` |
//! | … under a weak key, by which one signature is good for both | `bad_key` 1 | `bad_key` |
//! | behind a good last hop whose first block is a bait's | `bad_signature` 0 | `wrong_parent` |
//! | a bait that states the real root, or a weak one | `bad_signature` 0, `bad_key` 0 | `wrong_parent` |
//! | a transplanted chain that somebody else presents | | `not_the_holder`, and the hop is not shown |
//! | … that is signed wrongly further on, too long, or of no trusted root | | that code, and the hop is not shown |
//! | a parent's id of the grandparent, the block itself, a sibling, zeros | `wrong_parent` | `wrong_parent` |
//! | … of 0, 31, 33 or 64 bytes, or none (the shape of old) | `not_canonical` | `not_canonical` |
//! | a parent in the first block | `not_canonical` 0 | `not_canonical` 0 |
//! | a root that is stated weak, non-canonical, no point or with a published secret | `bad_key` 0 | `bad_key` 0 |
//! | … of 0, 31, 33 or 64 bytes, or none (the shape of old) | `not_canonical` 0 | `not_canonical` 0 |
//! | a hint that is missing or goes with another root | `wrong_root` | `wrong_root` |
//! | one content signed by another root | `bad_signature` 0, with that root's hint `wrong_root` | the same |
//! | a block of Alice's that states another root | `bad_signature` 0 | the same, or `untrusted_root` |
//! | a previous signature that looks like the end of a block | `bad_signature` 0 | `not_canonical` 0, read as a first block |
//! | a signer that returns zeros, or what it returned before | the signer's error | `bad_signature`, `not_the_holder` |
//! | a count of 0, 15 or 17 bytes, a count of zero, a count in the parent's place | | `not_canonical` |
//!
//! Verifiers that have the real chain in their cache refuse with the same code, and so do Biscuit
//! facts and reports.

mod baits;
mod parents;
mod roots;
mod signers;

use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, DenyCode, Grant, Owner, Report, Request, SigningKey, TokenError,
    Verdict, interop,
};
use deputize_pages::report_page;
use time::Duration;

use crate::common::{
    TOKEN_ID, agent, crm_request, decided_with_cache_of, key, mint, not_authentic, now, planner,
    present_for, refused, shown, thief, verifier,
};

/// The agent to which the attacker makes the planner delegate.
fn helper() -> SigningKey {
    key(98)
}

fn granted(name: &str, key: &SigningKey, operation: &str, resource: &str) -> Grant {
    let own = Capability::new(operation, resource)
        .and_then(|own| own.with_arg("limit", [Constraint::max(9)]))
        .unwrap();
    let purpose = format!("a {operation}");
    let grant = Grant::new(agent(name, key), [own], now() + Duration::hours(1), purpose);
    grant.unwrap().with_max_hops(3)
}

fn to_erase(name: &str, key: &SigningKey) -> Grant {
    granted(name, key, "crm.erase", "accounts/**")
}

/// A grant of the same shape: other strings in the same places of the tables, so with the same
/// numbers.
fn to_read(name: &str, key: &SigningKey) -> Grant {
    granted(name, key, "notes.list", "mynotes/**")
}

/// The call that the attacker wants allowed.
fn erasing() -> Request {
    crm_request("crm.erase", "accounts/emea/42", r#"{"limit": 5}"#)
}

/// Alice's token for the planner.
fn real() -> RawToken {
    mint(to_erase("planner", &planner()))
}

fn minted_by_mallory(grant: Grant) -> RawToken {
    let mallory = Owner::human("mallory@evil.com").unwrap();
    RawToken::mint(mallory, &thief(), grant, now(), TOKEN_ID)
}

/// A token whose content the holder means, and a real one of the same shape.
struct Transplant {
    meant: RawToken,
    real: RawToken,
}

impl Transplant {
    /// The content of the one with the signatures of the other.
    fn bait(&self) -> RawToken {
        let mut bait = self.meant.clone();
        for (block, real) in bait.blocks.iter_mut().zip(&self.real.blocks) {
            block.signature.clone_from(&real.signature);
        }
        bait
    }

    /// Moves the blocks signed after the bait to the real blocks.
    fn put_back(&self, signed: RawToken) -> RawToken {
        let mut moved = self.real.clone();
        moved.blocks.extend(signed.blocks.into_iter().skip(self.real.blocks.len()));
        RawToken { proof: signed.proof, ..moved }
    }

    /// The planner, with software that checks nothing, delegates the bait, and the attacker's
    /// helper presents the result after the real token.
    fn of_a_hop(&self) -> RawToken {
        let own = to_read("helper", &helper());
        let signed = self.bait().delegate(&planner(), own, now());
        present_for(self.put_back(signed), &helper(), &erasing())
    }

    /// The planner, with software that checks nothing, presents the bait.
    fn of_a_presentation(&self) -> RawToken {
        self.put_back(present_for(self.bait(), &planner(), &erasing()))
    }

    /// The real chain as the planner presents it.
    fn honest(&self) -> RawToken {
        present_for(self.real.clone(), &planner(), &erasing())
    }

    /// Checks that both are refused after the real blocks, that nothing signed after the bait is
    /// shown, and that the holder's library refuses the bait with this hop and code.
    #[track_caller]
    fn is_refused(&self, hop: usize, code: DenyCode) {
        let hops = self.real.blocks.len();
        let honest = verifier().decide(shown(&self.honest()), erasing(), now());
        assert!(honest.is_allowed());
        for chain in [self.of_a_hop(), self.of_a_presentation()] {
            let expected = (Some(hops), DenyCode::WrongParent);
            refused_everywhere(&chain, &[self.honest()], expected, hops);
        }
        let mut held = self.of_a_hop();
        held.blocks.pop();
        held.proof = self.real.proof.clone();
        assert_eq!(not_authentic(&held), (Some(hops), DenyCode::WrongParent));
        assert_eq!(not_authentic(&self.bait()), (Some(hop), code));
    }
}

/// Mallory's content and Alice's signature.
fn of_another_owner() -> Transplant {
    Transplant { meant: minted_by_mallory(to_read("planner", &planner())), real: real() }
}

type HopCode = (Option<usize>, DenyCode);

/// Checks that the call to erase is refused for this reason alone, by verifiers with and without
/// these chains in their cache, in Biscuit facts and in reports, which show only the first `hops`
/// hops.
#[track_caller]
fn refused_everywhere(chain: &RawToken, known: &[RawToken], expected: HopCode, hops: usize) {
    let decision = decided_with_cache_of(known, verifier, chain, &erasing());
    let report = Report::of(&decision);
    refused(decision, [expected]);
    let bytes = chain.to_bytes();
    let of_bytes = |verifier| Report::of_bytes(bytes.clone(), verifier, now()).unwrap();
    for report in [report, of_bytes(Some(&verifier())), of_bytes(None)] {
        assert_eq!(reasons(&report), [expected]);
        require_prefix(&report, chain, hops);
    }
    require_prefix(&Report::unverified_presentation(&shown(chain), now()), chain, hops);
    match interop::facts(&shown(chain), &erasing(), now()) {
        Err(TokenError::NotAuthentic(reason)) => assert_eq!((reason.hop, reason.code), expected),
        other => panic!("{other:?}"),
    }
}

fn reasons(report: &Report) -> Vec<HopCode> {
    report.reasons.iter().map(|reason| (reason.hop, reason.code)).collect()
}

/// Checks that the report shows the first `hops` hops of the chain, and nothing of the other
/// blocks.
#[track_caller]
fn require_prefix(report: &Report, chain: &RawToken, hops: usize) {
    assert!(!report.authentic && report.presentation.is_none(), "{report}");
    assert!(matches!(report.verdict, Verdict::Deny | Verdict::Unverified));
    assert_eq!((report.hops.len(), report.not_shown), (hops, chain.blocks.len() - hops));
    let ids = chain.hop_ids();
    assert!(report.hops.iter().map(|hop| hop.id).eq(ids.into_iter().take(hops)), "{report}");
    for form in [report.to_string(), report.to_markdown(), report_page(report), report.to_mermaid()]
    {
        let hidden = ["helper", "notes.list", "mynotes"];
        assert!(hidden.iter().all(|word| !form.contains(word)), "{form}");
    }
}
