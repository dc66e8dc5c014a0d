//! A refusal names the next step of an agent.

use crate::common::{
    crm_request, held, now, present_for, request, request_for, researcher, shown, verifier,
};
use deputize::{Decision, Denial, DenyCode, NextStep, Request, Token};

fn denied(request: Request) -> Denial {
    let presentation = shown(&present_for(held(), &researcher(), &request));
    let Decision::Deny(denial) = verifier().decide(presentation, request, now()) else {
        panic!("the call is allowed")
    };
    denial
}

#[test]
fn the_least_capability_for_a_call_covers_it_and_nothing_else() {
    let args = r#"{"limit": 50, "f": {"a": "x", "b": 1.5}, "l": [{"p": 1}, {"p": 2}], "o": {}}"#;
    let call = crm_request("crm.read", "accounts/apac/7", args);
    let least = call.least_capability().unwrap();
    assert!(least.permits(&call));
    for other in [
        crm_request("crm.list", "accounts/apac/7", args),
        crm_request("crm.read", "accounts/apac/8", args),
        crm_request("crm.read", "accounts/apac/7", &args.replace("50", "51")),
        crm_request("crm.read", "accounts/apac/7", &args.replace("\"x\"", "\"y\"")),
        crm_request("crm.read", "accounts/apac/7", &args.replace("\"p\": 2", "\"p\": 3")),
        crm_request("crm.read", "accounts/apac/7", &args.replace("\"o\"", "\"q\"")),
        crm_request("crm.read", "accounts/apac/7", r#"{"limit": 50}"#),
    ] {
        assert!(!least.permits(&other), "{other:?}");
    }
    let many: Vec<_> = (0..17).map(|i| format!(r#""a{i}": 1"#)).collect();
    let many = crm_request("crm.read", "a", &format!("{{{}}}", many.join(",")));
    assert!(many.least_capability().is_err());
}

#[test]
fn a_refused_call_says_what_it_would_need() {
    let call = request_for("accounts/apac/7");
    let denial = denied(call.clone());
    assert_eq!(denial.next_step(), NextStep::AskForMore);
    assert_eq!(denial.would_need(), Some(call.least_capability().unwrap()));
    // More authority would not help here.
    let missing = denied(crm_request("crm.read", "accounts/emea/42", "{}"));
    assert_eq!((missing.next_step(), missing.would_need()), (NextStep::ChangeCall, None));
    let token = Token::from_bytes(held().to_bytes()).unwrap();
    let late = token.would_permit(&request_for("accounts/apac/7"), token.expires()).unwrap_err();
    assert_eq!(late.next_step(), NextStep::AskForMore, "renewal alone would not suffice");
    let late = token.would_permit(&request(), token.expires()).unwrap_err();
    assert_eq!(late.next_step(), NextStep::Renew);
}

#[test]
fn codes_are_read_as_they_are_written() {
    for code in DenyCode::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
        let json = serde_json::to_string(code).unwrap();
        assert_eq!(serde_json::from_str::<DenyCode>(&json).unwrap(), *code);
        let step = serde_json::to_value(code.next_step()).unwrap();
        assert_eq!(step, code.next_step().as_str());
    }
    assert!("Expired".parse::<DenyCode>().is_err());
}
