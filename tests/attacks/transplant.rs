//! The attacker reads other people's tokens, which are no secret, and makes some of its own, and wants
//! a holder to sign words that afterwards mean something else: behind another block, under another
//! root, in another place.
//!
//! The *bait* is a token of the attacker's with the signatures of a real one. A signature covers the
//! signature bytes before it, so what is signed behind the bait fits the real blocks, too.
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
//! Verifiers whose cache knows the real chain refuse with the same code, and Biscuit facts and reports
//! are refused alike.

use curve25519_dalek::constants::ED25519_BASEPOINT_COMPRESSED;
use deputize::testing::{RawToken, Stated, Term};
use deputize::{
    Capability, Constraint, DelegateError, DenyCode, Grant, HopId, MintError, OperationPattern,
    Owner, PresentError, PublicKey, ReplayPolicy, Report, Request, RevocationPolicy, Signature,
    Signer, SignerError, SigningKey, Token, TokenError, TrustAnchor, TrustAnchors, Verdict,
    Verifier, interop,
};
use time::Duration;

use crate::common::forging::terminal;
use crate::common::{
    NONCE, TOKEN_ID, WINDOW, agent, alice, anchor, asking, decided_with_cache_of, first, held, key,
    mint, not_authentic, now, owner, planner, present_for, presented, refused, request, researcher,
    second, shown, thief, verifier,
};

/// To whom the attacker has the planner delegate.
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

/// Of the same shape: other strings in the same places of the tables, so under the same numbers.
fn to_read(name: &str, key: &SigningKey) -> Grant {
    granted(name, key, "notes.list", "mynotes/**")
}

