//! The attacker holds a good token with limits on the arguments of a call, and wants a call with
//! other arguments to pass: one more, one less, another type, another place, another number.

use deputize::limits::MAX_INTEGER;
use deputize::{Capability, Constraint, DenyCode, OtherArgs, Value};

use crate::common::forging::{decided_on_args, decided_on_request};
use crate::common::{crm_request, now, presented, refused, request, shown, verifier};

/// A limit of at most 10 that may be absent, beside any other arguments.
fn lenient() -> Capability {
    Capability::new("crm.read", "**")
        .and_then(|own| own.with_optional_arg("limit", [Constraint::max(10)]))
        .unwrap()
        .with_other_args(OtherArgs::Allow)
}

fn limited(limit: Constraint) -> Capability {
    Capability::new("crm.read", "**").and_then(|own| own.with_arg("limit", [limit])).unwrap()
}

/// A limit on a member of an object.
fn filtered() -> Capability {
    Capability::new("crm.read", "**")
        .and_then(|own| own.with_arg("/filter/owner", [Constraint::equals("me")]))
        .unwrap()
}

/// Checks that each of these values of `limit` is refused.
#[track_caller]
fn refused_values(own: &Capability, values: &[&str]) {
    for value in values {
        let decision = decided_on_args(own.clone(), &format!(r#"{{"limit": {value}}}"#));
        refused(decision, [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

#[test]
fn an_additional_argument() {
    refused(
        decided_on_request("crm.read", "accounts/emea/42", r#"{"limit": 5, "raw": true}"#),
        [(Some(0), DenyCode::UnknownArgument), (Some(1), DenyCode::UnknownArgument)],
    );
}

#[test]
fn a_missing_argument() {
    refused(
        decided_on_request("crm.read", "accounts/emea/42", "{}"),
        [(Some(0), DenyCode::ArgumentMissing), (Some(1), DenyCode::ArgumentMissing)],
    );
}

#[test]
fn an_argument_beyond_the_limit_of_one_hop() {
    refused(
        decided_on_request("crm.read", "accounts/emea/42", r#"{"limit": 11}"#),
        [(Some(1), DenyCode::ArgumentRefused)],
    );
}

/// A service that ignores case would use the last of them.
#[test]
fn an_argument_whose_name_differs_in_case_or_by_a_blank() {
    for name in ["Limit", "LIMIT", " limit", "limit ", "limit\\u0000", "l\\u0456mit"] {
        let args = format!(r#"{{"limit": 5, "{name}": 5000}}"#);
        let own = limited(Constraint::max(10));
        refused(decided_on_args(own, &args), [(Some(0), DenyCode::UnknownArgument)]);
    }
}

/// Names with a special meaning in JavaScript or Python.
#[test]
fn an_argument_with_the_name_of_a_prototype() {
    for name in ["__proto__", "constructor", "prototype", "__class__", "toString", "$where"] {
        for value in ["5000", r#"{"limit": 5000}"#] {
            let args = format!(r#"{{"limit": 5, "{name}": {value}}}"#);
            let own = limited(Constraint::max(10));
            refused(decided_on_args(own, &args), [(Some(0), DenyCode::UnknownArgument)]);
        }
    }
}

#[test]
fn a_number_as_a_string() {
    refused_values(&limited(Constraint::max(10)), &[r#""5""#, r#""""#, r#""-1""#, r#"" 5""#]);
}

#[test]
fn a_number_in_a_list_or_an_object() {
    refused_values(&lenient(), &["[5]", "[]", "[[5]]", "{}", r#"{"$gt": 0}"#, r#"[{"a": 5}]"#]);
}

#[test]
fn a_boolean_for_a_number() {
    refused_values(&limited(Constraint::max(10)), &["true", "false"]);
    refused_values(&limited(Constraint::equals(1)), &["true"]);
    refused_values(&limited(Constraint::equals(true)), &["1", r#""true""#]);
}

#[test]
fn a_float() {
    refused_values(&limited(Constraint::max(10)), &["5.5", "0.1", "10.0000001", "1e-9", "-0.5"]);
}

/// A text that denotes an integer is that integer, however it is spelled, and no other.
#[test]
fn an_integer_spelled_as_a_float() {
    for five in ["5.0", "5e0", "50e-1", "0.5E+1"] {
        assert!(
            decided_on_args(limited(Constraint::max(5)), &format!(r#"{{"limit": {five}}}"#))
                .is_allowed()
        );
        refused_values(&limited(Constraint::max(4)), &[five]);
        refused_values(&limited(Constraint::none_of([5])), &[five]);
    }
    refused_values(&limited(Constraint::min(1)), &["-0.0", "-0", "0e0", "0e5"]);
    refused_values(&limited(Constraint::max(10)), &["1.1e1", "11.0", "1e3"]);
}

/// To most readers these are integers, because they round. The text is not an integer.
#[test]
fn a_float_that_rounds_to_a_permitted_integer() {
    let floats = ["5.0000000000000000001", "4.9999999999999999999", "1e-400", "-1e-400"];
    refused_values(&limited(Constraint::max(10)), &floats);
}

/// Large doubles are floats, which no limit permits.
#[test]
fn a_double_beyond_the_integers_of_json() {
    let doubles = ["6.02e23", "1e16", "9007199254740992.0", "-1e300", "9.007199254740993e15"];
    refused_values(&limited(Constraint::min(0)), &doubles);
    refused_values(&limited(Constraint::max(0)), &doubles);
    refused_values(&limited(Constraint::none_of([5])), &doubles);
}

/// In RFC 8785 `5.0` is `5`, so both have one digest, and they are the same number.
#[test]
fn a_presentation_for_an_integer_used_with_the_same_number_in_another_spelling() {
    for text in ["5.0", "5e0", "0.5e1"] {
        let spelled =
            crm_request("crm.read", "accounts/emea/42", &format!(r#"{{"limit": {text}}}"#));
        assert_eq!(spelled, request());
        assert!(verifier().decide(shown(&presented()), spelled, now()).is_allowed());
    }
}

/// Its double is that of the integer, and so is its digest, but the capability refuses it.
#[test]
fn a_presentation_for_an_integer_used_with_a_float_that_rounds_to_it() {
    let float = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 5.0000000000000000001}"#);
    assert_eq!(float.digest(), request().digest());
    refused(
        verifier().decide(shown(&presented()), float, now()),
        [(Some(0), DenyCode::ArgumentRefused), (Some(1), DenyCode::ArgumentRefused)],
    );
}

#[test]
fn a_float_where_an_integer_was_presented() {
    let float = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 5.5}"#);
    refused(
        verifier().decide(shown(&presented()), float, now()),
        [
            (Some(2), DenyCode::WrongRequest),
            (Some(0), DenyCode::ArgumentRefused),
            (Some(1), DenyCode::ArgumentRefused),
        ],
    );
}

#[test]
fn the_largest_integer_and_one_that_wraps() {
    let most = MAX_INTEGER.to_string();
    refused_values(
        &limited(Constraint::max(10)),
        &[&most, "4294967296", "4294967301", "2147483648"],
    );
    refused_values(&limited(Constraint::min(0)), &[&format!("-{most}"), "-4294967296", "-1"]);
}

#[test]
fn null_for_an_optional_argument() {
    refused_values(&lenient(), &["null"]);
    refused_values(&limited(Constraint::none_of([5])), &["null"]);
    refused_values(&limited(Constraint::max_len(5)), &["null"]);
}

#[test]
fn an_absent_argument_where_null_is_required() {
    for limit in
        [Constraint::equals(Value::Null), Constraint::one_of([Value::Null, Value::from(1)])]
    {
        assert!(decided_on_args(limited(limit.clone()), r#"{"limit": null}"#).is_allowed());
        refused(decided_on_args(limited(limit), "{}"), [(Some(0), DenyCode::ArgumentMissing)]);
    }
}

/// An object in place of a limited argument must not count as its absence.
#[test]
fn an_object_for_an_optional_argument() {
    let own = Capability::new("crm.read", "**")
        .and_then(|own| own.with_optional_arg("owner", [Constraint::equals("me")]))
        .unwrap()
        .with_other_args(OtherArgs::Allow);
    assert!(decided_on_args(own.clone(), "{}").is_allowed());
    for args in [
        r#"{"owner": {"$ne": ""}}"#,
        r#"{"owner": {}}"#,
        r#"{"owner": ["me"]}"#,
        r#"{"owner": {"": "me"}}"#,
        r#"{"owner": {"owner": "me"}}"#,
    ] {
        refused(decided_on_args(own.clone(), args), [(Some(0), DenyCode::ArgumentRefused)]);
    }
}

#[test]
fn an_object_for_an_optional_path() {
    let own = Capability::new("crm.read", "**")
        .and_then(|own| own.with_optional_arg("path", [Constraint::subpath("/srv").unwrap()]))
        .unwrap()
        .with_other_args(OtherArgs::Allow);
    let decision = decided_on_args(own, r#"{"path": {"raw": "/etc/passwd"}}"#);
    refused(decision, [(Some(0), DenyCode::ArgumentRefused)]);
}

#[test]
fn an_object_for_a_required_argument() {
    let decision = decided_on_args(limited(Constraint::max(10)), r#"{"limit": {"a": 5}}"#);
    refused(decision, [(Some(0), DenyCode::UnknownArgument)]);
    let open = limited(Constraint::max(10)).with_other_args(OtherArgs::Allow);
    let decision = decided_on_args(open, r#"{"limit": {"a": 5}}"#);
    refused(decision, [(Some(0), DenyCode::ArgumentMissing)]);
}

#[test]
fn a_list_around_a_limited_value_inside_an_object() {
    assert!(decided_on_args(filtered(), r#"{"filter": {"owner": "me"}}"#).is_allowed());
    let decision = decided_on_args(filtered(), r#"{"filter": [{"owner": "me"}]}"#);
    refused(decision, [(Some(0), DenyCode::UnknownArgument)]);
}

/// The key `a/b` and the member `b` of `a` have different names.
#[test]
fn a_slash_or_a_tilde_in_a_key_for_a_step_into_an_object() {
    let named = |name: &str| {
        let own = Capability::new("crm.read", "**");
        own.and_then(|own| own.with_arg(name, [Constraint::equals("me")])).unwrap()
    };
    let pairs = [
        ("/f/a/b", r#"{"f": {"a/b": "me"}}"#),
        ("/f/a~1b", r#"{"f": {"a": {"b": "me"}}}"#),
        ("/f/a~1b", r#"{"f": {"a~1b": "me"}}"#),
        ("/f/a~0b", r#"{"f": {"a~0b": "me"}}"#),
        ("/f/a~01b", r#"{"f": {"a/b": "me"}}"#),
        ("f/owner", r#"{"f": {"owner": "me"}}"#),
        ("/f/owner", r#"{"f/owner": "me"}"#),
        ("/f/0", r#"{"f": ["me"]}"#),
        ("/f/", r#"{"f": "me"}"#),
    ];
    for (name, args) in pairs {
        refused(decided_on_args(named(name), args), [(Some(0), DenyCode::UnknownArgument)]);
    }
    assert!(decided_on_args(named("/f/a~1b"), r#"{"f": {"a/b": "me"}}"#).is_allowed());
    assert!(decided_on_args(named("/f/"), r#"{"f": {"": "me"}}"#).is_allowed());
}

#[test]
fn another_case_inside_an_object() {
    let open = filtered().with_other_args(OtherArgs::Allow);
    let decision = decided_on_args(open, r#"{"filter": {"Owner": "me"}}"#);
    refused(decision, [(Some(0), DenyCode::ArgumentMissing)]);
}

#[test]
fn a_forbidden_value_in_another_spelling() {
    let none = limited(Constraint::none_of([1, 2]));
    refused_values(&none, &["1", r#""1""#, "1.0", "0.1e1", "[1]", "true", "null", "{}"]);
    let none = limited(Constraint::none_of(["drop"]));
    refused_values(&none, &[r#""drop""#, r#""\u0064rop""#, "1", r#"["drop"]"#]);
}

#[test]
fn a_list_with_one_element_too_many() {
    let subset = limited(Constraint::subset_of(["a", "b"]));
    refused_values(
        &subset,
        &[r#"["a", "c"]"#, r#"["a", ["a"]]"#, r#"["A"]"#, r#""a""#, r#"["a", null]"#],
    );
    let all = limited(Constraint::contains_all(["a", "b"]));
    refused_values(&all, &[r#"["a", "a"]"#, "[]", r#""ab""#, r#"["a", ["b"]]"#]);
}

/// Bytes are counted, not characters.
#[test]
fn a_text_longer_than_it_looks() {
    let short = limited(Constraint::max_len(4));
    refused_values(
        &short,
        &[r#""\u00e9\u00e9\u00e9""#, r#""\ud83d\ude00!""#, r#""e\u0301e\u0301""#],
    );
}

#[test]
fn a_value_that_is_equal_after_normalisation_or_folding() {
    let only = limited(Constraint::equals("ren\u{e9}"));
    refused_values(
        &only,
        &[r#""rene\u0301""#, r#""REN\u00c9""#, r#""ren\u00e9 ""#, r#""ren\u00e9\u0000""#],
    );
    let only = limited(Constraint::equals("fi"));
    refused_values(&only, &[r#""\ufb01""#, r#""\uff46\uff49""#]);
}

/// If a text must end in a domain, nothing may follow it that some readers cut off.
#[test]
fn a_suffix_with_something_after_it() {
    let own = limited(Constraint::suffix("@acme.com"));
    refused_values(
        &own,
        &[
            r#""a@acme.com\u0000""#,
            r#""a@acme.com\n""#,
            r#""a@acme.com.""#,
            r#""a@ACME.com""#,
            r#""a@acme.com ""#,
            r#""a@acme.com\u200b""#,
            r#""a\uff20acme.com""#,
        ],
    );
}

#[test]
fn a_list_for_a_text_with_a_suffix_or_a_prefix() {
    let own = limited(Constraint::suffix("@acme.com"));
    refused_values(&own, &[r#"["a@acme.com", "mallory@evil.com"]"#, r#"["a@acme.com"]"#]);
    let own = limited(Constraint::prefix("a"));
    refused_values(&own, &[r#"["a"]"#, "{}", "1"]);
}
