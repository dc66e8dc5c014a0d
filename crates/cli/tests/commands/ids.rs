//! `deputize ids`.

use crate::shell::{Shell, with_call};
use deputize::Token;
use deputize_cli::commands::schema::Document;
use serde_json::Value;

#[test]
fn the_ids_are_those_by_which_a_verifier_revokes() {
    let shell = Shell::with_tokens();
    let token = Token::parse(shell.read("researcher.token").trim()).unwrap();
    let [first, second] = token.hop_ids().collect::<Vec<_>>().try_into().unwrap();
    let printed = shell.done("deputize ids @researcher.token");
    let (id, hops) = printed.split_once('\n').unwrap();
    let id = id.strip_prefix("token ").unwrap();
    assert_eq!(id.len(), 32);
    let wanted = format!(
        "hop 0 {first} alice@acme.com (8a88e3dd7409f195) → planner (8139770ea87d175f), until 2026-11-24T02:00:00Z\nhop 1 {second} planner (8139770ea87d175f) → researcher (ed4928c628d1c2c6), until 2026-11-23T18:15:00Z\n"
    );
    assert_eq!(hops, wanted);
    // A presentation has the same, and its own.
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    let presented = shell.done("deputize ids < p");
    let last = presented.strip_prefix(&printed).unwrap();
    let last = last.strip_prefix("presentation ").unwrap();
    assert_eq!(last.get(64..), Some(" for crm.acme.com, made 2026-11-23T18:00:00Z\n"));
    let json: Value = serde_json::from_str(&shell.done("deputize ids --format json @p")).unwrap();
    let schema = Document::Ids.schema().to_value();
    jsonschema::validate(&schema, &json).unwrap();
    assert_eq!(json["token_id"], id);
    assert_eq!(json["hops"][0]["id"], first.to_string());
    assert_eq!(json["hops"][1]["id"], second.to_string());
    assert_eq!(json["hops"][1]["to"]["key"], token.holder().key().to_string());
    assert_eq!(json["presentation"], last[..64]);
}

#[test]
fn a_token_that_is_not_authentic_has_no_ids() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > p"));
    for file in ["researcher.token", "p"] {
        // A letter that a signature covers, in the first block or in a later one.
        for part in [3, 2, 1] {
            let mut text = shell.read(file).into_bytes();
            let at = (text.len() - 1) * 3 / 4 / part;
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            shell.write("odd", text);
            let printed = shell.run("deputize ids @odd");
            assert_eq!((printed.code, printed.out.as_str()), (1, ""), "{file}: {}", printed.err);
            assert!(printed.err.contains("not authentic"), "{}", printed.err);
        }
    }
    shell.refused("deputize ids nonsense");
}
