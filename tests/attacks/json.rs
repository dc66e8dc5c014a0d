//! The attacker writes JSON that the verifier and the service read differently: the verifier as an
//! allowed call, the service as another. So ambiguous JSON must be refused.

use deputize::{ArgumentError, Capability, Request, RequestError, Value};
use serde_json::Value as Json;

fn read(args: &str) -> Result<Request, RequestError> {
    Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap().with_args(args)
}

#[track_caller]
fn no_json(args: &str) {
    let read = read(args);
    assert!(matches!(read, Err(RequestError::Json(_))), "{args}: {read:?}");
    let whole = format!(
        r#"{{"operation": "crm.read", "resource": "accounts/1", "audience": "crm.acme.com", "args": {args}}}"#
    );
    let read = Request::from_json(&whole);
    assert!(matches!(read, Err(RequestError::Json(_))), "{args}: {read:?}");
}

#[track_caller]
fn argument_error(args: &str) -> ArgumentError {
    match read(args) {
        Err(RequestError::Argument(error)) => error,
        other => panic!("{args}: {other:?}"),
    }
}

fn capability(json: &str) -> Result<Capability, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn one_key_twice() {
    no_json(r#"{"limit": 5, "limit": 5000}"#);
    no_json(r#"{"limit": 5, "limit": 5}"#);
}

#[test]
fn one_key_twice_and_spelled_in_two_ways() {
    no_json(r#"{"limit": 5, "\u006cimit": 5000}"#);
    no_json(r#"{"a/b": 5, "a\/b": 5000}"#);
}

#[test]
fn one_key_twice_deep_inside() {
    no_json(r#"{"a": {"b": {"c": 1, "c": 2}}}"#);
    no_json(r#"{"a": [{"c": 1, "c": 2}]}"#);
    no_json(r#"{"a": {"": 1, "": 2}}"#);
}

#[test]
fn one_field_of_a_request_twice() {
    let json = r#"{"operation": "a", "operation": "b", "resource": "c", "audience": "d"}"#;
    assert!(matches!(Request::from_json(json), Err(RequestError::Json(_))));
}

#[test]
fn a_field_that_a_request_does_not_have() {
    for more in [r#""Operation": "b""#, r#""arguments": {}"#, r#""__proto__": {}"#] {
        let json = format!(r#"{{"operation": "a", "resource": "c", "audience": "d", {more}}}"#);
        assert!(matches!(Request::from_json(&json), Err(RequestError::Json(_))), "{more}");
    }
}

#[test]
fn a_request_as_a_list() {
    let read = Request::from_json(r#"["crm.read", "accounts/1", "crm.acme.com", {}]"#);
    assert!(matches!(read, Err(RequestError::Json(_))));
}

#[test]
fn arguments_that_are_not_an_object() {
    for args in ["[]", "null", "5", r#""limit""#, "true", r#"[{"limit": 5}]"#] {
        assert_eq!(read(args), Err(RequestError::NotAnObject { field: "args" }), "{args}");
    }
}

#[test]
fn half_of_a_surrogate_pair() {
    no_json(r#"{"a": "\ud800"}"#);
    no_json(r#"{"a": "\udc00\ud800"}"#);
    no_json(r#"{"\ud83d": 1}"#);
}

#[test]
fn numbers_that_json_does_not_have() {
    for number in ["NaN", "Infinity", "-Infinity", "0x10", "010", "+5", ".5", "5.", "1_000", "1e"] {
        no_json(&format!(r#"{{"limit": {number}}}"#));
    }
}

#[test]
fn a_number_beyond_every_double() {
    no_json(r#"{"limit": 1e400}"#);
    no_json(&format!(r#"{{"limit": {}}}"#, "9".repeat(400)));
}

#[test]
fn an_integer_that_other_readers_round() {
    for number in [
        "9007199254740992",
        "9007199254740993",
        "-9007199254740992",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "1000000000000000000000000000000",
    ] {
        for args in [format!(r#"{{"a": {number}}}"#), format!(r#"{{"a": [{{"b": {number}}}]}}"#)] {
            let error = argument_error(&args);
            assert!(matches!(error, ArgumentError::IntegerTooLarge { .. }), "{args}: {error}");
        }
    }
    assert!(read(r#"{"a": 9007199254740991, "b": -9007199254740991}"#).is_ok());
}

/// Floats with the same double share a digest, and no two other values do.
#[test]
fn a_float_that_shares_its_digest_with_another() {
    let digest = |args| read(args).unwrap().digest();
    assert_eq!(digest(r#"{"a": 0.1}"#), digest(r#"{"a": 0.10}"#));
    assert_ne!(digest(r#"{"a": 0.1}"#), digest(r#"{"a": 0.10000000000000002}"#));
    assert_ne!(digest(r#"{"a": 1}"#), digest(r#"{"a": "1"}"#));
    assert_ne!(digest(r#"{"a": null}"#), digest("{}"));
}

/// `{"/filter/owner": "me"}` must not be taken for `{"filter": {"owner": "me"}}`.
#[test]
fn an_argument_named_like_one_inside_another() {
    for name in ["/filter/owner", "/", "//", "/~0"] {
        let error = argument_error(&format!(r#"{{"{name}": "me"}}"#));
        assert!(matches!(error, ArgumentError::Pointer { .. }), "{error}");
    }
}

#[test]
fn an_argument_without_a_name() {
    let error = argument_error(r#"{"": 1}"#);
    assert_eq!(error, ArgumentError::Name { name: String::new() });
    // Inside an object the name is `/`, which is one.
    assert!(read(r#"{"a": {"": 1}}"#).is_ok());
}

#[test]
fn an_argument_whose_name_is_too_long() {
    let named = |length| format!(r#"{{"{}": 1}}"#, "x".repeat(length));
    assert!(read(&named(256)).is_ok());
    assert!(matches!(argument_error(&named(257)), ArgumentError::Name { .. }));
    // Names of members include those of the objects around them.
    let nested = format!(r#"{{"{0}": {{"{0}": 1}}}}"#, "x".repeat(200));
    assert!(matches!(argument_error(&nested), ArgumentError::Name { .. }));
    // An object whose own name is too long is named, not its members.
    let inside = |length| format!(r#"{{"{}": {{"k": 1}}}}"#, "o".repeat(length));
    let named = |error| match error {
        ArgumentError::Name { name } => name.len(),
        other => panic!("{other}"),
    };
    // `/o…o/k` has three bytes more than `o…o`.
    let lengths = [254, 256, 257].map(|length| named(argument_error(&inside(length))));
    assert_eq!(lengths, [257, 259, 257]);
}

#[test]
fn objects_that_nest_too_deep() {
    let nested = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(read(&nested(16)).is_ok());
    assert_eq!(argument_error(&nested(17)), ArgumentError::TooDeep);
    no_json(&nested(10_000));
}

#[test]
fn lists_that_nest_too_deep() {
    let nested = |depth: usize| format!(r#"{{"a": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(15)).is_ok());
    assert_eq!(argument_error(&nested(17)), ArgumentError::TooDeep);
    no_json(&nested(10_000));
    no_json(&format!(r#"{{"a": {}"#, "[".repeat(100_000)));
}

#[test]
fn more_arguments_than_a_request_has() {
    let many = |count: usize| {
        let members: Vec<_> = (0..count).map(|i| format!(r#""a{i}": 1"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(read(&many(256)).is_ok());
    assert_eq!(argument_error(&many(257)), ArgumentError::TooMany);
    assert_eq!(argument_error(&format!(r#"{{"o": {}}}"#, many(257))), ArgumentError::TooMany);
}

#[test]
fn something_after_the_end() {
    for tail in ["{}", ",", "\0", "//", "# comment", "]"] {
        assert!(matches!(read(&format!("{{}}{tail}")), Err(RequestError::Json(_))), "{tail}");
    }
    for args in
        ["\u{feff}{}", "{'a': 1}", "{a: 1}", r#"{"a": 1,}"#, "/**/{}", "", "{\"a\": \"\n\"}"]
    {
        assert!(matches!(read(args), Err(RequestError::Json(_))), "{args}");
    }
}

/// `any` must be stated, and nothing beside it.
#[test]
fn a_capability_with_an_empty_limit() {
    for (limits, is_fine) in [
        (r#"{"any": true}"#, true),
        (r#"{"max": 5}"#, true),
        ("{}", false),
        (r#"{"optional": true}"#, false),
        (r#"{"any": true, "max": 5}"#, false),
        (r#"{"any": false}"#, false),
        (r#"{"max": 5, "any": null}"#, false),
        ("null", false),
        ("5", false),
        ("[]", false),
    ] {
        let json = format!(r#"{{"operation": "a", "resource": "b", "args": {{"x": {limits}}}}}"#);
        assert_eq!(capability(&json).is_ok(), is_fine, "{json}");
    }
}

#[test]
fn a_capability_with_one_limit_twice() {
    for args in [
        r#"{"x": {"max": 5, "max": 5000}}"#,
        r#"{"x": {"max": 5}, "x": {"any": true}}"#,
        r#"{"x": {"max": 5}, "\u0078": {"any": true}}"#,
    ] {
        let json = format!(r#"{{"operation": "a", "resource": "b", "args": {args}}}"#);
        let error = capability(&json).unwrap_err().to_string();
        assert!(error.contains("duplicate key"), "{error}");
    }
}

#[test]
fn a_capability_with_a_field_or_a_kind_that_does_not_exist() {
    for json in [
        r#"{"operation": "a", "resource": "b", "other_args": "Allow"}"#,
        r#"{"operation": "a", "resource": "b", "otherArgs": "deny"}"#,
        r#"{"operation": "a", "resource": "b", "args": {"x": {"Max": 5}}}"#,
        r#"{"operation": "a", "resource": "b", "args": {"x": {"regex": ".*"}}}"#,
        r#"{"operation": "a", "resource": "b", "args": []}"#,
        r#"["a", "b"]"#,
    ] {
        assert!(capability(json).is_err(), "{json}");
    }
}

#[test]
fn a_limit_that_is_not_an_integer() {
    let limited = |most: &str| {
        let text =
            format!(r#"{{"operation": "a", "resource": "b", "args": {{"x": {{"max": {most}}}}}}}"#);
        // A parsed value has lost the text of its numbers.
        let parsed = serde_json::from_str::<Json>(&text).map(serde_json::from_value::<Capability>);
        assert!(!matches!(parsed, Ok(Ok(_))), "{most}");
        capability(&text)
    };
    for most in [
        "5.0",
        "5e0",
        "4.9999999999999999999",
        "5.5",
        "1e-1",
        "\"5\"",
        "null",
        "true",
        "[5]",
        "9007199254740992",
        "9007199254740992.0",
        "6.02e23",
        "1e400",
    ] {
        assert!(limited(most).is_err(), "{most}");
    }
    let below_one = "0.99999999999999999999";
    for limits in [
        r#"{"equals": N}"#,
        r#"{"equals": [N]}"#,
        r#"{"one_of": [N]}"#,
        r#"{"none_of": [N]}"#,
        r#"{"min": N}"#,
        r#"{"max_len": N}"#,
        r#"{"subset_of": [N]}"#,
        r#"{"contains_all": [N]}"#,
        r#"{"each": {"max": N}}"#,
        r#"{"url": {"schemes": ["https"], "hosts": ["a.com"], "ports": [N]}}"#,
    ] {
        let with = |number| {
            let limits = limits.replace('N', number);
            capability(&format!(
                r#"{{"operation": "a", "resource": "b", "args": {{"x": {limits}}}}}"#
            ))
        };
        assert!(with("1").is_ok(), "{limits}");
        assert!(with(below_one).is_err(), "{limits}");
        assert!(with("1.0").is_err(), "{limits}");
        assert!(serde_json::from_str::<Value>(below_one).is_err());
    }
}
