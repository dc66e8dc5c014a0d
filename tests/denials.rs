//! Every reason for which a call is denied: for each code at least one token that the public API
//! refuses to make, or one real misuse, and exactly the reasons that the denial lists.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod common;

use std::collections::HashSet;

use biscuit_auth::format::schema;
use biscuit_auth::macros::biscuit;
use common::{
    agent, alice, anchor, asking, close, close_over, codes, decided, denied, first, grant, held,
    key, mint, now, owner, planner, presented, reading, request, researcher, second, shown, thief,
    verifier, verifier_of, writer,
};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use deputize::forge::{Forge, ForgedProof, with_purpose, without_capabilities};
use deputize::{
    Capability, Code, Constraint, Decision, Grant, HopId, MemoryReplayGuard, OtherArgs, Owner,
    Presentation, PublicKey, ReplayGuard, ReplayRefusal, Replays, Report, Request, Revocation,
    RevocationSource, RevocationStatus, Signature, Signer, SignerError, SigningKey, Token,
    TrustAnchor, Verifier,
};
use prost::Message;
use sha2::{Digest, Sha512};
use time::{Duration, OffsetDateTime};

struct Case {
    name: &'static str,
    /// Every reason, in order.
    expected: &'static [(Option<usize>, Code)],
    decide: fn() -> Decision,
}

const fn case(
    name: &'static str,
    expected: &'static [(Option<usize>, Code)],
    decide: fn() -> Decision,
) -> Case {
    Case { name, expected, decide }
}

