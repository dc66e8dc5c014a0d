//! What reads as a token and is not to be believed: exit 1, with the code that says why.

use crate::common::{CALL, Scene, calling, key};
use deputize::testing::{self, RawToken};
use deputize::{Capability, Constraint, Grant, Owner, Principal, Request, Signer, SigningKey};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

fn now() -> OffsetDateTime {
    OffsetDateTime::parse(crate::common::NOW, &Rfc3339).unwrap()
}

fn grant(to: &str, hours: i64) -> Grant {
    let capability = Capability::new("crm.read", "accounts/**")
        .and_then(|own| own.with_arg("limit", [Constraint::max(100)]))
        .unwrap();
    let to = Principal::agent(to, key(to).public_key()).unwrap();
    Grant::new(to, [capability], now() + Duration::hours(hours), "x").unwrap()
}

fn mint(signer: &SigningKey, grant: Grant) -> RawToken {
    RawToken::mint(Owner::human("alice@acme.com").unwrap(), signer, grant, now(), [7; 16])
}

fn present(chain: RawToken, holder: &str) -> RawToken {
    let call = Request::new("crm.read", "accounts/emea/42", "crm.acme.com")
        .and_then(|call| call.with_args(r#"{"limit":5}"#))
        .unwrap();
    chain.present(&key(holder), &call, now(), Duration::seconds(30), [1; 16])
}

#[track_caller]
fn denied(scene: &Scene, line: &str, code: &str) {
    let told = scene.run(line);
    assert_eq!((told.code, told.err.as_str()), (1, ""), "{line}\n{}", told.out);
    assert!(told.out.contains(&format!("[{code}]")), "{line}\n{}", told.out);
}

#[test]
fn forged_chains_are_denied() {
    let scene = Scene::new();
    let first = |hops| grant("planner", 8).with_max_hops(hops);
    let second = |hours| grant("researcher", hours);
    let chains = [
        (present(mint(&key("thief"), first(1)), "planner"), "untrusted_root"),
        (
            present(
                mint(&key("alice"), first(1)).delegate(&key("thief"), second(1), now()),
                "researcher",
            ),
            "bad_signature",
        ),
        (present(mint(&key("alice"), first(1)), "thief"), "not_the_holder"),
        (
            present(
                mint(&key("alice"), first(0)).delegate(&key("planner"), second(1), now()),
                "researcher",
            ),
            "delegation_depth_exceeded",
        ),
        (
            present(
                mint(&key("alice"), first(1)).delegate(&key("planner"), second(9), now()),
                "researcher",
            ),
            "outlives_parent",
        ),
        (
            present(mint(&key("alice"), testing::without_capabilities(first(0))), "planner"),
            "no_capability",
        ),
        (mint(&key("alice"), first(0)), "not_presented"),
    ];
    for (chain, code) in chains {
        scene.write("p", chain.to_text());
        denied(&scene, &format!("{} @p", calling("verify --trust alice.pub")), code);
        if !["not_presented", "no_capability"].contains(&code) {
            denied(&scene, "deputize report --at $NOW --trust alice.pub @p", code);
        }
    }
}

#[test]
fn held_tokens_that_are_not_to_be_believed_are_denied_by_report() {
    let scene = Scene::new();
    let report = "deputize report --at $NOW --trust alice.pub @t";
    scene.write("t", mint(&key("thief"), grant("planner", 8)).to_text());
    denied(&scene, report, "untrusted_root");
    let chain = mint(&key("alice"), grant("planner", 8).with_max_hops(1));
    scene.write("t", chain.delegate(&key("thief"), grant("researcher", 1), now()).to_text());
    denied(&scene, report, "bad_signature");
    // What is not authentic is nobody's, whatever is trusted.
    denied(&scene, "deputize report --at $NOW @t", "bad_signature");
    scene.write("t", mint(&key("thief"), grant("planner", 8)).to_text());
    let told = scene.done("deputize report --at $NOW @t");
    assert!(told.starts_with("UNVERIFIED"), "{told}");
}

#[test]
fn calls_out_of_scope_are_denied() {
    let scene = Scene::with_tokens();
    let cases = [
        ("crm.read", "crm.write", "operation_not_granted"),
        ("accounts/emea/42", "accounts/apac/7", "resource_not_granted"),
        ("crm.acme.com", "mail.acme.com", "audience_not_granted"),
        ("limit=5", "limit=11", "argument_refused"),
        ("limit=5", "limit=five", "argument_refused"),
        ("limit=5", "limit=5 --arg all=true", "unknown_argument"),
        ("--arg limit=5", "", "argument_missing"),
    ];
    for (from, to, code) in cases {
        let call = CALL.replace(from, to);
        scene.done(&format!("deputize present --key researcher.key {call} @researcher.token > p"));
        denied(&scene, &format!("deputize verify --trust alice.pub {call} @p"), code);
    }
}

/// Exit status 1 is for what is ours and is refused, 2 for what is not a token at all.
#[test]
fn what_is_ours_is_told_from_what_is_not() {
    let scene = Scene::new();
    let faulty = |content: Vec<u8>| {
        let mut chain = mint(&key("alice"), grant("planner", 8).with_max_hops(1));
        chain.blocks[0].content = content;
        chain.sign(0, &key("alice"));
        chain
    };
    let own = mint(&key("alice"), grant("planner", 8)).blocks[0].content.clone();
    // A block of ours with something behind it, and a Biscuit of somebody else.
    scene.write("ours", faulty([own, vec![0x32, 0]].concat()).to_text());
    scene.write("other", faulty(vec![0x18, 6]).to_text());
    let call = "--operation a --resource b --audience c";
    for command in
        ["report", "report --trust alice.pub", &format!("verify --trust alice.pub {call}")]
    {
        let line = |file: &str| format!("deputize {command} --at $NOW @{file}");
        let told = scene.run(&line("ours"));
        assert_eq!((told.code, told.err.as_str()), (1, ""), "{command}\n{}", told.out);
        let is_said =
            ["[not_canonical]", "[not_presented]"].iter().any(|own| told.out.contains(own));
        assert!(is_said, "{}", told.out);
        let told = scene.refused(&line("other"));
        assert!(told.contains("not a Deputize token"), "{told}");
        assert!(scene.refused(&line("alice.pub")).contains("base64url"));
    }
}
