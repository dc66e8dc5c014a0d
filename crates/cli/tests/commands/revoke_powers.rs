//! `deputize revoke` by revokers whom anchors name or to whom a token gives the power, and the
//! lists that a root voids.

use deputize::{Signer, StatementScope};

use crate::common::key_of;
use crate::revoke::{hops, list, refused, revoked};
use crate::shell::{DELEGATE, Shell};

#[test]
fn a_revoker_whom_anchors_name_takes_back_any_hop_of_one_root() {
    let shell = Shell::with_tokens();
    let root = key_of("alice").public_key();
    revoked(&shell, "writer", "--new --for-root alice.pub --at-hop 0 @researcher.token");
    let own = list(&shell, "writer.revocations");
    assert_eq!(own.scope(), StatementScope::Root(root));
    assert!(own.hop(&hops(&shell, "planner.token")[0]).is_some());
    // The next list has the same scope, without an option.
    revoked(&shell, "writer", "@researcher.token");
    assert_eq!(list(&shell, "writer.revocations").scope(), StatementScope::Root(root));
    shell.done("deputize mint --at $NOW --key thief.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --expires 1h --purpose p > other.token");
    let why = refused(&shell, "writer", "@other.token");
    let wanted =
        "the list is about chains with the root key 8a88e3dd7409f195, and that of this token is ";
    assert!(why.starts_with(wanted), "{why}");
    let why = shell.refused("deputize revoke --new --key alice.key --list x --for-root alice.pub");
    assert_eq!(why, "--for-root: this is the key that signs; its own list needs no --for-root");
    let why = shell.refused(&format!(
        "deputize revoke --key writer.key --list writer.revocations --void 'list {}'",
        own.digest()
    ));
    assert_eq!(why, "--void: only the own list of a root key can void other lists");
}

/// Alice gives the writer the power to revoke, through the planner.
fn with_power(allow: &str, more: &str) -> Shell {
    let shell = Shell::with_tokens();
    let mint =
        "deputize mint --at $NOW --key alice.key --owner alice@acme.com --expires 8h --purpose p";
    shell.done(&format!(
        "{mint} --to planner=planner.pub --max-hops 1 --allow 'deputize.revoke **' > p1.token"
    ));
    let delegate = DELEGATE.replace("researcher=researcher.pub", "writer=writer.pub");
    let delegate = delegate.replace("crm.read accounts/emea/** limit<=10", allow);
    let delegate = delegate.replace("@planner.token > researcher.token", "@p1.token > power.token");
    shell.done(&format!("{delegate} {more}"));
    shell
}

#[test]
fn a_revoker_by_a_token_takes_back_what_the_token_grants() {
    let shell = with_power("deputize.revoke hop/**", "");
    revoked(&shell, "writer", "--new --power @power.token @researcher.token");
    let own = list(&shell, "writer.revocations");
    let power = hops(&shell, "power.token");
    assert_eq!(own.scope(), StatementScope::Power(power[1]));
    assert_eq!(own.authority().unwrap().to_text(), shell.read("power.token").trim());
    revoked(&shell, "writer", &format!("--hop {}", "ab".repeat(32)));
    // The power's own last hop, and none above it.
    revoked(&shell, "writer", "--at-hop 1 @power.token");
    let grants = "verifiers would not accept this list: hop 1 of its power does not grant deputize.revoke on `";
    for (rest, why) in [
        ("--at-hop 0 @power.token", "the power comes from hop 0 of its own token"),
        ("--token-id 70707070707070707070707070707070", grants),
        ("--owner alice@acme.com", grants),
        ("--revoke-key researcher.pub --compromised", grants),
        ("--revoke-key alice.pub --compromised", "which signed a hop of its own power"),
        ("--revoke-key planner.pub --retired now", "which signed a hop of its own power"),
    ] {
        let printed = refused(&shell, "writer", rest);
        assert!(printed.contains(why), "{rest}: {printed}");
    }
    let above = format!("--hop {}", power[0]);
    assert!(refused(&shell, "writer", &above).contains("the power comes from hop "));
    shell.done("deputize mint --at $NOW --key thief.key --owner a --to planner=planner.pub --allow 'a b' --expires 1h --purpose p > other.token");
    let printed = refused(&shell, "writer", "@other.token");
    assert!(
        printed.starts_with("the power is over chains with the root key 8a88e3dd7409f195, and")
    );
    let why = shell.refused("deputize revoke --new --key thief.key --list x --power @power.token");
    assert!(why.starts_with("--power: the token is held by writer (agent, "), "{why}");
    assert!(
        shell
            .refused("deputize revoke --new --key thief.key --list x --power @alice.pub")
            .contains("this is PEM")
    );
}

