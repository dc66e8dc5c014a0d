//! The attacker holds a valid token with limits on values inside an argument, and sends that
//! argument in another shape, so that the limit applies to another value or to none.

use deputize::limits::MAX_DECISION_WORK;
use deputize::{
    ArgumentError, Capability, CapabilityError, Constraint, DenyCode, Grant, OtherArgs, Request,
    RequestError,
};
use time::Duration;

use crate::common::forging::decided_on_args;
use crate::common::{
    agent, crm_request, mint, now, planner, present_for, refused, shown, verifier,
};

fn read() -> Capability {
    Capability::new("crm.read", "**").unwrap()
}

fn each_under(directory: &str) -> Constraint {
    Constraint::subpath(directory).and_then(Constraint::each).unwrap()
}

/// A list of files below `/srv`, each with a path and nothing else.
fn files() -> Capability {
    read().with_arg("/files/*/path", [each_under("/srv")]).unwrap()
}

/// The same, or an empty list.
fn files_or_none() -> Capability {
    read().with_optional_arg("/files/*/path", [each_under("/srv")]).unwrap()
}

#[test]
fn one_element_that_is_not_as_the_others() {
    assert!(
        decided_on_args(files(), r#"{"files": [{"path": "/srv/a"}, {"path": "/srv/b"}]}"#)
            .is_allowed()
    );
    for second in [
        r#"{"path": "/etc/passwd"}"#,
        r#"{"path": null}"#,
        r#"{"path": 1.5}"#,
        r#"{"path": ["/srv/b"]}"#,
        r#"{"path": {}}"#,
        r#"{"path": [{"path": "/srv/b"}]}"#,
    ] {
        for own in [files(), files_or_none()] {
            let args = format!(r#"{{"files": [{{"path": "/srv/a"}}, {second}]}}"#);
            refused(decided_on_args(own, &args), [(Some(0), DenyCode::ArgumentRefused)]);
        }
    }
}

/// A member that is missing in one element is not absent, and another member in its place is
/// unknown.
#[test]
fn one_element_without_the_limited_member() {
    for second in [r#"{"Path": "/etc"}"#, r#"{"path ": "/etc"}"#, r#"{"path": {"a": "/etc"}}"#] {
        for own in [files(), files_or_none()] {
            let args = format!(r#"{{"files": [{{"path": "/srv/a"}}, {second}]}}"#);
            refused(decided_on_args(own, &args), [(Some(0), DenyCode::UnknownArgument)]);
            let args = format!(r#"{{"files": [{second}]}}"#);
            refused(decided_on_args(files(), &args), [(Some(0), DenyCode::UnknownArgument)]);
        }
        let open = files().with_other_args(OtherArgs::Allow);
        let args = format!(r#"{{"files": [{{"path": "/srv/a"}}, {second}]}}"#);
        refused(decided_on_args(open, &args), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

/// None of these has a leaf with the limited name, so the limit would have no value to judge.
#[test]
fn something_else_in_the_place_of_the_list() {
    for value in [
        r#""/etc/passwd""#,
        "5",
        "null",
        "{}",
        "[]",
        r#"["/etc/passwd"]"#,
        r#"[{"path": "/srv/a"}, "/etc/passwd"]"#,
        r#"[{"path": "/srv/a"}, {}]"#,
        r#"[{"path": "/srv/a"}, null]"#,
        r#"[[{"path": "/etc/passwd"}]]"#,
        r#"{"path": "/etc/passwd"}"#,
        r#"{"*": {"path": "/etc/passwd"}}"#,
        r#"{"0": {"path": "/etc/passwd"}}"#,
        r#"[{"*": {"path": "/etc/passwd"}}]"#,
    ] {
        let args = format!(r#"{{"files": {value}}}"#);
        refused(decided_on_args(files(), &args), [(Some(0), DenyCode::UnknownArgument)]);
        refused(decided_on_args(files_or_none(), &args), [(Some(0), DenyCode::UnknownArgument)]);
        let open = files().with_other_args(OtherArgs::Allow);
        refused(decided_on_args(open, &args), [(Some(0), DenyCode::ArgumentMissing)]);
    }
}

/// A member may be named `*`, and has its own spelling.
#[test]
fn a_member_named_like_the_step_into_a_list() {
    let star = |name: &str| {
        decided_on_args(
            read().with_arg(name, [each_under("/srv")]).unwrap(),
            r#"{"files": {"*": {"path": ["/srv/a"]}}, "*": 1}"#,
        )
    };
    refused(star("/files/*/path"), [(Some(0), DenyCode::UnknownArgument)]);
    let both = read()
        .with_arg("/files/~2/path", [each_under("/srv")])
        .and_then(|own| own.with_arg("*", []))
        .unwrap();
    assert!(
        decided_on_args(both.clone(), r#"{"files": {"*": {"path": ["/srv/a"]}}, "*": 1}"#)
            .is_allowed()
    );
    let list = r#"{"files": [{"path": "/srv/a"}], "*": 1}"#;
    refused(decided_on_args(both, list), [(Some(0), DenyCode::UnknownArgument)]);
}

/// Beside such a name, an argument with an optional limit inside would count as absent.
#[test]
fn an_optional_limit_that_another_shape_would_evade() {
    let around: [fn(Capability) -> Result<Capability, CapabilityError>; 4] = [
        |own| Ok(own.with_other_args(OtherArgs::Allow)),
        |own| own.with_optional_arg("files", [Constraint::max_len(3)]),
        |own| own.with_arg("files", [Constraint::max_len(0)]),
        |own| own.with_below("files"),
    ];
    for widen in around {
        let own = widen(files_or_none()).unwrap();
        let grant = Grant::new(agent("planner", &planner()), [own], now(), "a test");
        let error = grant.unwrap_err().to_string();
        assert!(error.contains("can be bypassed"), "{error}");
    }
}

/// A list of objects has a name, but limits on that name can judge only its length.
#[test]
fn a_list_of_objects_under_a_limit_on_the_list() {
    let own = |limit| {
        let own = read().with_optional_arg("files", [limit]).unwrap();
        own.with_other_args(OtherArgs::Allow)
    };
    let args = r#"{"files": [{"path": "/etc/passwd"}]}"#;
    for limit in [
        each_under("/srv"),
        Constraint::each(Constraint::max_len(99)).unwrap(),
        Constraint::subset_of(["/srv"]),
        Constraint::none_of(["/etc/passwd"]),
        Constraint::max_len(0),
    ] {
        refused(decided_on_args(own(limit), args), [(Some(0), DenyCode::ArgumentRefused)]);
    }
    assert!(decided_on_args(own(Constraint::max_len(1)), args).is_allowed());
}

#[test]
fn more_elements_than_are_allowed_that_cannot_be_judged() {
    let own = read().with_optional_arg("l", [Constraint::max_len(2)]).unwrap();
    let open = own.with_other_args(OtherArgs::Allow);
    for element in ["1.5", "{}", "[]", r#"{"a": 1}"#, "1", "[[]]"] {
        let list = |n: usize| format!(r#"{{"l": [{}]}}"#, vec![element; n].join(","));
        assert!(decided_on_args(open.clone(), &list(2)).is_allowed(), "{element}");
        refused(decided_on_args(open.clone(), &list(3)), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

/// `below` covers names inside the argument, not names that begin alike.
#[test]
fn a_name_beside_the_one_that_everything_is_allowed_below() {
    let own = read().with_below("properties").unwrap();
    for args in [
        r#"{}"#,
        r#"{"properties": 5}"#,
        r#"{"properties": {"a": {"b": [1.5]}}}"#,
        r#"{"properties": [{"a": 1}]}"#,
    ] {
        assert!(decided_on_args(own.clone(), args).is_allowed(), "{args}");
    }
    for args in [
        r#"{"properties2": 5}"#,
        r#"{"properties2": {"a": 5}}"#,
        r#"{"propertie": 5}"#,
        r#"{"properties/a": 5}"#,
        r#"{"x": {"properties": 5}}"#,
        r#"{"": {"properties": 5}}"#,
        r#"{"properties": {"a": 1}, "b": 1}"#,
        r#"{"Properties": {"a": 1}}"#,
    ] {
        refused(decided_on_args(own.clone(), args), [(Some(0), DenyCode::UnknownArgument)]);
    }
    let escaped = read().with_below("a/b").unwrap();
    assert!(decided_on_args(escaped.clone(), r#"{"a/b": {"c": 1}}"#).is_allowed());
    refused(
        decided_on_args(escaped, r#"{"a": {"b": {"c": 1}}}"#),
        [(Some(0), DenyCode::UnknownArgument)],
    );
}

/// One name is required and limited; everything else below is allowed, but the argument cannot have
/// another shape.
#[test]
fn another_shape_beside_everything_below() {
    let own = read()
        .with_below("filter")
        .and_then(|own| own.with_arg("/filter/owner", [Constraint::equals("me")]))
        .unwrap();
    assert!(
        decided_on_args(own.clone(), r#"{"filter": {"owner": "me", "x": {"y": 1}}}"#).is_allowed()
    );
    for args in [
        "{}",
        r#"{"filter": "me"}"#,
        r#"{"filter": {"x": 1}}"#,
        r#"{"filter": [{"owner": "me"}]}"#,
        r#"{"filter": {"owner": {"a": "me"}}}"#,
    ] {
        refused(decided_on_args(own.clone(), args), [(Some(0), DenyCode::ArgumentMissing)]);
    }
    for value in [r#""you""#, r#"["me"]"#, "{}", "1.5"] {
        let args = format!(r#"{{"filter": {{"owner": {value}}}}}"#);
        refused(decided_on_args(own.clone(), &args), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

/// More elements than the work budget covers, whatever name reaches them.
#[test]
fn a_list_too_long_to_look_at() {
    let limit = || Constraint::each(Constraint::min(0)).unwrap();
    let most = MAX_DECISION_WORK / 8;
    for (name, element) in [("l", "1"), ("/l/*/n", r#"{"n": 1}"#)] {
        let own = || read().with_arg(name, [limit()]).unwrap();
        let list = |n: usize| format!(r#"{{"l": [{}]}}"#, vec![element; n].join(","));
        assert!(decided_on_args(own(), &list(most)).is_allowed(), "{name}");
        refused(decided_on_args(own(), &list(most + 1)), [(Some(0), DenyCode::WorkLimitExceeded)]);
    }
}

/// For every argument of the call, each capability is searched for a `below` name.
#[test]
fn many_arguments_below_many_names() {
    let below = |own: Capability, n| own.with_below(format!("{n:x}"));
    let own = (1..16).try_fold(read().with_arg("missing", []).unwrap(), below).unwrap();
    let members = (0..256).map(|n| format!(r#""{n}":1"#)).collect::<Vec<_>>().join(",");
    let call = crm_request("crm.read", "accounts/emea/42", &format!(r#"{{"f": {{{members}}}}}"#));
    let decide = |count: usize| {
        let to = agent("planner", &planner());
        let end = now() + Duration::hours(1);
        let grant = Grant::new(to, vec![own.clone(); count], end, "a test").unwrap();
        let raw = present_for(mint(grant), &planner(), &call);
        verifier().decide(shown(&raw), call.clone(), now())
    };
    // 15 × 256 comparisons for each.
    refused(decide(2), [(Some(0), DenyCode::ArgumentMissing)]);
    refused(decide(3), [(Some(0), DenyCode::WorkLimitExceeded)]);
}

/// Ten thousand elements, each with a different member: the number of names is bounded, and a
/// member of one element alone makes no list.
#[test]
fn ten_thousand_elements_with_different_members() {
    let call =
        |args: String| Request::new("crm.read", "a", "crm.acme.com").unwrap().with_args(&args);
    let list = |names: usize| {
        let elements = (0..10_000).map(|n| format!(r#"{{"m{}":{n}}}"#, n % names));
        format!(r#"{{"l":[{}]}}"#, elements.collect::<Vec<_>>().join(","))
    };
    let refusal = call(list(10_000)).unwrap_err();
    assert_eq!(refusal, RequestError::Argument(ArgumentError::TooMany));
    assert_eq!(call(list(257)), Err(RequestError::Argument(ArgumentError::TooMany)));
    let all = call(list(256)).unwrap();
    assert!(all.arg("/l/*/m0").is_err());
    let one = call(list(1)).unwrap();
    assert!(one.arg("/l/*/m0").is_ok_and(|found| found.is_some()));
}
