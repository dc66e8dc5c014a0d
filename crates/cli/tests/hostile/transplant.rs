//! The transplant attack by command: a bait has the content of one token and the signature of
//! another, so that a block signed behind the bait fits the other token.

use crate::common::{NONCE, WINDOW, key_of, now};
use crate::shell::{Outcome, Shell};
use deputize::testing::RawToken;
use deputize::{Capability, Grant, Principal, Request, Signer, Token};
use time::Duration;

/// A call that Alice's token allows and the attacker's does not.
const CALL: &str = "--at $NOW --operation crm.erase --resource accounts/42 --audience crm.acme.com";

/// A token for the planner.
fn minted(owner: &str, key: &str, allowed: &str, file: &str) -> String {
    format!(
        "deputize mint --at $NOW --key {key}.key --owner {owner} --to planner=planner.pub \
         --allow '{allowed}' --expires 8h --max-hops 2 --purpose 'a purpose' > {file}"
    )
}

fn taken_apart(text: &str) -> RawToken {
    RawToken::take_apart(Token::parse(text.trim()).unwrap().as_bytes()).unwrap()
}

/// A shell with Alice's token, an attacker's token of the same shape, and the bait: the content of
/// the latter with the signature of the former.
fn shell() -> (Shell, RawToken, RawToken) {
    let shell = Shell::new();
    shell.done(&minted("alice@acme.com", "alice", "crm.erase accounts/**", "real"));
    shell.done(&minted("thief@evil.com", "thief", "notes.list mynotes/**", "meant"));
    let (real, mut bait) = (taken_apart(&shell.read("real")), taken_apart(&shell.read("meant")));
    bait.blocks[0].signature.clone_from(&real.blocks[0].signature);
    shell.write("bait", bait.to_text());
    (shell, real, bait)
}

fn call() -> Request {
    Request::new("crm.erase", "accounts/42", "crm.acme.com").unwrap()
}

/// Neither command signs, and both name the hop that is not authentic, and why.
#[test]
fn nothing_is_signed_behind_a_bait() {
    let (shell, ..) = shell();
    let delegate = "deputize delegate --at $NOW --key planner.key --to researcher=researcher.pub \
        --allow 'notes.list mynotes/**' --expires 1h --purpose 'back to you'";
    let present = format!("deputize present --anyway --key planner.key {CALL}");
    for command in [delegate, &present] {
        for token in ["@bait", "- < bait", "--trust thief.pub @bait", "-- \"$(cat bait)\""] {
            let printed = shell.refused(&format!("{command} {token}"));
            assert!(
                printed.contains("hop 0: ") && printed.contains("[bad_signature]"),
                "{printed}"
            );
            assert!(!printed.contains("notes.list"), "{printed}");
        }
        // The tokens themselves are accepted.
        let own = command.replace("notes.list mynotes/**", "crm.erase accounts/**");
        shell.done(&format!("{own} @real"));
        shell.done(&format!("{command} @meant"));
    }
    let Outcome { out, .. } = shell.run("deputize report --at $NOW --trust alice.pub @bait");
    assert!(out.contains("[bad_signature]"), "{out}");
    assert!(!out.contains("notes.list") && !out.contains("crm.erase"), "{out}");
}

/// Other software signed behind the bait. Every command refuses that block behind Alice's.
#[test]
fn a_block_signed_behind_a_bait_is_refused_behind_the_real_block() {
    let (shell, real, bait) = shell();
    let to = Principal::agent("researcher", key_of("researcher").public_key()).unwrap();
    let own = Capability::new("notes.list", "mynotes/**").unwrap();
    let grant = Grant::new(to, [own], now() + Duration::hours(1), "back to you").unwrap();
    let put_back = |signed: RawToken| {
        let mut moved = RawToken { root_hint: real.root_hint, ..signed };
        moved.blocks[0] = real.blocks[0].clone();
        moved
    };
    let hop = put_back(bait.clone().delegate(&key_of("planner"), grant, now()));
    shell.write("hop", hop.to_text());
    let further = "deputize delegate --at $NOW --key researcher.key --to thief=thief.pub \
        --allow 'crm.erase accounts/**' --expires 1m --purpose x @hop";
    for line in [format!("deputize present --key researcher.key {CALL} @hop"), further.to_owned()] {
        let printed = shell.refused(&line);
        assert!(printed.contains("hop 1: ") && printed.contains("[wrong_parent]"), "{printed}");
    }
    let of_a_hop = hop.present(&key_of("researcher"), &call(), now(), WINDOW, NONCE);
    let of_a_call = bait.present(&key_of("planner"), &call(), now(), WINDOW, NONCE);
    for chain in [of_a_hop, put_back(of_a_call)] {
        shell.write("shown", chain.to_text());
        for format in ["text", "json"] {
            let line = format!("deputize verify --trust alice.pub {CALL} --format {format} @shown");
            let Outcome { code, out, err } = shell.run(&line);
            assert_eq!((code, err.as_str()), (1, ""), "{out}");
            assert!(out.contains("hop 1") && out.contains("wrong_parent"), "{out}");
            assert!(!out.contains("researcher") && !out.contains("notes.list"), "{out}");
        }
    }
}
