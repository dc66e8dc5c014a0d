//! Holders that prove possession for a request that needs no authority, such as a listing.

use deputize::testing::Scene;
use deputize::{DenyCode, Request};
use time::Duration;

use crate::common::{now, presented, request, shown, verifier};

fn listing() -> Request {
    Request::new("tools/list", "list", "crm.acme.com").unwrap()
}

#[test]
fn a_holder_proves_itself_for_a_listing_that_its_chain_does_not_grant() {
    let scene = Scene::allowing(["tools/call read_doc path:subpath=docs"], now()).unwrap();
    let verifier = scene.verifier();
    let present = || {
        let options = deputize::PresentOptions::default().anyway();
        scene.token().present_with(scene.holder_key(), &listing(), now(), options).unwrap()
    };
    let holder = verifier.prove(present(), listing(), now()).unwrap();
    assert_eq!(holder.chain().holder().key(), scene.token().holder().key());
    let tool = |name: &str| Request::call(name, None, "crm.acme.com").unwrap();
    // Its arguments are missing, and it is listed all the same.
    assert!(holder.may_permit(&tool("read_doc")));
    assert!(!holder.may_permit(&tool("send_mail")));
    // A decision about the same request refuses it.
    let denial = verifier.decide(present(), listing(), now()).into_result().unwrap_err();
    assert!(denial.has(DenyCode::OperationNotGranted));

    // It is used up, and is for this request alone, for a while.
    let once = present();
    assert!(verifier.prove(once.clone(), listing(), now()).is_ok());
    let code = |result: Result<_, deputize::Denial>| -> DenyCode {
        let denial: deputize::Denial = result.map(|_: deputize::ProvenHolder| ()).unwrap_err();
        denial.reasons()[0].code
    };
    assert_eq!(code(verifier.prove(once, listing(), now())), DenyCode::Replayed);
    let other = Request::new("prompts/list", "list", "crm.acme.com").unwrap();
    assert_eq!(code(verifier.prove(present(), other, now())), DenyCode::WrongRequest);
    let elsewhere = Request::new("tools/list", "list", "mail.acme.com").unwrap();
    assert_eq!(code(verifier.prove(present(), elsewhere, now())), DenyCode::WrongAudience);
    let late = now() + Duration::minutes(10);
    assert_eq!(code(verifier.prove(present(), listing(), late)), DenyCode::PresentationNotFresh);
}

/// A presentation of a call, captured on its way, shows nobody what its chain grants.
#[test]
fn a_presentation_of_another_call_proves_nothing() {
    let denial = verifier().prove(shown(&presented()), listing(), now()).unwrap_err();
    assert!(denial.has(DenyCode::WrongRequest) && !denial.is_for_the_holder());
    assert!(verifier().prove(shown(&presented()), request(), now()).is_ok());
}

/// Only the codes of coverage, and that of the policy, which is not asked, are waived.
#[test]
fn whatever_else_refuses_a_call_refuses_a_proof() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap();
    let request = Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
    for call in scene.every_refusal(&request).unwrap() {
        let own = scene.verifier();
        let verifier = call.verifier.as_ref().unwrap_or(&own);
        let request = call.request.as_ref().unwrap_or(&request).clone();
        let proof = verifier.prove(call.presentation.clone(), request, now());
        let is_waived = call.code.is_beyond_grant()
            || matches!(call.code, DenyCode::WorkLimitExceeded | DenyCode::PolicyRefused);
        match proof {
            Ok(_) => assert!(is_waived, "{}", call.code),
            Err(denial) => assert!(!is_waived && denial.has(call.code), "{}", call.code),
        }
    }
}
