//! The files of `--capabilities` and `--request`: their content is used, and repeated or malformed
//! members are refused.

use crate::shell::Shell;
use deputize::Token;

const GRANT: &str = r#"{"capabilities":[{"operation":"mail.send","resource":"**","args":{"to":{"suffix":"@acme.com"},"amount":{"max":500}},"other_args":"allow"}]}"#;
const REQUEST: &str = r#"{"operation":"mail.send","resource":"out/1","audience":"mail.acme.com","args":{"to":"bob@acme.com","amount":5,"note":[1.5]}}"#;

const MINT: &str = "deputize mint --at $NOW --key alice.key --owner a --to planner=planner.pub --expires 1h --purpose x --capabilities grant.json";

#[test]
fn files_give_capabilities_and_requests() {
    let shell = Shell::new();
    shell.write("grant.json", GRANT);
    shell.write("call.json", REQUEST);
    shell.done(&format!("{MINT} > t"));
    shell.done("deputize present --at $NOW --key planner.key --request call.json @t > p");
    shell.done("deputize verify --at $NOW --trust alice.pub --request call.json @p");
    // The same call in options.
    shell.done("deputize verify --at $NOW --trust alice.pub --operation mail.send --resource out/1 --audience mail.acme.com --arg to=bob@acme.com --arg amount=5 --arg 'note=[1.5]' @p");
    let printed = shell.run("deputize verify --at $NOW --trust alice.pub --operation mail.send --resource out/1 --audience mail.acme.com --arg to=bob@acme.com --arg amount='\"5\"' --arg 'note=[1.5]' @p");
    assert_eq!(printed.code, 1, "a string is not a number: {}", printed.out);
}

#[test]
fn arguments_are_json_where_they_parse_as_json() {
    let shell = Shell::new();
    shell.done("deputize mint --at $NOW --key alice.key --owner a --to planner=planner.pub --expires 1h --purpose x --allow '* ** ...' > t");
    let call = r#"--at $NOW --operation a --resource b --audience c --arg a=5 --arg b=five --arg 'c="5"' --arg 'd=[1,"x"]' --arg 'e={"k":null}' --arg f= --arg g=true --arg h=a=b --arg i=1.5 --arg j=007 --arg 'k=[1, 2' --arg=-l=-5 --arg 'm n=\'"#;
    shell.done(&format!("deputize present --key planner.key {call} @t > p"));
    let printed = shell.done(&format!("deputize verify --trust alice.pub --format json {call} @p"));
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let wanted = serde_json::json!({
        "a": 5, "b": "five", "c": "5", "d": [1, "x"], "e": {"k": null}, "f": "", "g": true,
        "h": "a=b", "i": 1.5, "j": "007", "k": "[1, 2", "-l": -5, "m n": "\\",
    });
    assert_eq!(printed.pointer("/report/request/args"), Some(&wanted));
}

#[test]
fn allow_and_capabilities_add_up() {
    let shell = Shell::new();
    shell.write("grant.json", GRANT);
    shell.write("more.json", GRANT.replace("mail.send", "mail.read"));
    let token = shell.done(&format!(
        "{MINT} --capabilities more.json --allow 'crm.read a' --allow 'crm.read b'"
    ));
    let token = Token::parse(token.trim()).unwrap();
    assert_eq!(token.hops().last().unwrap().grant().capabilities().len(), 4);
}

#[test]
fn files_that_are_not_grants_or_requests_are_refused() {
    let shell = Shell::new();
    shell.write("grant.json", GRANT);
    shell.done(&format!("{MINT} > t"));
    let mut printed = Vec::new();
    let grants = [
        "",
        "[]",
        "{}",
        r#"{"capabilities":[]}"#,
        r#"{"capabilities":[],"capabilities":[]}"#,
        &GRANT.replace("}]}", "}],\"more\":1}"),
        &GRANT.replace("\"other_args\"", "\"other\""),
        &GRANT.replace("\"max\":500", "\"maximum\":500"),
        &GRANT.replace("\"max\":500", "\"max\":500,\"max\":5"),
        &GRANT.replace("\"amount\"", "\"to\""),
        &GRANT.replace("mail.send", "mail send\\u001b[2J"),
        &GRANT.replace("\"allow\"", "\"al\\u202elow\""),
        &format!("{GRANT} x"),
    ];
    for grant in grants {
        shell.write("grant.json", grant);
        printed.push(format!("{grant}\n{}", shell.refused(MINT)));
    }
    let requests = [
        "",
        "[]",
        r#"["a","b","c"]"#,
        &REQUEST.replace("}}", "},\"more\":1}"),
        &REQUEST.replace("\"audience\"", "\"resource\""),
        &REQUEST.replace("\"amount\":5", "\"to\":5"),
        &REQUEST.replace("[1.5]", "{\"a\":1,\"a\":2}"),
        &REQUEST.replace(":5", ":9007199254740993"),
        &REQUEST.replace("out/1", "out/../1"),
    ];
    for request in requests {
        shell.write("call.json", request);
        for command in ["present --key planner.key", "verify --trust alice.pub"] {
            let line = format!("deputize {command} --request call.json @t");
            let own = shell.refused(&line);
            if command.starts_with("present") {
                printed.push(format!("{request}\n{own}"));
            }
        }
    }
    printed.push(shell.refused("deputize present --key planner.key --request missing.json @t"));
    insta::assert_snapshot!(printed.join("\n\n"));
}
