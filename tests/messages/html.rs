//! The HTML page: its contents, and that it has no markup but ours. A real browser reads it in
//! `tests/messages/render`.

use crate::common::{held, now, present, present_for, presented, request, shown, thief, verifier};
use deputize::{Grant, Report, Token};
use deputize_pages::report_page;
use time::Duration;

/// The body, without what every page has in common.
fn body(report: &Report) -> String {
    let page = report_page(report);
    let (head, body) = page.split_once("</head>").unwrap();
    assert!(head.contains("default-src 'none'"), "{head}");
    assert_eq!(page.matches("<style>").count(), 1);
    // A line for each element, so that a difference can be read.
    body.replace("><", ">\n<")
}

#[test]
fn a_page_of_a_refused_call() {
    let grant = |grant: Grant| grant.with_not_before(now()).unwrap();
    let raw = held().delegate(
        &crate::common::researcher(),
        grant(crate::common::grant(
            "reader",
            &crate::common::writer(),
            crate::common::reading("accounts/emea/*", 5),
            Duration::minutes(1),
        )),
        now(),
    );
    let call = crate::common::crm_request("crm.read", "accounts/emea/42/notes", r#"{"limit": 5}"#);
    let raw = present_for(raw, &crate::common::writer(), &call);
    let decision = verifier().decide(shown(&raw), call, now());
    insta::assert_snapshot!("refused", body(&Report::of(&decision)));
}

/// Each claim of a hop is in one element of the table and perhaps on some lines of the drawing.
#[test]
fn unverified_values_are_marked_everywhere() {
    let token = Token::parse(&held().to_text()).unwrap();
    let unverified = Report::unverified_token(&token, now());
    let trusted = Report::of_token(&verifier(), &token, now());
    let (unverified, trusted) = (body(&unverified), body(&trusted));
    assert!(!trusted.contains("UNVERIFIED"));
    let drawn = |page: &str| page.matches("<text ").count();
    let marks = |page: &str| page.matches("UNVERIFIED ").count();
    // Two principals, purpose, capability, audience, validity and id for each hop; the second hop
    // also has three removals, the first none. And the id of the token, and the most that the chain
    // can be used for.
    let expected = drawn(&unverified) + 2 * 7 + 3 + 1 + 1 + 1;
    assert_eq!(marks(&unverified), expected, "{unverified}");
}

#[test]
fn the_refusing_block_is_marked_even_where_it_is_not_shown() {
    let stolen = verifier().decide(shown(&present(held(), &thief())), request(), now());
    let page = body(&Report::of(&stolen));
    assert_eq!(page.matches("data-refused").count(), 1);
    assert!(page.contains("✗ refused here: not_the_holder"), "{page}");
    let allowed = verifier().decide(shown(&presented()), request(), now());
    assert!(!body(&Report::of(&allowed)).contains("refused"));
}
