//! `deputize check`, and `present` of a call that is not permitted.

use crate::shell::{CALL, Shell};

#[test]
fn a_dry_run_says_whether_a_call_is_permitted() {
    let shell = Shell::with_tokens();
    let check = |call: &str| shell.run(&format!("deputize check {call} @researcher.token"));
    let permitted = check(CALL);
    assert_eq!((permitted.code, permitted.out.as_str()), (0, "permitted\n"));
    let other = CALL.replace("accounts/emea/42", "accounts/apac/7");
    let refused = check(&other);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    let why = "the token does not permit this call:\n  hop 1: grants crm.read on accounts/emea/**, not on accounts/apac/7 [resource_not_granted]\n    → ask for a grant on the resource";
    assert!(refused.err.contains(why), "{}", refused.err);
    // A presentation cannot be presented again.
    shell.done(&format!("deputize present --key researcher.key {CALL} @researcher.token > p"));
    shell.refused(&format!("deputize check {CALL} @p"));
    let of_thief = format!("deputize check --trust thief.pub {CALL} @researcher.token");
    assert_eq!(shell.run(&of_thief).code, 1);
}

#[test]
fn a_call_that_is_not_permitted_is_presented_only_with_anyway() {
    let shell = Shell::with_tokens();
    let other = CALL.replace("limit=5", "limit=50");
    let present = |option: &str| {
        shell.run(&format!(
            "deputize present {option} --key researcher.key {other} @researcher.token"
        ))
    };
    let refused = present("");
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("[argument_refused]"), "{}", refused.err);
    assert!(refused.err.contains("pass --anyway"), "{}", refused.err);
    let presented = present("--anyway");
    assert_eq!(presented.code, 0, "{}", presented.err);
    assert!(!presented.out.is_empty());
}
