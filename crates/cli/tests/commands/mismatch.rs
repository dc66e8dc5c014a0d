//! A presentation for another request: each side can find the difference.

use crate::shell::{CALL, Shell, with_call};
use deputize::{HopId, Request};

/// The request that `present` says it signed.
fn signed(shell: &Shell, call: &str) -> (String, String) {
    let line = format!(
        "deputize present --key researcher.key --show-request {call} @researcher.token > call.token"
    );
    let printed = shell.run(&line);
    assert_eq!(printed.code, 0, "{}", printed.err);
    let after = |start: &str| {
        let mut lines = printed.err.lines();
        lines.find_map(|line| line.strip_prefix(start)).unwrap().to_owned()
    };
    (after("request: "), after("digest: "))
}

#[test]
fn the_sender_sees_the_request_that_it_signed() {
    let shell = Shell::with_tokens();
    let (json, digest) = signed(&shell, CALL);
    let wanted = r#"{"args":{"limit":5},"audience":"crm.acme.com","operation":"crm.read","resource":"accounts/emea/42"}"#;
    assert_eq!(json, wanted);
    let request = Request::from_json(&json).unwrap();
    assert_eq!(HopId::from_bytes(request.digest()).to_string(), digest);
    let report = shell.done("deputize report --at $NOW --format json @call.token");
    assert!(report.contains(&digest), "{report}");
}

#[test]
fn the_service_sees_in_which_members_the_requests_differ() {
    let shell = Shell::with_tokens();
    let (json, digest) = signed(&shell, CALL);
    shell.write("sent.json", &json);
    let verify = |call: &str, sent: &str| {
        shell.run(&format!(
            "deputize verify --trust alice.pub {call} --explain-mismatch {sent} @call.token"
        ))
    };
    let other = CALL.replace("emea/42", "emea/7").replace("limit=5", "limit=6 --arg a/b=1");
    let printed = verify(&other, "sent.json");
    assert_eq!(printed.code, 1);
    let members = "the sender's request differs from this call in:\n  `/args/a~1b`\n  `/args/limit`\n  `/resource`\n";
    let wanted = format!("the sender's request is the one that was presented: {digest}\n{members}");
    assert_eq!(printed.err, wanted);
    assert!(printed.out.contains("[wrong_request]"));
    // The sender shows another request than it presented.
    shell.write("lie.json", json.replace("emea/42", "emea/7"));
    let printed = verify(&other, "lie.json");
    let wanted = format!(
        "and {digest} was presented\nthe sender's request differs from this call in:\n  `/args/a~1b`\n  `/args/limit`\n"
    );
    assert!(printed.err.starts_with("the sender's request is NOT the one that was presented"));
    assert!(printed.err.ends_with(&wanted), "{}", printed.err);
    shell.write("same.json", json.replace("emea/42", "emea/7").replace("5", "6"));
    let same =
        verify(&CALL.replace("emea/42", "emea/7").replace("limit=5", "limit=6"), "- < same.json");
    assert!(
        same.err.ends_with("\nthe sender's request does not differ from this call\n"),
        "{}",
        same.err
    );
    // Nothing is wrong, or something else is.
    let printed = verify(CALL, "sent.json");
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let audience = CALL.replace("crm.acme.com", "mail.acme.com");
    assert_eq!(verify(&audience, "sent.json").err, "");
    for (content, why) in [("[]", "sent.json"), (r#"{"operation":"a"}"#, "missing field")] {
        shell.write("sent.json", content);
        let line = with_call("verify --trust alice.pub --explain-mismatch sent.json @call.token");
        let printed = shell.refused(&line);
        assert!(printed.starts_with("--explain-mismatch `sent.json`: "), "{printed}");
        assert!(printed.contains(why), "{printed}");
    }
    shell.refused("deputize verify --trust alice.pub --batch --explain-mismatch sent.json");
}