/// Its holder gets 15 minutes.
#[test]
fn a_power_that_has_expired_issues_no_lists() {
    let shell = with_power("deputize.revoke hop/**", "");
    revoked(&shell, "writer", "--new --power @power.token @researcher.token");
    let before = std::fs::read(shell.path("writer.revocations")).unwrap();
    let late = "--at 2026-11-23T18:15:00Z --key writer.key";
    let wanted = "verifiers would not accept this list: its power is not valid: hop 1: expired at 2026-11-23T18:15:00Z";
    for line in [
        "revoke --list writer.revocations --hop 0101010101010101010101010101010101010101010101010101010101010101",
        "revoke --new --list x --power @power.token",
    ] {
        let printed = shell.run(&format!("deputize {line} {late}"));
        assert_eq!(printed.code, 1);
        assert!(printed.err.contains(wanted), "{}", printed.err);
    }
    let why = shell.refused(&format!("deputize revocations prune writer.revocations {late}"));
    assert!(why.starts_with(&format!("`writer.revocations`: {wanted}")), "{why}");
    assert_eq!(std::fs::read(shell.path("writer.revocations")).unwrap(), before);
    assert!(!shell.path("x").exists());
    let verify = |at: &str| {
        shell.run(&format!(
            "deputize revocations verify --at {at} --issuer writer.pub writer.revocations"
        ))
    };
    let printed = verify("2026-11-23T18:14:59Z");
    assert_eq!(printed.code, 0);
    assert!(printed.out.ends_with("fresh until 2026-11-23T18:15:00Z\n"), "{}", printed.out);
    assert_eq!(verify("2026-11-23T18:15:00Z").code, 1);
    let shown = shell.done("deputize revocations show writer.revocations");
    assert!(
        shown.contains("  scope:    power ")
            && shown.contains(", as far as the issuer's token grants it\n"),
        "{shown}"
    );
    let json = shell.done("deputize revocations show --format json writer.revocations");
    assert!(json.contains(shell.read("power.token").trim()));
}

/// A capability counts for the kind of thing that it names, in every hop, and by its name.
#[test]
fn a_power_is_granted_by_name() {
    let digest = "$(printf %s alice@acme.com | sha256sum | cut -c1-64)";
    let key = key_of("researcher").public_key().to_string().replace("ed25519/", "");
    let shell = with_power(
        &format!("deputize.revoke key/{key}"),
        &format!(
            "--allow \"deputize.revoke owner/{digest}\" --allow 'deputize.revoke token/70707070707070707070707070707070'"
        ),
    );
    revoked(
        &shell,
        "writer",
        "--new --power @power.token --revoke-key researcher.pub --compromised --owner alice@acme.com --token-id 70707070707070707070707070707070",
    );
    refused(&shell, "writer", "--owner bob@acme.com");
    refused(&shell, "writer", "--revoke-key thief.pub --compromised");
    refused(&shell, "writer", "--token-id 70707070707070707070707070707071");
    refused(&shell, "writer", "@researcher.token");
    for (allow, more) in [
        ("deputize.* **", ""),
        ("* **", ""),
        ("deputize.revoke hop/**", "--audience crm.acme.com"),
        ("deputize.revoke hop/** limit", ""),
    ] {
        let mint = format!(
            "deputize mint --at $NOW --key alice.key --owner a --to writer=writer.pub --expires 1h --purpose p --allow '{allow}' {more} > wide.token"
        );
        shell.done(&mint);
        let printed = shell.run("deputize revoke --new --at $NOW --key writer.key --list wide --power @wide.token @researcher.token");
        assert_eq!(printed.code, 1, "{allow}");
        assert!(
            printed.err.contains("verifiers would not accept this list: hop 0 of its power "),
            "{allow}: {}",
            printed.err
        );
    }
}

#[test]
fn a_root_voids_the_lists_of_others() {
    let shell = Shell::with_tokens();
    let (key, hop) = (key_of("planner").public_key(), hops(&shell, "planner.token")[0]);
    let digest = "0d".repeat(32);
    let (out, _) = revoked(
        &shell,
        "alice",
        &format!(
            "--new --void 'own planner.pub from 3' --void 'power {hop} from 1' --void 'list {digest}'"
        ),
    );
    let wanted = format!(
        "void: own lists of {key} from 3\nvoid: lists by power {hop} from 1\nvoid: list {digest}\n"
    );
    assert!(out.starts_with(&wanted), "{out}");
    let own = list(&shell, "alice.revocations");
    assert_eq!(own.void_series().count(), 2);
    assert_eq!(own.void_lists().map(|own| own.to_string()).collect::<Vec<_>>(), [digest.as_str()]);
    let shown = shell.done("deputize revocations show alice.revocations");
    assert!(shown.contains(&format!("    void: own lists of {key} from 3\n")), "{shown}");
    // They count again.
    let back = format!("--give-back --void 'own planner.pub from 3' --void 'list {digest}'");
    let (out, _) = revoked(&shell, "alice", &back);
    assert_eq!(out.matches("given back: void: ").count(), 2, "{out}");
    let own = list(&shell, "alice.revocations");
    assert_eq!((own.void_series().count(), own.void_lists().count()), (1, 0));
}
