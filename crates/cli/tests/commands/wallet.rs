//! `deputize wallet`, and `check` and `present` with one: the choice of a token.

use crate::common::key_of;
use crate::shell::{CALL, Outcome, Shell, with_call};
use deputize::{Signer, Token};
use deputize_cli::commands::schema::Document;
use serde_json::Value;

/// The trust of the researcher, who works for Alice.
pub(crate) const ALICE: &str = "--trust alice.pub=alice@acme.com";

/// Adds a token to the wallet `w`, and returns its id.
pub(crate) fn add(shell: &Shell, token: &str) -> String {
    let trust = format!("{ALICE} --trust bob.pub=bob@acme.com");
    shell
        .done(&format!("deputize wallet add --at $NOW --wallet w {trust} @{token}"))
        .trim()
        .to_owned()
}

/// A token of one hop for the researcher.
pub(crate) fn mint(shell: &Shell, owner: &str, allow: &str, more: &str, file: &str) {
    shell.done(&format!(
        "deputize mint --at $NOW --key {owner}.key --owner {owner}@acme.com \
         --to researcher=researcher.pub --allow '{allow}' --expires 1h --purpose p {more} > {file}"
    ));
}

/// A shell with Alice's two tokens for the researcher, the second wider than the first.
pub(crate) fn shell() -> Shell {
    let shell = Shell::with_tokens();
    shell.done("cp thief.key bob.key && cp thief.pub bob.pub");
    mint(&shell, "alice", "crm.read accounts/** limit<=100", "", "wide.token");
    shell
}

fn wallet(shell: &Shell, rest: &str) -> Outcome {
    shell.run(&format!("deputize wallet {rest}"))
}