/// What the attacker is after.
fn erasing() -> Request {
    asking("crm.erase", "accounts/emea/42", r#"{"limit": 5}"#)
}

/// Alice's token for the planner.
fn real() -> RawToken {
    mint(to_erase("planner", &planner()))
}

fn begun_by_mallory(grant: Grant) -> RawToken {
    let mallory = Owner::human("mallory@evil.com").unwrap();
    RawToken::mint(mallory, &thief(), grant, now(), TOKEN_ID)
}

/// A token whose words the holder means, and a real one of the same shape.
struct Transplant {
    meant: RawToken,
    real: RawToken,
}

impl Transplant {
    /// The words of the one with the signatures of the other.
    fn bait(&self) -> RawToken {
        let mut bait = self.meant.clone();
        for (block, real) in bait.blocks.iter_mut().zip(&self.real.blocks) {
            block.signature.clone_from(&real.signature);
        }
        bait
    }

    /// What was signed behind the bait, behind the real blocks.
    fn put_back(&self, signed: RawToken) -> RawToken {
        let mut moved = self.real.clone();
        moved.blocks.extend(signed.blocks.into_iter().skip(self.real.blocks.len()));
        RawToken { proof: signed.proof, ..moved }
    }

    /// The planner, with software that asks nothing, passes on what it reads, and the attacker's helper
    /// presents that behind the real token.
    fn of_a_hop(&self) -> RawToken {
        let own = to_read("helper", &helper());
        let signed = self.bait().delegate(&planner(), own, now());
        present_for(self.put_back(signed), &helper(), &erasing())
    }

    /// The planner, with software that asks nothing, presents the bait.
    fn of_a_presentation(&self) -> RawToken {
        self.put_back(present_for(self.bait(), &planner(), &erasing()))
    }

    /// The real chain as the planner presents it.
    fn honest(&self) -> RawToken {
        present_for(self.real.clone(), &planner(), &erasing())
    }

    /// Either is refused behind the real blocks, and nothing is shown that was signed behind the bait;
    /// and what the holder's library says of the bait.
    #[track_caller]
    fn is_refused(&self, hop: usize, code: DenyCode) {
        let hops = self.real.blocks.len();
        let honest = verifier().decide(shown(&self.honest()), erasing(), now());
        assert!(honest.is_allowed());
        for chain in [self.of_a_hop(), self.of_a_presentation()] {
            let because = (Some(hops), DenyCode::WrongParent);
            refused_everywhere(&chain, &[self.honest()], because, hops);
        }
        let mut held = self.of_a_hop();
        held.blocks.pop();
        held.proof = self.real.proof.clone();
        assert_eq!(not_authentic(&held), (Some(hops), DenyCode::WrongParent));
        assert_eq!(not_authentic(&self.bait()), (Some(hop), code));
    }
}

/// Mallory's words and Alice's signature.
fn of_another_owner() -> Transplant {
    Transplant { meant: begun_by_mallory(to_read("planner", &planner())), real: real() }
}

type Because = (Option<usize>, DenyCode);

/// The call to erase is refused for this reason alone, by those that know these chains and those that
/// do not, in Biscuit facts and in reports, which show the first `hops` hops and not a word more.
#[track_caller]
fn refused_everywhere(chain: &RawToken, known: &[RawToken], because: Because, hops: usize) {
    let decision = decided_with_cache_of(known, verifier, chain, &erasing());
    let told = Report::of(&decision);
    refused(decision, [because]);
    let bytes = chain.to_bytes();
    let of_bytes = |verifier| Report::of_bytes(bytes.clone(), verifier, now()).unwrap();
    for report in [told, of_bytes(Some(&verifier())), of_bytes(None)] {
        assert_eq!(reasons(&report), [because]);
        shows(&report, chain, hops);
    }
    shows(&Report::unverified_presentation(&shown(chain), now()), chain, hops);
    match interop::facts(&shown(chain), &erasing(), now()) {
        Err(TokenError::NotAuthentic(reason)) => assert_eq!((reason.hop, reason.code), because),
        other => panic!("{other:?}"),
    }
}

fn reasons(report: &Report) -> Vec<Because> {
    report.reasons.iter().map(|reason| (reason.hop, reason.code)).collect()
}

/// The first hops of the chain, as they are shown where no other block follows them.
#[track_caller]
fn shows(report: &Report, chain: &RawToken, hops: usize) {
    assert!(!report.authentic && report.presentation.is_none(), "{report}");
    assert!(matches!(report.verdict, Verdict::Deny | Verdict::Unverified));
    assert_eq!((report.hops.len(), report.not_shown), (hops, chain.blocks.len() - hops));
    let ids = chain.hop_ids();
    assert!(report.hops.iter().map(|hop| hop.id).eq(ids.into_iter().take(hops)), "{report}");
    for form in [report.to_string(), report.to_markdown(), report.to_html(), report.to_mermaid()] {
        let hidden = ["helper", "notes.list", "mynotes"];
        assert!(hidden.iter().all(|word| !form.contains(word)), "{form}");
    }
}

/// The bytes that the planner signs behind Mallory's block are those that erase behind Alice's. Only the
/// parent that they state tells them apart.
#[test]
fn one_hop_reads_both_ways() {
    let content = |raw: RawToken, own| {
        let stated = Stated { parent: Term::Bytes(vec![7; 32]), ..Stated::default() };
        raw.delegate_stating(&stated, &planner(), own, now()).blocks[1].content.clone()
    };
    let Transplant { meant, real } = of_another_owner();
    let read = content(meant, to_read("helper", &helper()));
    assert_eq!(read, content(real, to_erase("helper", &helper())));
}

#[test]
fn words_signed_behind_a_bait_of_another_owner() {
    of_another_owner().is_refused(0, DenyCode::BadSignature);
}

/// Alice herself granted both, of which the attacker read both.
#[test]
fn words_signed_behind_a_bait_of_another_token_of_the_same_owner() {
    let meant = RawToken::mint(owner(), &alice(), to_read("planner", &planner()), now(), [9; 16]);
    let own = Transplant { meant, real: real() };
    own.is_refused(0, DenyCode::BadSignature);
    // The other way round nothing is gained, and it is refused all the same.
    let turned = Transplant { meant: real(), real: own.meant };
    let signed = present_for(turned.bait(), &planner(), &erasing());
    let known = present_for(turned.real.clone(), &planner(), &erasing());
    let decision = decided_with_cache_of(&[known], verifier, &turned.put_back(signed), &erasing());
    refused(decision, [(Some(1), DenyCode::WrongParent)]);
}

/// The attacker is between Alice and the planner, and signed two hops for it.
#[test]
fn words_signed_behind_a_bait_of_an_ancestor_who_wrote_both_alternatives() {
    let own = Capability::new("*", "**").and_then(|own| own.with_arg("limit", [])).unwrap();
    let wide = Grant::new(agent("relay", &thief()), [own], now() + Duration::hours(2), "all");
    let relay = || mint(wide.clone().unwrap().with_max_hops(9));
    let to = |grant| relay().delegate(&thief(), grant, now());
    let both = Transplant {
        meant: to(to_read("planner", &planner())),
        real: to(to_erase("planner", &planner())),
    };
    both.is_refused(1, DenyCode::BadSignature);
}

/// Under a weak key one signature is good for any words: then no bait would need to be forged.
#[test]
fn words_signed_behind_an_alternative_by_a_weak_key() {
    let own = Capability::new("*", "**").and_then(|own| own.with_arg("limit", [])).unwrap();
    let wide = |name: &str, key: &SigningKey, hops| {
        let end = now() + Duration::hours(2);
        Grant::new(agent(name, key), [own.clone()], end, "all").unwrap().with_max_hops(hops)
    };
    let relay = mint(wide("relay", &thief(), 9));
    let mut to_weak = relay.delegate(&thief(), wide("weak", &helper(), 8), now());
    to_weak.blocks[1].next_key = [&[1][..], &[0; 31]].concat();
    to_weak.sign(1, &thief());
    let to = |grant| {
        let mut further = to_weak.clone().delegate(&thief(), grant, now());
        let one = [&[1][..], &[0; 31]].concat();
        let good = [ED25519_BASEPOINT_COMPRESSED.as_bytes(), &one[..]].concat();
        further.blocks[2].signature = good;
        further
    };
    let both = Transplant {
        meant: to(to_read("planner", &planner())),
        real: to(to_erase("planner", &planner())),
    };
    assert_eq!(both.bait(), both.meant);
    let because = (Some(1), DenyCode::BadKey);
    assert_eq!(not_authentic(&both.bait()), because);
    refused_everywhere(&both.of_a_hop(), &[], because, 1);
    refused_everywhere(&both.of_a_presentation(), &[], because, 1);
}

/// The signature of the last hop is good, and so is that of what follows.
#[test]
fn words_signed_behind_a_good_hop_behind_a_bait() {
    let further = |raw: RawToken| {
        let own = granted("planner", &planner(), "crm.erase", "accounts/**");
        raw.delegate(&researcher(), own, now())
    };
    let real = further(mint(to_erase("researcher", &researcher())));
    let mut meant = begun_by_mallory(to_read("researcher", &researcher()));
    meant.blocks.push(real.blocks[1].clone());
    Transplant { meant, real }.is_refused(0, DenyCode::BadSignature);
}

/// A bait need not state the root of whoever made it.
#[test]
fn words_signed_behind_a_bait_that_states_the_real_root_or_a_weak_one() {
    let weak = [&[1][..], &[0; 31]].concat();
    for (root, code) in [
        (alice().public_key().to_bytes().to_vec(), DenyCode::BadSignature),
        (weak, DenyCode::BadKey),
    ] {
        let stated = Stated { root: Term::Bytes(root), ..Stated::default() };
        let mallory = Owner::human("mallory@evil.com").unwrap();
        let own = to_read("planner", &planner());
        let meant = RawToken::mint_stating(&stated, mallory, &thief(), own, now(), TOKEN_ID);
        let meant = RawToken { root_hint: real().root_hint, ..meant };
        Transplant { meant, real: real() }.is_refused(0, code);
    }
}

/// The service that is called relays the presentation to another one, behind another token.
#[test]
fn a_presentation_that_a_service_relays() {
    let Transplant { real, .. } = of_another_owner();
    let call = Request::new("notes.list", "mynotes/1", "notes.evil.com").unwrap();
    let token = begun_by_mallory(to_read("planner", &planner()));
    let relayed = present_for(token.clone(), &planner(), &call);
    let known = [present_for(real.clone(), &planner(), &erasing())];
    let decision = decided_with_cache_of(&known, verifier, &relayed, &erasing());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
    let own = Transplant { meant: token, real };
    let relayed = own.put_back(present_for(own.bait(), &planner(), &call));
    refused_everywhere(&relayed, &known, (Some(1), DenyCode::WrongParent), 1);
    // Its name stands where Alice's block has that of the other service.
    let at = |service: &str, grant: Grant| grant.with_audience([service]).unwrap();
    let aliased = Transplant {
        meant: begun_by_mallory(at("notes.evil.com", to_read("planner", &planner()))),
        real: mint(at("crm.acme.com", to_erase("planner", &planner()))),
    };
    let renamed = aliased.put_back(present_for(aliased.bait(), &planner(), &call));
    refused_everywhere(&renamed, &[aliased.honest()], (Some(1), DenyCode::WrongParent), 1);
    // Behind blocks of its own signature it does not get that far.
    let moved = own.put_back(present_for(own.meant.clone(), &planner(), &call));
    refused_everywhere(&moved, &known, (Some(1), DenyCode::NotTheHolder), 1);
}

/// Under another parent the words mostly cannot be read. The code is not an accident of that.
#[test]
fn words_that_cannot_be_read_behind_the_real_block() {
    let mut own = to_read("planner", &planner());
    own = own.with_audience(["one.example", "two.example", "crm.acme.com"]).unwrap();
    let transplant = Transplant { meant: begun_by_mallory(own), real: real() };
    let last = to_read("helper", &helper()).with_audience(["crm.acme.com"]).unwrap();
    let signed = transplant.bait().delegate(&planner(), last, now());
    let chain = present_for(transplant.put_back(signed), &helper(), &erasing());
    let because = (Some(1), DenyCode::WrongParent);
    refused_everywhere(&chain, &[transplant.honest()], because, 1);
    let shown = transplant.of_a_presentation();
    refused_everywhere(&shown, &[transplant.honest()], because, 1);
}

/// Parents come before words, also where a hop's words are no hop's and the parent after it is wrong.
#[test]
fn words_that_cannot_be_read_before_a_presentation_of_another_chain() {
    let parent = Term::Bytes(real().hop_ids()[0].to_bytes().to_vec());
    let moved = Stated { parent, ..Stated::default() };
    let mut hop = real().delegate(&planner(), to_erase("helper", &helper()), now());
    // The last byte is the last of a check.
    hop.blocks[1].content.pop();
    hop.sign(1, &planner());
    let of_it = present_for(hop.clone(), &helper(), &erasing());
    refused_everywhere(&of_it, &[], (Some(1), DenyCode::NotCanonical), 1);
    let of_another = hop.present_stating(&moved, &helper(), &erasing(), now(), WINDOW, NONCE);
    refused_everywhere(&of_another, &[], (Some(2), DenyCode::WrongParent), 1);
}

/// Two blocks are out of place: the first is named, in its place.
#[test]
fn words_moved_twice() {
    let transplant = of_another_owner();
    let mut chain = transplant.of_a_hop();
    chain.blocks.pop();
    let other = Stated { parent: Term::Bytes(vec![7; 32]), ..Stated::default() };
    let chain = chain.present_stating(&other, &helper(), &erasing(), now(), WINDOW, NONCE);
    refused_everywhere(&chain, &[transplant.honest()], (Some(1), DenyCode::WrongParent), 1);
}

/// Whatever a transplanted chain is refused for, nobody is shown words that their signer did not sign.
#[test]
fn a_transplanted_chain_that_is_refused_for_something_else() {
    let transplant = of_another_owner();
    let known = [transplant.honest()];
    let mut held = transplant.of_a_hop();
    held.blocks.pop();
    let stolen = present_for(held.clone(), &thief(), &erasing());
    refused_everywhere(&stolen, &known, (Some(2), DenyCode::NotTheHolder), 1);
    let longer = held.delegate(&helper(), to_read("helper", &thief()), now());
    let mut longer = present_for(longer, &thief(), &erasing());
    longer.blocks[2].signature[40] ^= 1;
    refused_everywhere(&longer, &known, (Some(2), DenyCode::BadSignature), 1);
    let mut proofless = transplant.of_a_hop();
    proofless.proof = transplant.real.proof.clone();
    let report = Report::of(&decided_with_cache_of(&known, verifier, &proofless, &erasing()));
    assert_eq!(reasons(&report), [(Some(2), DenyCode::BadProof)]);
    shows(&report, &proofless, 1);
    let mut hintless = transplant.of_a_hop();
    hintless.root_hint = None;
    refused_everywhere(&hintless, &known, (None, DenyCode::WrongRoot), 1);
}

#[test]
fn a_transplanted_chain_that_is_beyond_a_limit_or_of_no_trusted_root() {
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    let replays = || ReplayPolicy::accepted_for([OperationPattern::Any]);
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
    let of_bob = || Verifier::new(bob.clone(), by_expiry.clone(), replays());
    let verifiers: [(&dyn Fn() -> Verifier, DenyCode); 3] = [
        (&of_bob, DenyCode::UntrustedRoot),
        (&|| verifier().with_max_hops(0), DenyCode::ChainTooLong),
        (&|| verifier().with_max_token_bytes(100), DenyCode::TokenTooLong),
    ];
    let transplant = of_another_owner();
    for chain in [transplant.of_a_hop(), transplant.of_a_presentation()] {
        for (verifier, code) in verifiers {
            let decision = decided_with_cache_of(&[], verifier, &chain, &erasing());
            shows(&Report::of(&decision), &chain, 1);
            refused(decision, [(None, code)]);
        }
    }
}

/// What a chain is made of that states these ids as its second and third blocks' parents.
fn stating(hop: Term, presentation: Term) -> RawToken {
    let stated = |parent| Stated { parent, ..Stated::default() };
    mint(first()).delegate_stating(&stated(hop), &planner(), second(), now()).present_stating(
        &stated(presentation),
        &researcher(),
        &request(),
        now(),
        WINDOW,
        NONCE,
    )
}

#[track_caller]
fn states(hop: Term, presentation: Term, because: Because) {
    let chain = stating(hop, presentation);
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    refused(decision, [because]);
    let mut held = chain.clone();
    held.blocks.pop();
    held.proof = crate::common::held().proof;
    match because.0 {
        Some(2) => assert!(Token::parse(&held.to_text()).is_ok()),
        _ => assert_eq!(not_authentic(&held), because),
    }
}

#[test]
fn a_parent_that_is_another_block() {
    let ids = presented().hop_ids();
    let sibling = mint(second()).hop_ids()[0];
    for id in [ids[1], ids[2], sibling, HopId::from_bytes([0; 32]), HopId::from_bytes([255; 32])] {
        let term = Term::Bytes(id.to_bytes().to_vec());
        states(term, Term::Honest, (Some(1), DenyCode::WrongParent));
    }
    for id in [ids[0], ids[2], sibling, HopId::from_bytes([0; 32]), HopId::from_bytes([255; 32])] {
        let term = Term::Bytes(id.to_bytes().to_vec());
        states(Term::Honest, term, (Some(2), DenyCode::WrongParent));
    }
}

/// One bit is enough, wherever it is.
#[test]
fn a_parents_id_with_a_bit_turned() {
    let ids = presented().hop_ids();
    for bit in 0..256 {
        let turned = |id: HopId| {
            let mut bytes = id.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Term::Bytes(bytes.to_vec())
        };
        states(turned(ids[0]), Term::Honest, (Some(1), DenyCode::WrongParent));
        states(Term::Honest, turned(ids[1]), (Some(2), DenyCode::WrongParent));
    }
}

/// Cut, lengthened, or not there, as in the blocks of old.
#[test]
fn a_parent_of_another_length_or_none() {
    let ids = presented().hop_ids();
    let spelled = |id: HopId| {
        let bytes = id.to_bytes().to_vec();
        let cut = |length| Term::Bytes(bytes[..length].to_vec());
        let longer = |more: &[u8]| Term::Bytes([&bytes[..], more].concat());
        [
            Term::Missing,
            cut(0),
            cut(16),
            cut(31),
            longer(&[0]),
            longer(&bytes),
            Term::Bytes(id.to_string().into_bytes()),
        ]
    };
    for term in spelled(ids[0]) {
        states(term, Term::Honest, (Some(1), DenyCode::NotCanonical));
    }
    for term in spelled(ids[1]) {
        states(Term::Honest, term, (Some(2), DenyCode::NotCanonical));
    }
}

#[test]
fn a_parent_in_the_first_block() {
    for id in [HopId::from_bytes([0; 32]), held().hop_ids()[0]] {
        let parent = Term::Bytes(id.to_bytes().to_vec());
        let stated = Stated { parent, ..Stated::default() };
        first_block(&stated, &alice(), (Some(0), DenyCode::NotCanonical));
    }
}

/// A chain whose first block states this, with the hint of the owner's key.
fn begun_stating(stated: &Stated, signer: &SigningKey) -> RawToken {
    let raw = RawToken::mint_stating(stated, owner(), signer, first(), now(), TOKEN_ID);
    let raw = RawToken { root_hint: held().root_hint, ..raw };
    raw.delegate(&planner(), second(), now())
}

#[track_caller]
fn first_block(stated: &Stated, signer: &SigningKey, because: Because) {
    let token = begun_stating(stated, signer);
    let chain = present_for(token.clone(), &researcher(), &request());
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    let report = Report::of(&decision);
    assert_eq!((report.hops.len(), report.owner), (0, None));
    refused(decision, [because]);
    assert_eq!(not_authentic(&token), because);
}

fn root(bytes: &[u8]) -> Stated {
    Stated { root: Term::Bytes(bytes.to_vec()), ..Stated::default() }
}

#[test]
fn a_stated_root_that_no_key_may_be() {
    let mut beyond = [0xff; 32];
    (beyond[0], beyond[31]) = (0xee, 0x7f);
    let mut twice = alice().public_key().to_bytes();
    twice[31] ^= 0x80;
    let no_point =
        (2_u8..).map(|n| [&[n][..], &[0; 31]].concat().try_into().unwrap()).find(|bytes| {
            PublicKey::from_bytes(bytes).is_err_and(|why| why == deputize::KeyError::NotAKey)
        });
    let one = [&[1][..], &[0; 31]].concat();
    for bytes in [&[0; 32][..], &one, &beyond, &no_point.unwrap()] {
        first_block(&root(bytes), &alice(), (Some(0), DenyCode::BadKey));
    }
    let published = terminal().public_key().to_bytes();
    first_block(&root(&published), &terminal(), (Some(0), DenyCode::BadKey));
    // The key's other sign, which has the same hint, is another key.
    let token = begun_stating(&root(&twice), &alice());
    let chain = present_for(token.clone(), &researcher(), &request());
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
    assert_eq!(not_authentic(&token), (Some(0), DenyCode::BadSignature));
}

#[test]
fn a_stated_root_of_another_length_or_none() {
    let own = alice().public_key().to_bytes();
    for bytes in [&[][..], &own[..31], &[&own[..], &[0]].concat(), &[own, own].concat()] {
        first_block(&root(bytes), &alice(), (Some(0), DenyCode::NotCanonical));
    }
    let missing = Stated { root: Term::Missing, ..Stated::default() };
    first_block(&missing, &alice(), (Some(0), DenyCode::NotCanonical));
}

/// Nobody signs the hint. What is not accepted for it is not called authentic in any report.
#[test]
fn a_hint_that_does_not_go_with_the_stated_root() {
    let other = begun_by_mallory(first()).root_hint;
    for root_hint in [None, Some(0), other] {
        let chain = RawToken { root_hint, ..presented() };
        let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
        let told = Report::of(&decision);
        refused(decision, [(None, DenyCode::WrongRoot)]);
        let of_bytes = |bytes| Report::of_bytes(bytes, None, now()).unwrap();
        let token = RawToken { root_hint, ..held() };
        assert_eq!(not_authentic(&token), (None, DenyCode::WrongRoot));
        let unverified = Report::unverified_presentation(&shown(&chain), now());
        for report in [told, of_bytes(chain.to_bytes()), of_bytes(token.to_bytes()), unverified] {
            assert_eq!((report.hops.len(), report.authentic), (2, false), "{report}");
        }
    }
    assert!(Report::unverified_presentation(&shown(&presented()), now()).authentic);
}

/// One that trusts Alice and Mallory, each for herself.
fn of_both() -> Verifier {
    let mallory = TrustAnchor::new(thief().public_key(), "mallory@evil.com");
    Verifier::new(
        TrustAnchors::new([anchor(), mallory]).unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
}

/// Mallory signs what Alice wrote, or Alice what states Mallory's key.
#[test]
fn one_content_under_two_roots() {
    let hint = begun_by_mallory(first()).root_hint;
    let mut copied = presented();
    copied.blocks[0].signature = {
        let mut own = held();
        own.sign(0, &thief());
        own.blocks[0].signature.clone()
    };
    copied.sign(1, &planner());
    copied.sign(2, &researcher());
    let hinted = RawToken { root_hint: hint, ..copied.clone() };
    let of_mallory = begun_stating(&root(&thief().public_key().to_bytes()), &alice());
    let of_mallory = present_for(of_mallory, &researcher(), &request());
    let rehinted = RawToken { root_hint: hint, ..of_mallory.clone() };
    for (chain, because) in [
        (copied, (Some(0), DenyCode::BadSignature)),
        (hinted, (None, DenyCode::WrongRoot)),
        (of_mallory, (None, DenyCode::WrongRoot)),
        (rehinted.clone(), (Some(0), DenyCode::BadSignature)),
    ] {
        let decision = decided_with_cache_of(&[presented()], of_both, &chain, &request());
        let report = Report::of(&decision);
        assert_eq!((report.hops.len(), report.authentic), (0, false), "{report}");
        refused(decision, [because]);
        let mut token = chain;
        token.blocks.pop();
        token.proof = held().proof;
        assert_eq!(not_authentic(&token), because);
    }
    let decision = decided_with_cache_of(&[presented()], verifier, &rehinted, &request());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
}

/// Whoever revokes the one does not revoke the other.
#[test]
fn the_hops_of_two_roots_have_other_ids() {
    let [of_alice, of_mallory] = [alice(), thief()].map(|root| {
        let token = RawToken::mint(owner(), &root, first(), now(), TOKEN_ID);
        Token::parse(&token.delegate(&planner(), second(), now()).to_text()).unwrap()
    });
    for (own, other) in of_alice.hops().iter().zip(of_mallory.hops()) {
        assert_eq!((own.grant(), own.issued()), (other.grant(), other.issued()));
        assert_ne!(own.id(), other.id());
    }
}

/// What stands before the key in the bytes that are signed, as the end of a signature: behind it, what
/// is signed for a later block is signed for a first one with a longer content, too.
fn shaped_like_an_end(key: &PublicKey) -> Vec<u8> {
    [&[7; 8][..], b"\0ALGORITHM\0\0\0\0\0", b"\0NEXTKEY\0", &key.to_bytes()].concat()
}

/// The same signed bytes, read as those of a first block.
fn read_as_first(signed: &RawToken) -> RawToken {
    let [.., before, last] = signed.blocks.as_slice() else { panic!("too short") };
    let (prefix, key) = before.signature.split_at(32);
    let frame = [b"\0ALGORITHM\0\0\0\0\0", &b"\0NEXTKEY\0"[..]].concat();
    let content = [
        &last.content[..],
        &frame,
        &last.next_key,
        b"\0PREVSIG\0",
        prefix.strip_suffix(frame.as_slice()).unwrap(),
    ]
    .concat();
    let mut alone = signed.clone();
    alone.blocks = vec![last.clone()];
    (alone.blocks[0].content, alone.blocks[0].next_key) = (content, key.to_vec());
    let root = planner().public_key().to_bytes();
    let hint = u32::from_be_bytes(*root.first_chunk().unwrap());
    RawToken { root_hint: Some(u64::from(hint)), ..alone }
}

/// The planner is an owner of its own at this service, and signs what a bait makes a first block of.
#[test]
fn a_previous_signature_that_looks_like_the_end_of_a_block() {
    let mut bait = begun_by_mallory(to_read("planner", &planner()));
    bait.blocks[0].signature = shaped_like_an_end(&helper().public_key());
    assert_eq!(bait.blocks[0].signature.len(), 64);
    assert_eq!(not_authentic(&bait), (Some(0), DenyCode::BadSignature));
    let hop = bait.clone().delegate(&planner(), to_read("helper", &helper()), now());
    let presentation = present_for(bait, &planner(), &erasing());
    let of_planner = || {
        let anchor = TrustAnchor::for_any_owner(planner().public_key());
        let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
        Verifier::new(
            anchor,
            RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
            replays,
        )
    };
    for signed in [hop, presentation] {
        let alone = read_as_first(&signed);
        // The planner did sign these bytes.
        let message = {
            let mut own = alone.clone();
            own.sign(0, &planner());
            own.blocks[0].signature.clone()
        };
        assert_eq!(message, alone.blocks[0].signature);
        let chain = present_for(alone, &helper(), &erasing());
        let decision = decided_with_cache_of(&[], of_planner, &chain, &erasing());
        assert_eq!(Report::of(&decision).hops, []);
        refused(decision, [(Some(0), DenyCode::NotCanonical)]);
    }
}

/// Says it signed.
#[derive(Clone)]
struct Idle {
    key: SigningKey,
    returns: [u8; 64],
}

impl Signer for Idle {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Ok(Signature::from_bytes(&self.returns))
    }
}

/// Behind the same bytes every time, everything that follows would fit every such token.
#[test]
fn a_signer_that_returns_zeros_or_what_it_returned_before() {
    let token = Token::parse(&held().to_text()).unwrap();
    let parent = Token::parse(&mint(first()).to_text()).unwrap();
    let signature = |hop: usize| *presented().blocks[hop].signature.first_chunk().unwrap();
    for returns in [None, Some(())] {
        let idle = |hop: usize| Idle {
            key: [alice(), planner(), researcher()][hop].clone(),
            returns: returns.map_or([0; 64], |()| signature(hop)),
        };
        let error = Token::mint(owner(), &idle(0), first(), now()).unwrap_err();
        assert!(matches!(error, MintError::Signer(_)), "{error}");
        let later = now() + Duration::SECOND;
        let error = parent.delegate(&idle(1), second(), later).unwrap_err();
        assert!(matches!(error, DelegateError::Signer(_)), "{error}");
        let error = token.present(&idle(2), &request(), now()).unwrap_err();
        assert!(matches!(error, PresentError::Signer(_)), "{error}");
    }
    let codes = [DenyCode::BadSignature, DenyCode::BadSignature, DenyCode::NotTheHolder];
    for (hop, code) in codes.into_iter().enumerate() {
        let mut chain = presented();
        chain.blocks[hop].signature = vec![0; 64];
        for (later, signer) in [alice(), planner(), researcher()].iter().enumerate() {
            if later > hop {
                chain.sign(later, signer);
            }
        }
        let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
        refused(decision, [(Some(hop), code)]);
    }
}

/// The standard chain, counted so.
fn counted(parent: Term, counted: &[u8]) -> deputize::Decision {
    let stated = Stated { parent, counted: Some(counted.to_vec()), ..Stated::default() };
    let chain = held().present_stating(&stated, &researcher(), &request(), now(), WINDOW, NONCE);
    decided_with_cache_of(&[presented()], verifier, &chain, &request())
}

#[test]
fn a_count_that_is_none() {
    let good = [&[8; 8][..], &[0, 0, 0, 0, 0, 0, 0, 3]].concat();
    assert!(counted(Term::Honest, &good).is_allowed());
    let zero = [&[8; 8][..], &[0; 8]].concat();
    let longer = [&good[..], &[0]].concat();
    for bytes in [&[][..], &good[..8], &good[..15], &longer, &zero, &[0; 16], &[0; 32]] {
        refused(counted(Term::Honest, bytes), [(Some(2), DenyCode::NotCanonical)]);
    }
    // In the place of the parent, and before it.
    let swapped = Term::Bytes(good.clone());
    let parent = held().hop_ids()[1].to_bytes();
    refused(counted(swapped.clone(), &good), [(Some(2), DenyCode::NotCanonical)]);
    refused(counted(swapped.clone(), &parent), [(Some(2), DenyCode::NotCanonical)]);
    states(Term::Honest, swapped, (Some(2), DenyCode::NotCanonical));
    // A count does not excuse another parent.
    let other = Term::Bytes(held().hop_ids()[0].to_bytes().to_vec());
    refused(counted(other, &good), [(Some(2), DenyCode::WrongParent)]);
}
