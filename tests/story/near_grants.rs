//! A denial names every grant that comes equally near, so that nobody concludes from one of them
//! that there are no others.

use crate::common::{agent, alice, crm_request, denied, key, now, owner, verifier};
use deputize::{Capability, Grant, PresentOptions, Reason, Request, Token};
use time::Duration;

/// The reason against a call of `args` on `accounts/latam/1`, with these capabilities.
fn reason(granted: &[Capability], call: &Request) -> Reason {
    let planner = agent("planner", &key(2));
    let end = now() + Duration::hours(1);
    let grant = Grant::new(planner, granted.to_vec(), end, "a test").unwrap();
    let token = Token::mint(owner(), &alice(), grant, now()).unwrap();
    let options = PresentOptions::default().anyway();
    let presentation = token.present_with(&key(2), call, now(), options).unwrap();
    let denial = denied(verifier().decide(presentation, call.clone(), now()));
    let [reason] = denial.reasons() else { panic!("{denial}") };
    reason.clone()
}

fn capabilities(granted: &[&str]) -> Vec<Capability> {
    granted.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn every_grant_that_comes_equally_near_is_named() {
    let args = r#"{"limit": 50, "mode": "rw", "tags": [{"a": 1}, {"a": 2}]}"#;
    for (granted, args, message, allowed, requested) in [
        (
            &["crm.list accounts/**", "mail.send **", "crm.delete a"][..],
            "{}",
            "grants crm.delete, crm.list, mail.send, not crm.read",
            &["crm.delete", "crm.list", "mail.send"][..],
            "crm.read",
        ),
        (
            &["crm.read accounts/emea/**", "mail.send **", "crm.* accounts/apac/*"],
            "{}",
            "grants crm.read on accounts/apac/*, accounts/emea/**, not on accounts/latam/1",
            &["accounts/apac/*", "accounts/emea/**"],
            "accounts/latam/1",
        ),
        (
            &["crm.read ** limit?<=9", "crm.read b", "crm.read accounts/** mode?=ro limit?<=9"],
            r#"{"limit": 5, "mode": "rw", "x": 1}"#,
            "does not name the argument mode or, in another capability, x",
            &["limit", "limit, mode"],
            "mode, x",
        ),
        (
            &["crm.read ** /tags/*/x files", "crm.read ** /files/*/x tags"],
            r#"{"files": [], "tags": []}"#,
            "does not name the argument files or, in another capability, tags; to allow an empty \
             list, grant another capability that limits files to `max_len` 0",
            &["/files/*/x, tags", "/tags/*/x, files"],
            "files, tags",
        ),
        (
            &[
                "crm.read ** limit<=9",
                "crm.read accounts/** mode=ro",
                "crm.read accounts/** mode=rw",
            ],
            "{}",
            "requires the argument limit or mode, which is missing",
            &["limit", "mode"],
            "no such argument",
        ),
        (
            &[
                "crm.read ** limit<=10 ...",
                "crm.read accounts/** mode=ro ...",
                "crm.read accounts/** limit<=5 ...",
                "crm.read accounts/** limit<=10 mode=ro ...",
                "crm.read accounts/** tags?:max_len=1 ...",
                "crm.read accounts/** tags?:contains_all=a ...",
            ],
            args,
            "requires limit <= 5 or <= 10, and it is 50; or requires mode = \"ro\", and it is \"rw\"; \
             or requires tags contains \"a\", and its value is a list of objects, which cannot be \
             checked; name the values inside it, with `*` for the index; or requires tags at most 1 \
             long, and it has 2 elements",
            &[
                "limit <= 5",
                "limit <= 10",
                "mode = \"ro\"",
                "tags contains \"a\"",
                "tags at most 1 long",
            ],
            "limit = 50, mode = \"rw\", tags is a list of objects, tags has 2 elements",
        ),
    ] {
        let call = crm_request("crm.read", "accounts/latam/1", args);
        let mut granted = capabilities(granted);
        let first = reason(&granted, &call);
        assert_eq!((first.message.as_str(), first.more_allowed), (message, 0));
        assert_eq!(first.allowed, allowed);
        assert_eq!(first.requested.as_deref(), Some(requested));
        // Neither the order nor a repetition changes anything.
        granted.extend(granted.clone());
        for _ in 0..granted.len() {
            granted.rotate_left(1);
            assert_eq!(reason(&granted, &call), first);
            granted.reverse();
            assert_eq!(reason(&granted, &call), first);
            granted.reverse();
        }
    }
}

#[test]
fn a_long_list_is_cut_and_the_others_are_counted() {
    let call = crm_request("crm.read", "accounts/latam/1", r#"{"limit": 1000}"#);
    let of = |text: &dyn Fn(i64) -> String, count: i64| -> Vec<Capability> {
        (10..10 + count).map(|n| text(n).parse().unwrap()).collect()
    };
    let resources = &|n: i64| format!("crm.read accounts/{n}");
    let limits = &|n: i64| format!("crm.read ** limit<={n}");
    let both: [&dyn Fn(i64) -> String; 2] = [resources, limits];
    for text in both {
        let eight = reason(&of(text, 8), &call);
        assert_eq!((eight.allowed.len(), eight.more_allowed), (8, 0));
        assert!(!eight.message.contains("more"), "{eight}");
        let all = reason(&of(text, 11), &call);
        assert_eq!((all.allowed.len(), all.more_allowed), (8, 3));
        assert!(all.message.contains(" and 3 more"), "{all}");
        assert_eq!(all.allowed, eight.allowed);
    }
    let mut two = of(limits, 7);
    two.extend(capabilities(&["crm.read ** mode=ro limit", "crm.read ** zone=a limit"]));
    let call = crm_request("crm.read", "a", r#"{"limit": 1000, "mode": "rw", "zone": "b"}"#);
    let two: Vec<_> =
        two.into_iter().map(|own| own.with_other_args(deputize::OtherArgs::Allow)).collect();
    let all = reason(&two, &call);
    assert_eq!((all.allowed.len(), all.more_allowed), (8, 1));
    assert!(
        all.message.ends_with("or requires mode = \"ro\", and it is \"rw\" and 1 more"),
        "{all}"
    );
}

/// The reader sees which of several texts looks like the requested one.
#[test]
fn texts_that_look_alike_are_shown_apart_in_a_list() {
    let call = crm_request("crm.read", "accounts/\u{435}mea", "{\"mode\": \"r\u{43e}\"}");
    let found = reason(&capabilities(&["crm.read accounts/emea", "crm.read accounts/apac"]), &call);
    assert_eq!(found.allowed, ["accounts/apac", "\"accounts/emea\""]);
    assert_eq!(found.requested.as_deref(), Some(r#""accounts/\u{435}mea""#));
    let found = reason(&capabilities(&["crm.read ** mode=ro", "crm.read ** mode=w"]), &call);
    assert_eq!(found.allowed, ["mode = \"ro\"", "mode = \"w\""]);
    assert_eq!(found.requested.as_deref(), Some(r#"mode = "r\u{43e}""#));
}