#[test]
fn tokens_are_added_listed_and_taken_out() {
    let shell = shell();
    let id = add(&shell, "researcher.token");
    let token = Token::parse(shell.read("researcher.token").trim()).unwrap();
    assert_eq!(id, token.hops()[1].id().to_string());
    assert_eq!(add(&shell, "researcher.token"), id, "adding it again changes nothing");
    let wide = add(&shell, "wide.token");

    let list = format!("list --at $NOW --wallet w {ALICE}");
    let printed = wallet(&shell, &format!("{list} --expiring-within 16m"));
    let wanted = format!(
        "for alice@acme.com (root key 8a88e3dd7409f195), held by researcher (agent, ed4928c628d1c2c6)
  may do:  crm.read on accounts/emea/** where limit <= 10
  at:      crm.acme.com
  until:   2026-11-23T18:15:00Z
  purpose: \"read the EMEA accounts\"
  further: may not delegate further
  id:      {id}
"
    );
    assert_eq!((printed.code, printed.out.as_str(), printed.err.as_str()), (0, &*wanted, ""));
    let late = list.replace("$NOW", "2026-11-23T18:15:00Z");
    assert!(wallet(&shell, &late).out.contains("(agent, ed4928c628d1c2c6), EXPIRED\n"));
    let json = wallet(&shell, &format!("{list} --format json"));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let schema = Document::Wallet.schema().to_value();
    jsonschema::validate(&schema, &json).unwrap();
    let all = json.as_array().unwrap();
    let own = all.iter().find(|own| own["id"] == id).unwrap();
    assert!(all.len() == 2 && all.iter().any(|own| own["id"] == wide));
    assert_eq!(own["trusted"], true);
    assert_eq!(own["owner"], "alice@acme.com");
    assert_eq!(own["root_key"], key_of("alice").public_key().to_string());
    assert_eq!(own["holder"]["name"], "researcher");
    assert_eq!(own["capabilities"][0]["args"]["limit"]["max"], 10);
    assert_eq!(own["audience"], serde_json::json!(["crm.acme.com"]));
    assert_eq!(
        (&own["expires"], &own["further_hops"]),
        (&"2026-11-23T18:15:00Z".into(), &0.into())
    );
    // Without --trust, the owners are claims.
    let claimed = wallet(&shell, "list --at $NOW --wallet w --format json");
    assert!(claimed.out.contains("\"trusted\": false"), "{}", claimed.out);
    assert!(claimed.err.contains("pass --trust to check them"), "{}", claimed.err);

    let printed = wallet(&shell, "drop --wallet w --expired --at 2026-11-23T18:15:00Z");
    assert_eq!((printed.code, printed.out), (0, format!("{id}\n")));
    let printed = wallet(&shell, "drop --wallet w --expired --at 2026-11-23T18:15:00Z");
    assert_eq!((printed.code, printed.err.as_str()), (0, "no token has expired\n"));
    let twice = shell.refused(&format!("deputize wallet drop --wallet w {wide} {id}"));
    assert_eq!(twice, format!("`{id}`: the wallet has no token with this id"));
    let capitals = wide.to_uppercase();
    assert_eq!(wallet(&shell, &format!("drop --wallet w {capitals}")).out, format!("{wide}\n"));
    assert_eq!(wallet(&shell, &list).err, "the wallet has no such token\n");
    for (rest, why) in [
        ("drop --wallet w", "required arguments were not provided"),
        ("drop --wallet w --expired 00", "cannot be used with"),
        ("drop --wallet w ../w", "`../w`: the id of a hop is written as 64 hexadecimal digits"),
        (
            "list --wallet nowhere",
            "--wallet `nowhere`: the wallet does not exist; `deputize wallet add`",
        ),
        ("list --wallet alice.pub", "this is not a directory"),
        ("list --wallet w --expiring-within soon", "--expiring-within: `soon` is not a duration"),
        ("add --wallet w @wide.token", "required arguments were not provided"),
        ("add --wallet w --any-root --trust alice.pub @wide.token", "cannot be used with"),
    ] {
        let printed = shell.refused(&format!("deputize wallet {rest}"));
        assert!(printed.contains(why), "{rest}: {printed}");
    }
}

#[test]
fn a_token_that_the_holder_should_not_use_is_not_added() {
    let shell = shell();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let add = |at: &str, rest: &str| wallet(&shell, &format!("add --at {at} --wallet w {rest}"));
    for (at, rest, why) in [
        ("$NOW", "--trust thief.pub @wide.token", "[untrusted_root]"),
        ("$NOW", "--trust alice.pub=bob@acme.com @wide.token", "[owner_not_trusted]"),
        ("2026-11-23T19:00:00Z", "--trust alice.pub @wide.token", "[expired]"),
        (
            "$NOW",
            "--trust alice.pub --holder planner.pub @wide.token",
            "whose key is not one of --holder",
        ),
    ] {
        let printed = add(at, rest);
        assert_eq!((printed.code, printed.out.as_str()), (1, ""), "{rest}");
        assert!(printed.err.contains(why), "{rest}: {}", printed.err);
    }
    let presented = shell.refused("deputize wallet add --wallet w --any-root @p");
    assert!(presented.contains("has been presented already"), "{presented}");
    assert!(!shell.path("w").exists(), "a refused token leaves no wallet behind");
    let holders = "--holder planner.pub --holder researcher.pub";
    assert_eq!(add("$NOW", &format!("--trust alice.pub {holders} @wide.token")).code, 0);
    let claimed = add("$NOW", "--any-root @planner.token");
    assert!(claimed.code == 0 && claimed.err.contains("claims the owner alice@acme.com"));
}

#[test]
fn the_narrowest_token_of_one_owner_is_presented() {
    let shell = shell();
    let narrow = add(&shell, "researcher.token");
    add(&shell, "wide.token");
    add(&shell, "planner.token");
    let present = |trust: &str, call: &str| {
        shell.run(&format!("deputize present --wallet w {trust} --key researcher.key {call} > p"))
    };
    let printed = present(ALICE, CALL);
    let wanted = format!("note: token {narrow}, on behalf of alice@acme.com\n");
    assert_eq!((printed.code, printed.err), (0, wanted.clone()));
    assert!(shell.done("deputize ids @p").contains(&narrow));
    shell.done(&with_call("verify --trust alice.pub=alice@acme.com @p"));
    let checked = shell.run(&format!("deputize check --wallet w {ALICE} {CALL}"));
    assert_eq!((checked.code, checked.out.as_str(), checked.err), (0, "permitted\n", wanted));
    // The wider one, where the narrower does not permit the call.
    let more = CALL.replace("limit=5", "limit=50");
    assert_eq!(present(ALICE, &more).code, 0);
    shell.done(&format!("deputize verify --trust alice.pub {more} @p"));
    let none = CALL.replace("crm.read", "crm.erase");
    let printed = present(ALICE, &none);
    assert_eq!(printed.code, 1);
    assert!(
        printed
            .err
            .starts_with("no token of the wallet for this key permits this call [no_token_fits]\n")
    );
    assert_eq!(printed.err.matches("\n  token ").count(), 2, "{}", printed.err);
    assert_eq!(printed.err.matches("[operation_not_granted]").count(), 3, "{}", printed.err);
    assert_eq!(shell.read("p"), "");
}

/// A token of somebody else, however narrow, never makes the agent act for them unasked.
#[test]
fn no_choice_is_made_among_owners() {
    let shell = shell();
    add(&shell, "wide.token");
    mint(&shell, "bob", "crm.read accounts/emea/42 limit=5", "", "bait.token");
    add(&shell, "bait.token");
    let line =
        |more: &str| format!("deputize present --wallet w --key researcher.key {CALL} {more}");
    let both = format!("{ALICE} --trust bob.pub=bob@acme.com");
    for trust in [&*both, "--any-root"] {
        let printed = shell.refused(&line(trust));
        assert!(
            printed.contains("tokens of alice@acme.com (root key 8a88e3dd7409f195), bob@acme.com")
        );
        assert!(printed.ends_with("say on whose behalf it is made, with --on-behalf-of OWNER, or trust one root key only [ambiguous_owner]"), "{printed}");
        let check = line(trust).replace("present", "check").replace("--key researcher.key", "");
        assert!(shell.refused(&check).ends_with("[ambiguous_owner]"));
        for owner in ["alice@acme.com", "bob@acme.com"] {
            let printed = shell.run(&line(&format!("{trust} --on-behalf-of {owner} > p")));
            assert_eq!(printed.code, 0, "{}", printed.err);
            assert!(printed.err.contains(&format!("on behalf of {owner}\n")), "{}", printed.err);
        }
    }
    // The options of this command decide the trust, not those with which the token was added.
    let printed = shell.run(&line(&format!("{ALICE} > p")));
    assert_eq!(printed.code, 0);
    assert!(printed.err.contains("is not used: "), "{}", printed.err);
    assert!(printed.err.contains("[untrusted_root]"), "{}", printed.err);
    assert!(printed.err.ends_with("on behalf of alice@acme.com\n"), "{}", printed.err);
    let printed = shell.run(&line("--trust planner.pub"));
    assert_eq!((printed.code, printed.out.as_str()), (1, ""));
    for (more, why) in [
        ("", "--wallet: pass --trust KEY=OWNER to name the root keys"),
        ("--any-root --trust alice.pub", "cannot be used with"),
        ("--any-root @wide.token", "cannot be used with"),
        ("--any-root --anyway", "cannot be used with"),
    ] {
        let printed = shell.refused(&line(more));
        assert!(printed.contains(why), "{more}: {printed}");
    }
    for more in ["--any-root", "--on-behalf-of alice@acme.com"] {
        let line = with_call(&format!("check {more}"));
        assert!(shell.refused(&line).contains("required arguments were not provided: --wallet"));
        assert!(shell.refused(&format!("{line} @wide.token")).contains("cannot be used with"));
    }
}
