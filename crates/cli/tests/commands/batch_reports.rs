//! `report --batch`: a report for each token or presentation, and an error for any other line.

use std::io::Cursor;

use crate::batch::{codes_only, error, fixed, parsed, verifier};
use crate::common::{
    held, key, now, present_for, request_for, researcher, shown, thief, token,
    verifier_without_guard,
};
use crate::shell::NOW;
use deputize::{Report, TrustAnchor, Verifier};
use deputize_cli::batch::{self, Progress, Tally};
use serde_json::json;

#[test]
fn tokens_and_presentations_are_reported_on() {
    let presented = present_for(held(), &researcher(), &request_for("accounts/emea/1"));
    let stolen = present_for(held(), &thief(), &request_for("accounts/emea/1"));
    let (held, shown_text) = (held().to_text(), presented.to_text());
    let lines = [
        format!(r#"{{"token":"{held}"}}"#),
        format!(r#"{{"presentation":"{shown_text}"}}"#),
        format!(r#"{{"presentation":"{}"}}"#, stolen.to_text()),
        // Either field can have either kind of token.
        format!(r#"{{"presentation":"{held}"}}"#),
        format!(r#"{{"token":"{shown_text}"}}"#),
        format!(r#"{{"token":"{held}","presentation":"{shown_text}"}}"#),
        format!(r#"{{"token":"{held}","request":{{}}}}"#),
        "{}".to_owned(),
        format!(r#"{{"token":"AAAA","at":"{NOW}"}}"#),
    ];
    let input = lines.join("\n");
    let run = |verifier: Option<Verifier>| {
        let (input, mut output) = (Cursor::new(input.clone()), Vec::new());
        let tally =
            batch::report(input, &mut output, verifier.as_ref(), fixed(), Progress::hidden())
                .unwrap();
        (parsed(&output), tally)
    };
    let (found, tally) = run(Some(verifier()));
    let chain = verifier().verify(shown(&presented), now()).unwrap();
    assert_eq!(found[0], json!({"report": Report::of_token(&verifier(), &token(), now())}));
    assert_eq!(found[1], json!({"report": Report::of_chain(&chain)}));
    assert_eq!(found[3], found[0]);
    assert_eq!(found[4], found[1]);
    let verdicts: Vec<_> = found[..5].iter().map(|own| &own["report"]["verdict"]).collect();
    assert_eq!(verdicts, ["verified", "verified", "deny", "verified", "verified"]);
    let malformed: Vec<_> = found[5..].iter().map(codes_only).collect();
    let line = error(&["malformed_line"]);
    let both = error(&["malformed_line", "malformed_token"]);
    assert_eq!(malformed, [line.clone(), line.clone(), line, both]);
    assert_eq!(tally, Tally { passed: 4, denied: 1, malformed: 4 });
    assert_eq!(tally.exit_code(), 2);
    let (found, tally) = run(None);
    assert_eq!(found[0], json!({"report": Report::unverified_token(&token(), now())}));
    let verdicts: Vec<_> = found[..5].iter().map(|own| &own["report"]["verdict"]).collect();
    assert_eq!(verdicts, ["unverified", "unverified", "deny", "unverified", "unverified"]);
    assert_eq!((tally.passed, tally.denied), (4, 1));
    let other = TrustAnchor::for_any_owner(deputize::Signer::public_key(&key(9)));
    assert_eq!(run(Some(verifier_without_guard(other))).1.denied, 5);
}