#[test]
fn each_case_is_denied_for_exactly_its_reasons() {
    assert!(decided(&presented()).is_allowed(), "the standard chain");
    let mut wrong = Vec::new();
    for case in CASES {
        let found = match (case.decide)() {
            Decision::Allow(_) => "allowed".to_owned(),
            Decision::Deny(denial) if codes(&denial) == case.expected => continue,
            Decision::Deny(denial) => format!("{:?}", codes(&denial)),
        };
        wrong.push(format!("{}: {found}, expected {:?}", case.name, case.expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    let covered: HashSet<Code> =
        CASES.iter().flat_map(|case| case.expected.iter().map(|(_, code)| *code)).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|c| !covered.contains(c)).collect();
    assert!(missing.is_empty(), "codes without a case: {missing:?}");
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: HashSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

const NONE: Option<usize> = None;
const HOP_0: Option<usize> = Some(0);
const HOP_1: Option<usize> = Some(1);
const HOP_2: Option<usize> = Some(2);
const HOP_3: Option<usize> = Some(3);

const CASES: &[Case] = &[
    // Before anything is decoded.
    case("one byte too long", &[(NONE, Code::TooLong)], || {
        let most = presented().to_text().len() - 1;
        decided_by(verifier().with_max_token_bytes(most), &presented())
    }),
    case("no hint at the root key", &[(NONE, Code::UntrustedRoot)], || {
        decided(&Forge { root_hint: None, ..presented() })
    }),
    case("a hint at another root key", &[(NONE, Code::UntrustedRoot)], || {
        decided(&Forge { root_hint: Some(7), ..presented() })
    }),
    case("a root key that the verifier does not know", &[(NONE, Code::UntrustedRoot)], || {
        let bob = TrustAnchor::for_any_owner(key(50).public_key());
        decided_by(verifier_of(bob), &presented())
    }),
    case("a verifier that believes nobody", &[(NONE, Code::UntrustedRoot)], || {
        let nobody = Verifier::new([], Revocation::NotChecked, Replays::AcceptedForReadOnlyCalls);
        decided_by(nobody, &presented())
    }),
    case("one hop more than the verifier accepts", &[(NONE, Code::TooManyHops)], || {
        decided_by(verifier().with_max_hops(1), &presented())
    }),
    case("one hop more than the default", &[(NONE, Code::TooManyHops)], || decided(&chain_of(9))),
    case("one hop more than any verifier accepts", &[(NONE, Code::TooManyHops)], || {
        let widest = verifier().with_max_hops(1_000).with_max_token_bytes(1_000_000);
        decided_by(widest, &chain_of(33))
    }),
    // The shape of the blocks.
    case("a held token shown as it is", &[(NONE, Code::NotPresented)], || {
        let held = Token::parse(&held().to_text()).unwrap();
        decide(Presentation::parse(&held.to_text()).unwrap())
    }),
    case("a presentation without a hop", &[(NONE, Code::NotPresented)], || {
        decided(&close(nothing(), &alice()))
    }),
    case("a sealed biscuit", &[(NONE, Code::NotPresented)], || {
        decided(&Forge { proof: ForgedProof::FinalSignature(vec![7; 64]), ..held() })
    }),
    case("an ordinary biscuit of the right root", &[(HOP_0, Code::SignatureVersion)], || {
        let root = biscuit_auth::KeyPair::from(
            &biscuit_auth::PrivateKey::from_bytes(
                &*alice().to_bytes(),
                biscuit_auth::Algorithm::Ed25519,
            )
            .unwrap(),
        );
        let token = biscuit!(r#"operation("crm.read");"#).build(&root).unwrap();
        let mut forge = Forge::take_apart(&token.to_vec().unwrap()).unwrap();
        forge.root_hint = presented().root_hint;
        decided(&forge)
    }),
    case(
        "a block behind the presentation, signed with the published secret",
        &[(HOP_3, Code::AfterPresentation)],
        || {
            let content = presented().blocks[2].content.clone();
            decided(&presented().block(&terminal(), content, &key(9).public_key().to_bytes()))
        },
    ),
    case("a second presentation behind the first", &[(HOP_3, Code::AfterPresentation)], || {
        decided(&close(presented(), &terminal()))
    }),
    case("the secret of another key at the end", &[(HOP_2, Code::BadProof)], || {
        decided(&Forge { proof: ForgedProof::NextSecret(vec![7; 32]), ..presented() })
    }),
    case("the terminal secret with a byte more", &[(HOP_2, Code::BadProof)], || {
        let mut secret = terminal().to_bytes().to_vec();
        secret.push(0);
        decided(&Forge { proof: ForgedProof::NextSecret(secret), ..presented() })
    }),
    case("a presentation sealed", &[(HOP_2, Code::BadProof)], || {
        decided(&Forge { proof: ForgedProof::FinalSignature(vec![0; 64]), ..presented() })
    }),
    case(
        "signature version 0, with a signature that is right for it",
        &[(HOP_1, Code::SignatureVersion)],
        || {
            let mut forge = presented();
            let block = &mut forge.blocks[1];
            let message = [&block.content, &0_i32.to_le_bytes()[..], &block.next_key].concat();
            block.signature = planner().sign(&message).unwrap().to_bytes().to_vec();
            block.version = 0;
            forge.sign(2, &researcher());
            decided(&forge)
        },
    ),
    case("signature version 2", &[(HOP_2, Code::SignatureVersion)], || {
        altered(|forge| forge.blocks[2].version = 2)
    }),
    case("a third party's signature", &[(HOP_1, Code::ThirdParty)], || {
        altered(|forge| forge.blocks[1].external_signature = Some(vec![1, 2, 3]))
    }),
    case("a P-256 key", &[(HOP_1, Code::BadKey)], || {
        altered(|forge| forge.blocks[1].algorithm = 1)
    }),
    case("a P-256 key of its own length", &[(HOP_1, Code::BadKey)], || {
        altered(|forge| {
            forge.blocks[1].algorithm = 1;
            forge.blocks[1].next_key = vec![2; 33];
        })
    }),
    case("a key of 31 bytes", &[(HOP_0, Code::BadKey)], || {
        altered(|forge| forge.blocks[0].next_key.truncate(31))
    }),
    case("a key of 33 bytes", &[(HOP_0, Code::BadKey)], || {
        altered(|forge| forge.blocks[0].next_key.push(0))
    }),
    case("a key of small order", &[(HOP_1, Code::BadKey)], || {
        let mut weak = [0; 32];
        weak[0] = 1;
        with_next_key(weak)
    }),
    case("a second spelling of a key", &[(HOP_1, Code::BadKey)], || {
        // y = p + 3
        let mut spelled_twice = [0xff; 32];
        spelled_twice[0] = 0xf0;
        spelled_twice[31] = 0x7f;
        with_next_key(spelled_twice)
    }),
    // The signatures.
    case("the first hop signed by another root", &[(HOP_0, Code::BadSignature)], || {
        signed_by(0, &thief())
    }),
    case("the second hop signed by another", &[(HOP_1, Code::BadSignature)], || {
        signed_by(1, &thief())
    }),
    case("the second hop signed by the root", &[(HOP_1, Code::BadSignature)], || {
        signed_by(1, &alice())
    }),
    case("a third hop signed by the planner", &[(HOP_2, Code::BadSignature)], || {
        let grant = grant("writer", &writer(), reading("**", 1), Duration::minutes(1));
        decided(&close(held().delegate(&planner(), grant, now()), &writer()))
    }),
    case("a signature of 63 bytes", &[(HOP_1, Code::BadSignature)], || {
        altered(|forge| {
            forge.blocks[1].signature.pop();
            forge.sign(2, &researcher());
        })
    }),
    case(
        "a hop spliced in from another chain of the same two",
        &[(HOP_1, Code::BadSignature)],
        || {
            let other = Forge::mint(owner(), &alice(), first(), now(), [0x71; 16]).delegate(
                &planner(),
                second(),
                now(),
            );
            let mut forge = presented();
            forge.blocks[1] = other.blocks[1].clone();
            forge.sign(2, &researcher());
            decided(&forge)
        },
    ),
    case("the hops the other way round", &[(HOP_0, Code::BadSignature)], || {
        altered(|forge| forge.blocks.swap(0, 1))
    }),
    case("a hop cut out of the middle", &[(HOP_1, Code::NotTheHolder)], || {
        altered(|forge| drop(forge.blocks.remove(1)))
    }),
    case("presented by a thief", &[(HOP_2, Code::NotTheHolder)], || {
        decided(&close(held(), &thief()))
    }),
    case("presented by the holder of the parent", &[(HOP_2, Code::NotTheHolder)], || {
        decided(&close(held(), &planner()))
    }),
    case("the parent's token presented by the researcher", &[(HOP_1, Code::NotTheHolder)], || {
        decided(&close(mint(first()), &researcher()))
    }),
    case(
        "a presentation spliced onto another chain of the same holder",
        &[(HOP_2, Code::NotTheHolder)],
        || {
            let other = Forge::mint(owner(), &alice(), first(), now(), [0x71; 16]).delegate(
                &planner(),
                second(),
                now(),
            );
            let mut forge = close(other, &researcher());
            forge.blocks[2] = presented().blocks[2].clone();
            decided(&forge)
        },
    ),
    // What the blocks say.
    case("content that is no protobuf", &[(HOP_1, Code::NotCanonical)], || {
        with_content(1, vec![0xff])
    }),
    case("content that is empty", &[(HOP_0, Code::NotCanonical)], || with_content(0, Vec::new())),
    case("a field that no Biscuit has", &[(HOP_0, Code::NotCanonical)], || {
        let mut content = presented().blocks[0].content.clone();
        content.extend([15 << 3, 1]);
        with_content(0, content)
    }),
    case("a length spelled in two bytes", &[(HOP_2, Code::NotCanonical)], || {
        // The first symbol of the presentation: key, length, text.
        let mut content = presented().blocks[2].content.clone();
        assert_eq!((content[0], content[1]), (0x0a, 12));
        content.splice(1..2, [12 | 0x80, 0]);
        with_content(2, content)
    }),
    case("one fact more", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.facts.push(fact(0, vec![int(1)])))
    }),
    case("one fact more in the presentation", &[(HOP_2, Code::NotCanonical)], || {
        edited(2, |block| block.facts.push(fact(0, vec![int(1)])))
    }),
    case("one check more", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| block.checks.push(block.checks[0].clone()))
    }),
    case("one check less", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| drop(block.checks.remove(0)))
    }),
    case("no check at all", &[(HOP_2, Code::NotCanonical)], || {
        edited(2, |block| block.checks.clear())
    }),
    case("the checks the other way round", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.checks.swap(0, 1))
    }),
    case("the facts the other way round", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.facts.swap(1, 2))
    }),
    case("`check all` for `check if`", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.checks[0].kind = Some(1))
    }),
    case("`check if` said in so many words", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.checks[0].kind = Some(0))
    }),
    case("a rule", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| {
            block.rules.push(block.checks[0].queries[0].clone());
        })
    }),
    case("a scope", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| block.scope.push(previous()))
    }),
    case("a scope of one query", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| {
            block.checks[0].queries[0].scope.push(previous());
        })
    }),
    case("the key of a third party", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| {
            block.public_keys.push(schema::PublicKey {
                algorithm: 0,
                key: key(9).public_key().to_bytes().to_vec(),
            });
        })
    }),
    case("a context", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.context = Some("be generous".to_owned()))
    }),
    case("an older version of Datalog", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.version = Some(5))
    }),
    case("no version of Datalog", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.version = None)
    }),
    case("the same strings in another order", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            block.symbols.swap(0, 1);
            // `deputize` and `token` are the names of the first two facts.
            block.facts[0].predicate.name = 1025;
            block.facts[1].predicate.name = 1024;
        })
    }),
    case("a string that nothing uses", &[(HOP_2, Code::NotCanonical)], || {
        edited(2, |block| block.symbols.push("unused".to_owned()))
    }),
    case("a string declared twice", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| block.symbols.push(block.symbols[0].clone()))
    }),
    case("a string that every Biscuit knows, declared", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| block.symbols.push("read".to_owned()))
    }),
    case("a string that is not declared", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| block.facts[0].predicate.name = 9_999)
    }),
    case("another variable for the time", &[(HOP_1, Code::NotCanonical)], || {
        edited(1, |block| {
            let query = &mut block.checks[0].queries[0];
            query.body[0].terms[0] = term(schema::term::Content::Variable(0));
        })
    }),
    case("an expiry that includes its instant", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            let ops = &mut block.checks[0].queries[0].expressions[0].ops;
            ops[2].content =
                Some(schema::op::Content::Binary(schema::OpBinary { kind: 2, ffi_name: None }));
        })
    }),
    case("a date after the year 9999", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            let ops = &mut block.checks[0].queries[0].expressions[0].ops;
            let late = term(schema::term::Content::Date(253_402_300_800));
            ops[1].content = Some(schema::op::Content::Value(late));
        })
    }),
    case("a service named twice", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            let services = &mut block.checks[1].queries;
            services.push(services[0].clone());
        })
    }),
    case("the version of another vocabulary", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| block.facts[0].predicate.terms[0] = int(2))
    }),
    case("a token id of 15 bytes", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            let short = term(schema::term::Content::Bytes(vec![7; 15]));
            block.facts[1].predicate.terms[0] = short;
        })
    }),
    case("a nonce of 17 bytes", &[(HOP_2, Code::NotCanonical)], || {
        edited(2, |block| {
            let long = term(schema::term::Content::Bytes(vec![7; 17]));
            block.facts[0].predicate.terms[0] = long;
        })
    }),
    case("a kind that nobody is of", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            let kind = block.symbols.iter_mut().find(|s| *s == "agent");
            *kind.unwrap() = "robot".to_owned();
        })
    }),
    case("a delegate whose name cannot be seen", &[(HOP_0, Code::NotCanonical)], || {
        renamed("planner", "\u{200b}")
    }),
    case("a delegate's name that is too long", &[(HOP_0, Code::NotCanonical)], || {
        renamed("planner", &"x".repeat(257))
    }),
    case("a resource that could be read in two ways", &[(HOP_0, Code::NotCanonical)], || {
        renamed("accounts/", "accounts/../")
    }),
    case("an audience that cannot be seen", &[(HOP_0, Code::NotCanonical)], || {
        renamed("crm.acme.com", "crm.acme.com\u{202e}")
    }),
    case("a negative number of hops", &[(HOP_0, Code::NotCanonical)], || {
        edited(0, |block| {
            block.facts[3].predicate.terms[4] = int(-1);
        })
    }),
    case("more hops than any verifier follows", &[(HOP_0, Code::NotCanonical)], || {
        decided(&close(mint(first().with_max_hops(32)), &planner()))
    }),
    case("no purpose", &[(HOP_1, Code::NotCanonical)], || {
        with_second(with_purpose(second(), " \t"))
    }),
    case("a purpose that cannot be seen", &[(HOP_1, Code::NotCanonical)], || {
        with_second(with_purpose(second(), "\u{2800}\u{200b}"))
    }),
    case("a purpose that is too long", &[(HOP_1, Code::NotCanonical)], || {
        with_second(with_purpose(second(), &"x".repeat(513)))
    }),
    case("arguments asked for to no end", &[(HOP_1, Code::NotCanonical)], || {
        let may_be_absent = Capability::new("crm.read", "**")
            .and_then(|own| own.with_optional_arg("limit", [Constraint::max(10)]))
            .unwrap()
            .with_other_args(OtherArgs::Allow);
        let forge = held_with(may_be_absent);
        let mut block = decoded(&forge, 1);
        block.checks[1].queries[0].expressions.clear();
        decided(&resigned(forge, 1, block.encode_to_vec()))
    }),
    case("two limits of one argument in the other order", &[(HOP_1, Code::NotCanonical)], || {
        let between = Capability::new("crm.read", "**")
            .and_then(|own| own.with_arg("limit", [Constraint::min(1), Constraint::max(9)]))
            .unwrap();
        let forge = held_with(between);
        assert!(decided(&forge).is_allowed());
        let mut block = decoded(&forge, 1);
        block.checks[1].queries[0].expressions.swap(0, 1);
        decided(&resigned(forge, 1, block.encode_to_vec()))
    }),
    case("two capabilities, of which one is not guarded", &[(HOP_1, Code::NotCanonical)], || {
        let grant = Grant::new(
            agent("researcher", &researcher()),
            [reading("accounts/**", 9), reading("reports/**", 9)],
            now() + Duration::minutes(1),
            "two",
        );
        let forge = mint(first()).delegate(&planner(), grant.unwrap(), now());
        let forge = close(forge, &researcher());
        let mut block = decoded(&forge, 1);
        let unguarded = decoded(&presented(), 1).checks[2].queries[0].expressions[1].clone();
        block.checks[1].queries[0].expressions[1] = unguarded;
        decided(&resigned(forge, 1, block.encode_to_vec()))
    }),
    case("a hop that says again whose token it is", &[(HOP_1, Code::NotCanonical)], || {
        let bob = Owner::human("bob@acme.com").unwrap();
        let forge = mint(first()).delegate_as_owner(bob, &planner(), second(), now());
        decided(&close(forge, &researcher()))
    }),
    case("a first hop that does not say whose token it is", &[(HOP_0, Code::NotCanonical)], || {
        let forge = nothing().delegate(&alice(), first(), now());
        decided(&close(forge, &planner()))
    }),
    case("a presentation in the place of a hop", &[(HOP_1, Code::NotCanonical)], || {
        let mut forge = presented();
        let content = close(mint(first()), &planner()).blocks[1].content.clone();
        forge.blocks[1].content = content;
        forge.sign(1, &planner());
        forge.sign(2, &researcher());
        decided(&forge)
    }),
    case("a delegation to the terminal key", &[(HOP_2, Code::NotCanonical)], || {
        let mut forge = held().delegate(&researcher(), second(), now());
        forge.blocks[2].next_key = terminal().public_key().to_bytes().to_vec();
        forge.sign(2, &researcher());
        forge.proof = presented().proof;
        decided(&forge)
    }),
    case(
        "statements of another program, with a rule that would run for long",
        &[(HOP_0, Code::NotCanonical)],
        || {
            let content = written_by_biscuit(
                r#"deputize(1); loop(0); loop($y) <- loop($x), loop($y), $x + $y < 1000000;
                check if operation("crm.read");"#,
            );
            let forge = nothing().block(&alice(), content, &planner().public_key().to_bytes());
            decided(&close(forge, &planner()))
        },
    ),
    case("the very statements, written by another library", &[(HOP_0, Code::NotCanonical)], || {
        let content = written_by_biscuit(
            r#"deputize(1);
                token(hex:70707070707070707070707070707070);
                owner("alice@acme.com", "human");
                delegate("planner", "agent", "Q3 account review", 2026-11-23T18:00:00Z, 3);
                check if time($time), $time < 2026-11-24T02:00:00Z;
                check if audience("crm.acme.com");
                check if operation("crm.read"), resource($resource), arg_names({"limit"}),
                    args($args), $resource.starts_with("accounts/"), $args.get("limit") <= 100;"#,
        );
        let forge = nothing().block(&alice(), content, &planner().public_key().to_bytes());
        decided(&close(forge, &planner()))
    }),
    // The anchor.
    case("a key that may speak for another owner", &[(HOP_0, Code::OwnerNotTrusted)], || {
        let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
        decided_by(verifier_of(bob), &presented())
    }),
    case("an owner's name in another case", &[(HOP_0, Code::OwnerNotTrusted)], || {
        let shouting = TrustAnchor::new(alice().public_key(), "Alice@acme.com");
        decided_by(verifier_of(shouting), &presented())
    }),
    case("an anchor that ends now", &[(HOP_0, Code::AnchorNotValid)], || {
        decided_by(verifier_of(anchor().with_valid_until(now())), &presented())
    }),
    case("an anchor that begins in a second", &[(HOP_0, Code::AnchorNotValid)], || {
        let late = anchor().with_valid_from(now() + Duration::seconds(1));
        decided_by(verifier_of(late), &presented())
    }),
    case("a pinned name with another key", &[(HOP_1, Code::Pinned)], || {
        let pinned = anchor().with_pinned(agent("researcher", &key(9)));
        decided_by(verifier_of(pinned), &presented())
    }),
    case("a pinned key with another name", &[(HOP_0, Code::Pinned)], || {
        let pinned = anchor().with_pinned(agent("scheduler", &planner()));
        decided_by(verifier_of(pinned), &presented())
    }),
    // How the hops go together.
    case("the owner delegates to its own key", &[(HOP_0, Code::SelfDelegation)], || {
        let own = grant("alice", &alice(), reading("**", 9), Duration::hours(1));
        decided(&close(mint(own), &alice()))
    }),
    case("an agent delegates to its own key", &[(HOP_1, Code::SelfDelegation)], || {
        let own = grant("helper", &planner(), reading("**", 9), Duration::hours(1));
        decided(&close(mint(first()).delegate(&planner(), own, now()), &planner()))
    }),
    case("a hop that outlives its parent by a second", &[(HOP_1, Code::OutlivesParent)], || {
        with_second(grant(
            "researcher",
            &researcher(),
            reading("**", 9),
            Duration::hours(8) + Duration::SECOND,
        ))
    }),
    case("a hop where none may follow", &[(HOP_1, Code::MaxHops)], || {
        let forge = mint(first().with_max_hops(0)).delegate(&planner(), second(), now());
        decided(&close(forge, &researcher()))
    }),
    case("a second hop where the owner lets one follow", &[(HOP_2, Code::MaxHops)], || {
        let forge = mint(first().with_max_hops(1)).delegate(&planner(), second(), now());
        decided(&close(to_the_writer(forge), &writer()))
    }),
    case(
        "a hop where two before it let none follow",
        &[(HOP_1, Code::MaxHops), (HOP_2, Code::MaxHops)],
        || {
            let forge = mint(first().with_max_hops(0)).delegate(
                &planner(),
                second().with_max_hops(0),
                now(),
            );
            decided(&close(to_the_writer(forge), &writer()))
        },
    ),
    case("a delegate whom the owner does not name", &[(HOP_1, Code::DelegateNotAllowed)], || {
        let only = first().with_delegates([writer().public_key()]).unwrap();
        let forge = mint(only).delegate(&planner(), second(), now());
        decided(&close(forge, &researcher()))
    }),
    case(
        "a later delegate whom the owner does not name",
        &[(HOP_2, Code::DelegateNotAllowed)],
        || {
            let only = first().with_delegates([researcher().public_key()]).unwrap();
            let forge = mint(only).delegate(&planner(), second(), now());
            decided(&close(to_the_writer(forge), &writer()))
        },
    ),
    // Times.
    case(
        "a hop that begins beyond what clocks may differ by",
        &[(HOP_1, Code::NotYetValid)],
        || {
            let start = now() + Duration::seconds(31);
            with_second(second().with_not_before(start).unwrap())
        },
    ),
    case("a hop issued beyond what clocks may differ by", &[(HOP_0, Code::NotYetValid)], || {
        let issued = now() + Duration::seconds(31);
        let forge = Forge::mint(owner(), &alice(), first(), issued, common::TOKEN_ID);
        decided(&close(forge, &planner()))
    }),
    case(
        "a hop that begins in a second, where clocks may not differ",
        &[(HOP_1, Code::NotYetValid)],
        || {
            let start = now() + Duration::SECOND;
            let forge =
                mint(first()).delegate(&planner(), second().with_not_before(start).unwrap(), now());
            let strict = verifier().with_clock_tolerance(Duration::ZERO);
            decided_by(strict, &close(forge, &researcher()))
        },
    ),
    case("a hop that ends now", &[(HOP_1, Code::Expired)], || {
        with_second(grant("researcher", &researcher(), reading("**", 9), Duration::ZERO))
    }),
    case("a whole chain that is over", &[(HOP_0, Code::Expired), (HOP_1, Code::Expired)], || {
        let late = now() + Duration::hours(9);
        let forge = held().present(&researcher(), &request(), late, common::WINDOW, common::NONCE);
        verifier().decide(shown(&forge), request(), late)
    }),
    // Revocation.
    case("a revoked hop", &[(HOP_1, Code::Revoked)], || revoked_at(&[1])),
    case("a revoked hop that its delegator signed anew", &[(HOP_1, Code::Revoked)], || {
        revoked_in(&[1], &signed_anew(1, planner()))
    }),
    case(
        "a chain of which every hop was revoked",
        &[(HOP_0, Code::Revoked), (HOP_1, Code::Revoked)],
        || revoked_at(&[0, 1]),
    ),
    case(
        "a source of revocations that does not answer",
        &[(HOP_0, Code::RevocationUnknown), (HOP_1, Code::RevocationUnknown)],
        || {
            let verifier = Verifier::new(
                [anchor()],
                Revocation::checked_with(Silent),
                Replays::AcceptedForReadOnlyCalls,
            );
            decided_by(verifier, &presented())
        },
    ),
    // The presentation.
    case("a presentation made 31 s ago", &[(HOP_2, Code::NotFresh)], || {
        made(Duration::seconds(-31), Duration::seconds(100))
    }),
    case("a presentation from 31 s ahead", &[(HOP_2, Code::NotFresh)], || {
        made(Duration::seconds(31), Duration::seconds(100))
    }),
    case("a presentation that its maker gave 5 s", &[(HOP_2, Code::NotFresh)], || {
        made(Duration::seconds(-6), Duration::seconds(5))
    }),
    case("a presentation that the verifier gives 5 s", &[(HOP_2, Code::NotFresh)], || {
        let strict = verifier().with_freshness(Duration::seconds(5));
        let at = now() + Duration::seconds(6);
        strict.decide(shown(&presented()), request(), at)
    }),
    case("another value than was presented", &[(HOP_2, Code::WrongRequest)], || {
        let other = asking("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
        verifier().decide(shown(&presented()), other, now())
    }),
    case(
        "a float where an integer was presented",
        &[
            (HOP_2, Code::WrongRequest),
            (HOP_0, Code::ArgumentRefused),
            (HOP_1, Code::ArgumentRefused),
        ],
        || {
            let other = asking("crm.read", "accounts/emea/42", r#"{"limit": 5.5}"#);
            verifier().decide(shown(&presented()), other, now())
        },
    ),
    case("another service than was presented to", &[(HOP_1, Code::WrongAudience)], || {
        let anywhere = grant("planner", &planner(), reading("**", 9), Duration::hours(1));
        let call = Request::new("crm.read", "accounts/emea/42", "files.acme.com")
            .and_then(|call| call.with_args(r#"{"limit": 5}"#));
        let forge = close(mint(anywhere), &planner());
        verifier().decide(shown(&forge), call.unwrap(), now())
    }),
    // What the hops grant.
    case("a service that one hop does not name", &[(HOP_1, Code::AudienceNotGranted)], || {
        with_second(second().with_audience(["files.acme.com"]).unwrap())
    }),
    case(
        "a service that no hop names",
        &[(HOP_0, Code::AudienceNotGranted), (HOP_1, Code::AudienceNotGranted)],
        || {
            let call = Request::new("crm.read", "accounts/emea/42", "files.acme.com")
                .and_then(|call| call.with_args(r#"{"limit": 5}"#))
                .unwrap();
            let forge = close_over(held(), &researcher(), &call);
            verifier().decide(shown(&forge), call, now())
        },
    ),
    case("a hop that grants nothing", &[(HOP_1, Code::NoCapability)], || {
        with_second(without_capabilities(second()))
    }),
    case("an operation that one hop does not grant", &[(HOP_1, Code::OperationNotGranted)], || {
        granting("crm.write", "accounts/**")
    }),
    case(
        "an operation that no hop grants",
        &[(HOP_0, Code::OperationNotGranted), (HOP_1, Code::OperationNotGranted)],
        || asked("crm.write", "accounts/emea/42", r#"{"limit": 5}"#),
    ),
    case("the operation below which all is granted", &[(HOP_1, Code::OperationNotGranted)], || {
        granting("crm.read.*", "accounts/**")
    }),
    case("a resource that one hop does not grant", &[(HOP_1, Code::ResourceNotGranted)], || {
        asked("crm.read", "accounts/apac/7", r#"{"limit": 5}"#)
    }),
    case(
        "a resource that begins like one that is granted",
        &[(HOP_1, Code::ResourceNotGranted)],
        || asked("crm.read", "accounts/emea2/7", r#"{"limit": 5}"#),
    ),
    case(
        "a resource two segments below one whose children are granted",
        &[(HOP_1, Code::ResourceNotGranted)],
        || granting("crm.read", "accounts/*"),
    ),
    case(
        "an argument that is not named",
        &[(HOP_0, Code::ArgumentNotNamed), (HOP_1, Code::ArgumentNotNamed)],
        || asked("crm.read", "accounts/emea/42", r#"{"limit": 5, "raw": true}"#),
    ),
    case(
        "an argument that is missing",
        &[(HOP_0, Code::ArgumentMissing), (HOP_1, Code::ArgumentMissing)],
        || asked("crm.read", "accounts/emea/42", "{}"),
    ),
    case("an argument beyond the limit of one hop", &[(HOP_1, Code::ArgumentRefused)], || {
        asked("crm.read", "accounts/emea/42", r#"{"limit": 11}"#)
    }),
    case(
        "an argument that cannot be decided upon",
        &[(HOP_0, Code::ArgumentRefused), (HOP_1, Code::ArgumentRefused)],
        || asked("crm.read", "accounts/emea/42", r#"{"limit": 0.5}"#),
    ),
    case(
        "an argument of another type",
        &[(HOP_0, Code::ArgumentRefused), (HOP_1, Code::ArgumentRefused)],
        || asked("crm.read", "accounts/emea/42", r#"{"limit": "5"}"#),
    ),
    // What is looked at last.
    case("the service's own policy", &[(NONE, Code::Policy)], || {
        verifier().decide_with_policy(shown(&presented()), request(), now(), |_, _| {
            Err("not on a Monday".to_owned())
        })
    }),
    case("more to look at than one decision may cost", &[(HOP_0, Code::TooMuchWork)], || {
        let (limits, args) = paths_of(16);
        decide_with(limits, &args)
    }),
    case("a second use", &[(HOP_2, Code::Replayed)], || {
        let verifier = verifier();
        assert!(decided_by(verifier.clone(), &presented()).is_allowed());
        decided_by(verifier, &presented())
    }),
    case("a second use, signed anew over the same content", &[(HOP_2, Code::Replayed)], || {
        let verifier = verifier();
        assert!(decided_by(verifier.clone(), &presented()).is_allowed());
        let again = signed_anew(2, researcher());
        decided_by(verifier, &again)
    }),
    case("a guard without room", &[(HOP_2, Code::ReplayGuardFull)], || {
        guarded_by(MemoryReplayGuard::new(0))
    }),
    case("a guard that does not answer", &[(HOP_2, Code::ReplayUnknown)], || guarded_by(Silent)),
    // All at once.
    case(
        "expired, the wrong operation and an argument missing, each at its own hop",
        &[
            (HOP_1, Code::Expired),
            (HOP_0, Code::OperationNotGranted),
            (HOP_1, Code::ArgumentMissing),
        ],
        || {
            let read = Capability::new("crm.read", "**").unwrap();
            let first = grant("planner", &planner(), read, Duration::hours(1)).with_max_hops(1);
            let forge = mint(first);
            let write = Capability::new("crm.write", "**")
                .and_then(|own| own.with_arg("reason", []))
                .unwrap();
            let over = grant("researcher", &researcher(), write, Duration::ZERO);
            let forge = forge.delegate(&planner(), over, now());
            let call = asking("crm.write", "accounts/emea/42", "{}");
            let forge = close_over(forge, &researcher(), &call);
            verifier().decide(shown(&forge), call, now())
        },
    ),
    case(
        "everything that can be wrong with an authentic chain",
        &[
            (HOP_0, Code::OwnerNotTrusted),
            (HOP_1, Code::Expired),
            (HOP_1, Code::MaxHops),
            (HOP_1, Code::DelegateNotAllowed),
            (HOP_1, Code::Revoked),
            (HOP_2, Code::NotFresh),
            (HOP_2, Code::WrongAudience),
            (HOP_0, Code::AudienceNotGranted),
            (HOP_0, Code::ResourceNotGranted),
            (HOP_1, Code::AudienceNotGranted),
            (HOP_1, Code::OperationNotGranted),
        ],
        || {
            let narrow = first().with_max_hops(0).with_delegates([writer().public_key()]).unwrap();
            let later = now() + Duration::minutes(16);
            let forge = close(
                mint(narrow).delegate(&planner(), second_of("crm.write"), now()),
                &researcher(),
            );
            let revoked = HashSet::from([hop_ids(&forge)[1]]);
            let pinned = TrustAnchor::new(alice().public_key(), "bob@acme.com")
                .with_pinned(agent("researcher", &key(9)));
            let strict = Verifier::new(
                [pinned],
                Revocation::checked_with(revoked),
                Replays::AcceptedForReadOnlyCalls,
            );
            let call = Request::new("crm.read", "reports/1", "files.acme.com").unwrap();
            strict.decide(shown(&forge), call, later)
        },
    ),
];

/// Alice's key hint and no block.
fn nothing() -> Forge {
    Forge { blocks: Vec::new(), ..held() }
}

/// The key whose secret is published, which a presentation ends with.
fn terminal() -> SigningKey {
    match presented().proof {
        ForgedProof::NextSecret(secret) => SigningKey::from_bytes(&secret.try_into().unwrap()),
        ForgedProof::FinalSignature(_) => thief(),
    }
}

/// A presented chain of so many hops, each of which lets the others follow.
fn chain_of(hops: u8) -> Forge {
    let to = |n: u8| {
        let own = reading("**", 9);
        grant("agent", &key(100 + n), own, Duration::hours(1))
            .with_max_hops(u32::from(hops - n).min(31))
    };
    let delegate = |forge: Forge, n| forge.delegate(&key(99 + n), to(n), now());
    close((2..=hops).fold(mint(to(1)), delegate), &key(100 + hops))
}

fn to_the_writer(forge: Forge) -> Forge {
    let grant = grant("writer", &writer(), reading("**", 9), Duration::minutes(1));
    forge.delegate(&researcher(), grant, now())
}

fn second_of(operation: &str) -> Grant {
    let own = Capability::new(operation, "accounts/**")
        .and_then(|own| own.with_arg("limit", []))
        .unwrap();
    Grant::new(agent("researcher", &researcher()), [own], now() + Duration::minutes(15), "a test")
        .and_then(|grant| grant.with_audience(["crm.acme.com"]))
        .unwrap()
}

/// The standard chain with another second hop.
fn with_second(second: Grant) -> Decision {
    let forge = mint(first()).delegate(&planner(), second, now());
    decided(&close(forge, &researcher()))
}

/// The standard request to a chain whose second hop grants this.
fn granting(operation: &str, resource: &str) -> Decision {
    let own =
        Capability::new(operation, resource).and_then(|own| own.with_arg("limit", [])).unwrap();
    decided(&held_with(own))
}

fn held_with(own: Capability) -> Forge {
    let second = grant("researcher", &researcher(), own, Duration::minutes(1));
    let forge = mint(first()).delegate(&planner(), second, now());
    close(forge, &researcher())
}

/// Another request to the standard chain, presented for it.
fn asked(operation: &str, resource: &str, args: &str) -> Decision {
    let call = asking(operation, resource, args);
    let forge = close_over(held(), &researcher(), &call);
    verifier().decide(shown(&forge), call, now())
}

/// The standard chain, presented at another time for a window of its own.
fn made(ago: Duration, window: Duration) -> Decision {
    let (call, issued) = (request(), now() + ago);
    decided(&held().present(&researcher(), &call, issued, window, common::NONCE))
}

fn decide(presentation: Presentation) -> Decision {
    verifier().decide(presentation, request(), now())
}

fn decided_by(verifier: Verifier, forge: &Forge) -> Decision {
    verifier.decide(shown(forge), request(), now())
}

fn guarded_by(guard: impl ReplayGuard + 'static) -> Decision {
    let replays = Replays::refused_by(guard);
    let verifier = Verifier::new([anchor()], Revocation::NotChecked, replays);
    decided_by(verifier, &presented())
}

fn hop_ids(forge: &Forge) -> Vec<HopId> {
    let report = Report::unverified_presentation(&shown(forge), now());
    report.hops.iter().map(|hop| hop.id).collect()
}

fn revoked_at(hops: &[usize]) -> Decision {
    revoked_in(hops, &presented())
}

/// Another chain, where these hops of the standard chain were revoked.
fn revoked_in(hops: &[usize], forge: &Forge) -> Decision {
    let ids = hop_ids(&presented());
    let revoked: HashSet<HopId> = hops.iter().map(|hop| ids[*hop]).collect();
    let verifier = Verifier::new(
        [anchor()],
        Revocation::checked_with(revoked),
        Replays::AcceptedForReadOnlyCalls,
    );
    decided_by(verifier, forge)
}

/// The standard chain with something changed beneath the signatures.
fn altered(change: fn(&mut Forge)) -> Decision {
    let mut forge = presented();
    change(&mut forge);
    decided(&forge)
}

/// The standard chain with one block signed by another.
fn signed_by(hop: usize, signer: &SigningKey) -> Decision {
    let mut forge = presented();
    forge.sign(hop, signer);
    decided(&forge)
}

/// The second hop names this key, and its signature is right.
fn with_next_key(key: [u8; 32]) -> Decision {
    let mut forge = presented();
    forge.blocks[1].next_key = key.to_vec();
    forge.sign(1, &planner());
    decided(&forge)
}

/// A capability with so many paths of 4 KiB for arguments, each under a glob that has to read it.
fn paths_of(count: usize) -> (Capability, String) {
    let names = || (0..count).map(|i| format!("path{i:02}"));
    let own = names().fold(Capability::new("crm.read", "**").unwrap(), |own, name| {
        own.with_arg(name, [Constraint::glob("**").unwrap()]).unwrap()
    });
    let args: Vec<_> =
        names().map(|name| format!(r#""{name}": "{}""#, "p".repeat(4_096))).collect();
    (own, format!("{{{}}}", args.join(",")))
}

fn decide_with(own: Capability, args: &str) -> Decision {
    let forge = mint(grant("planner", &planner(), own, Duration::hours(1)));
    let call = asking("crm.read", "accounts/emea/42", args);
    let forge = close_over(forge, &planner(), &call);
    verifier().decide(shown(&forge), call, now())
}

/// The standard chain with other content in one block, signed by all who should.
fn with_content(hop: usize, content: Vec<u8>) -> Decision {
    decided(&resigned(presented(), hop, content))
}

fn resigned(mut forge: Forge, hop: usize, content: Vec<u8>) -> Forge {
    forge.blocks[hop].content = content;
    for (hop, signer) in [alice(), planner(), researcher()].iter().enumerate() {
        forge.sign(hop, signer);
    }
    forge
}

/// One block of a chain in the types of Biscuit's own schema.
fn decoded(forge: &Forge, hop: usize) -> schema::Block {
    schema::Block::decode(forge.blocks[hop].content.as_slice()).unwrap()
}

/// The standard chain with one block edited, signed by all who should.
fn edited(hop: usize, edit: impl FnOnce(&mut schema::Block)) -> Decision {
    let mut block = decoded(&presented(), hop);
    edit(&mut block);
    with_content(hop, block.encode_to_vec())
}

/// The standard chain with another string in its first block.
fn renamed(from: &str, to: &str) -> Decision {
    edited(0, |block| {
        let symbol = block.symbols.iter_mut().find(|symbol| *symbol == from);
        *symbol.unwrap() = to.to_owned();
    })
}

/// The standard chain, one block of which bears another signature over the same bytes.
fn signed_anew(hop: usize, signer: SigningKey) -> Forge {
    let mut forge = presented();
    forge.sign(hop, &Restless(signer));
    assert_ne!(forge.blocks[hop].signature, presented().blocks[hop].signature);
    for (later, signer) in [(1, planner()), (2, researcher())] {
        if later > hop {
            forge.sign(later, &signer);
        }
    }
    assert!(decided(&forge).is_allowed());
    forge
}

/// Signs by another nonce than RFC 8032 §5.1.6 derives, as whoever holds a key can.
struct Restless(SigningKey);

impl Signer for Restless {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        let wide = |parts: &[&[u8]]| -> [u8; 64] { Sha512::digest(parts.concat()).into() };
        let secret = *wide(&[&*self.0.to_bytes()]).first_chunk().unwrap();
        let secret = Scalar::from_bytes_mod_order(clamp_integer(secret));
        let nonce = Scalar::from_bytes_mod_order_wide(&wide(&[b"restless", message]));
        let commitment = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
        let key = self.public_key().to_bytes();
        let challenge = Scalar::from_bytes_mod_order_wide(&wide(&[&commitment, &key, message]));
        let response = (nonce + challenge * secret).to_bytes();
        let signature = [commitment, response].concat();
        Ok(Signature::from_bytes(signature.first_chunk().unwrap()))
    }
}

fn fact(name: u64, terms: Vec<schema::Term>) -> schema::Fact {
    schema::Fact { predicate: schema::Predicate { name, terms } }
}

fn term(content: schema::term::Content) -> schema::Term {
    schema::Term { content: Some(content) }
}

fn int(i: i64) -> schema::Term {
    term(schema::term::Content::Integer(i))
}

/// `trusting previous`
fn previous() -> schema::Scope {
    schema::Scope { content: Some(schema::scope::Content::ScopeType(1)) }
}

/// The first block of a token that the stock library makes of this Datalog.
fn written_by_biscuit(datalog: &str) -> Vec<u8> {
    let token = biscuit_auth::Biscuit::builder()
        .code(datalog)
        .and_then(|builder| builder.build(&biscuit_auth::KeyPair::new()))
        .unwrap();
    let mut forge = Forge::take_apart(&token.to_vec().unwrap()).unwrap();
    forge.blocks.remove(0).content
}

/// A source and a guard that never know.
struct Silent;

impl RevocationSource for Silent {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Unknown
    }
}

impl ReplayGuard for Silent {
    fn consume(
        &self,
        _: &[u8; 32],
        _: OffsetDateTime,
        _: OffsetDateTime,
    ) -> Result<(), ReplayRefusal> {
        Err(ReplayRefusal::Unknown("the database is away".to_owned()))
    }
}

// What lies just within a limit is allowed: the cases above deny for their reason alone.

#[test]
fn what_is_just_within_a_limit_is_allowed() {
    let most = presented().to_text().len();
    let at_the_limits: &[(&str, Decision)] = &[
        (
            "as long as the verifier accepts",
            decided_by(verifier().with_max_token_bytes(most), &presented()),
        ),
        (
            "as many hops as the verifier accepts",
            decided_by(verifier().with_max_hops(2), &presented()),
        ),
        ("as many hops as the default", decided(&chain_of(8))),
        (
            "as many hops as any verifier accepts",
            decided_by(verifier().with_max_hops(32), &chain_of(32)),
        ),
        (
            "an anchor that begins now",
            decided_by(verifier_of(anchor().with_valid_from(now())), &presented()),
        ),
        (
            "an anchor that ends in a second",
            decided_by(
                verifier_of(anchor().with_valid_until(now() + Duration::SECOND)),
                &presented(),
            ),
        ),
        (
            "both pins as they should be",
            decided_by(
                verifier_of(
                    anchor()
                        .with_pinned(agent("planner", &planner()))
                        .with_pinned(agent("researcher", &researcher())),
                ),
                &presented(),
            ),
        ),
        (
            "a hop that lasts as long as its parent",
            with_second(grant("researcher", &researcher(), reading("**", 9), Duration::hours(8))),
        ),
        ("a hop that begins now", with_second(second().with_not_before(now()).unwrap())),
        (
            "a hop that ends in a second",
            with_second(grant("researcher", &researcher(), reading("**", 9), Duration::SECOND)),
        ),
        ("as much to look at as one decision may cost", {
            let (limits, args) = paths_of(15);
            decide_with(limits, &args)
        }),
        ("a presentation made 30 s ago", made(Duration::seconds(-30), Duration::seconds(100))),
        ("a presentation from 30 s ahead", made(Duration::seconds(30), Duration::seconds(100))),
        ("a block decoded and encoded by prost", edited(0, |_| ())),
        ("a revoked hop of another chain", revoked_at(&[])),
    ];
    for (name, decision) in at_the_limits {
        let reasons = match decision {
            Decision::Allow(_) => continue,
            Decision::Deny(denial) => codes(denial),
        };
        assert!(reasons.is_empty(), "{name}: {reasons:?}");
    }
}

#[test]
fn only_a_call_that_all_else_allows_uses_a_presentation_up() {
    let verifier = verifier();
    let refused = verifier.decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not yet".to_owned())
    });
    assert_eq!(codes(&denied(refused)), [(NONE, Code::Policy)]);
    let other = asking("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let refused = verifier.decide(shown(&presented()), other, now());
    assert_eq!(codes(&denied(refused)), [(HOP_2, Code::WrongRequest)]);
    let late = now() + Duration::seconds(31);
    let refused = verifier.decide(shown(&presented()), request(), late);
    assert_eq!(codes(&denied(refused)), [(HOP_2, Code::NotFresh)]);

    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let again = decided_by(verifier, &presented());
    assert_eq!(codes(&denied(again)), [(HOP_2, Code::Replayed)]);
}

#[test]
fn verify_and_authorize_give_the_reasons_that_decide_gives_together() {
    let verifier = verifier();
    let chain = verifier.verify(shown(&presented()), now()).unwrap();
    let other = asking("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let denial = denied(chain.authorize(other));
    assert_eq!(codes(&denial), [(HOP_2, Code::WrongRequest)]);

    let over = grant("researcher", &researcher(), reading("**", 1), Duration::ZERO);
    let forge = close(mint(first()).delegate(&planner(), over, now()), &researcher());
    let denial = verifier.verify(shown(&forge), now()).unwrap_err();
    assert_eq!(codes(&denial), [(HOP_1, Code::Expired)]);
    let both = denied(verifier.decide(shown(&forge), request(), now()));
    assert_eq!(codes(&both), [(HOP_1, Code::Expired), (HOP_1, Code::ArgumentRefused)]);
}

#[test]
fn a_policy_is_not_asked_about_a_call_that_the_chain_refuses() {
    let mut asked = false;
    let other = asking("crm.read", "accounts/emea/42", r#"{"limit": 6}"#);
    let decision = verifier().decide_with_policy(shown(&presented()), other, now(), |_, _| {
        asked = true;
        Ok(())
    });
    assert!(!decision.is_allowed());
    assert!(!asked);
}
