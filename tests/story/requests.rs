//! A service carries out the call that it decided about.

use crate::common::{crm_request, held, now, present_for, request, researcher, shown, verifier};
use deputize::{Call, CallError, DenyCode, Request, RequestError, Resource, ResourceError, Value};
use serde::{Deserialize, Serialize};

#[test]
fn a_slash_inside_a_segment_is_refused() {
    let joined = |parts: &[&str]| Resource::from_segments(parts).map(|own| own.to_string());
    assert_eq!(joined(&["accounts", "emea", "42"]).as_deref(), Ok("accounts/emea/42"));
    for parts in [
        &["accounts", "emea/x", "7"][..],
        &["accounts", "emea", "x/7"],
        &["accounts", "/", "7"],
        &["accounts/emea/7"],
        &["accounts", "emea%2Fx", "7"],
        &["accounts", "emea\u{2215}x", "7"],
        &["accounts", "", "7"],
        &["accounts", "..", "7"],
        &["accounts", ".", "7"],
        &["accounts", "*", "7"],
        &["", "7"],
        &["a\\b"],
        &[],
    ] {
        assert!(matches!(joined(parts), Err(ResourceError { .. })), "{parts:?}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    limit: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[test]
fn arguments_go_in_and_come_out_as_one_type() {
    let call = || Request::new("crm.read", "accounts/emea/42", "crm.acme.com").unwrap();
    let read = Read { limit: 5, note: None };
    let typed = call().with_args_of(&read).unwrap();
    assert_eq!(typed, call().with_args(r#"{"limit": 5}"#).unwrap());
    assert_eq!(typed.args_as::<Read>(), Ok(read));
    let more = call().with_args(r#"{"limit": 5, "force": true}"#).unwrap();
    assert!(matches!(more.args_as::<Read>(), Err(RequestError::Json(_))));
    assert!(call().with_args_of(&[5]).is_err());
    assert!(call().with_args_of(&Read { limit: 1 << 53, note: None }).is_err());
}

/// A default must not take the place of a value that is there.
#[test]
fn an_absent_argument_is_told_from_one_that_no_limit_can_judge() {
    let args = r#"{"a": 1.5, "b": {}, "c": [{}], "d": [1.5], "e": null, "f": {"g": 1}}"#;
    let call = crm_request("crm.read", "accounts/1", args);
    for name in ["a", "b", "c", "d", "f"] {
        assert!(call.arg(name).is_err(), "{name}");
    }
    assert_eq!(call.arg("e"), Ok(Some(&Value::Null)));
    assert_eq!(call.arg("/f/g"), Ok(Some(&Value::Integer(1))));
    assert_eq!(call.arg("g"), Ok(None));
}

#[test]
fn nulls_can_be_left_out() {
    let with = |args| crm_request("crm.read", "accounts/1", args);
    let nulls = with(r#"{"limit": 5, "note": null, "f": {"a": null, "b": [null]}}"#);
    let without = with(r#"{"limit": 5, "f": {"b": [null]}}"#);
    assert_eq!(nulls.without_nulls(), Ok(without.clone()));
    assert_eq!(without.clone().without_nulls(), Ok(without));
}

#[test]
fn two_requests_differ_in_members_exactly_if_their_digests_do() {
    let base = crm_request("crm.read", "accounts/1", r#"{"limit": 3, "f": {"a/b": 1, "c": []}}"#);
    for (other, members) in [
        (base.clone(), &[][..]),
        (crm_request("crm.read", "accounts/1", r#"{"f":{"c":[],"a/b":1.0},"limit":3e0}"#), &[]),
        (
            crm_request("crm.read", "accounts/1", r#"{"limit": "3", "f": {"a/b": 1, "c": []}}"#),
            &["/args/limit"],
        ),
        (
            crm_request("crm.read", "accounts/2", r#"{"f": {"a/b": 2}, "new": 1, "limit": 3}"#),
            &["/args/f/a~1b", "/args/f/c", "/args/new", "/resource"],
        ),
        (
            Request::new("crm.list", "accounts/1", "mail.acme.com").unwrap(),
            &["/args/f", "/args/limit", "/audience", "/operation"],
        ),
        (base.clone().with_context("round", 2).unwrap(), &["/context/round"]),
    ] {
        let mut found = base.differences(&other);
        found.sort_unstable();
        assert_eq!(found, members, "{other:?}");
        assert_eq!(found.is_empty(), base.digest() == other.digest());
        assert_eq!(found.is_empty(), base.canonical_json() == other.canonical_json());
        let mut back = other.differences(&base);
        back.sort_unstable();
        assert_eq!(back, members);
    }
    use sha2::{Digest, Sha256};
    let digest: [u8; 32] = Sha256::digest(base.canonical_json().as_bytes()).into();
    assert_eq!(digest, base.digest());
}

/// A call as a service's router gives it.
#[derive(Debug, PartialEq)]
struct ReadAccount {
    region: String,
    id: u32,
    limit: i64,
}

impl Call for ReadAccount {
    fn request(&self) -> Result<Request, RequestError> {
        let id = self.id.to_string();
        let resource = Resource::from_segments(["accounts", &self.region, &id])?;
        let args = Read { limit: self.limit, note: None };
        Request::of("crm.read".parse()?, resource, "crm.acme.com")?.with_args_of(&args)
    }
}

#[test]
fn a_call_of_the_services_own_type_is_permitted_as_it_is() {
    let presentation = || shown(&present_for(held(), &researcher(), &request()));
    let call = |region: &str| ReadAccount { region: region.to_owned(), id: 42, limit: 5 };
    let permitted = verifier().decide_call(presentation(), call("emea"), now()).unwrap();
    assert_eq!(permitted.call(), &call("emea"));
    assert_eq!(permitted.permit().request(), &request());
    let (own, permit) = permitted.into_parts();
    assert_eq!(own.request().unwrap(), *permit.request());
    let refused = verifier().decide_call(presentation(), call("apac"), now()).unwrap_err();
    let CallError::Denied(denial) = refused else { panic!("{refused}") };
    assert!(denial.has(DenyCode::WrongRequest));
    let malformed = verifier().decide_call(presentation(), call("emea/x"), now());
    assert!(matches!(malformed, Err(CallError::Request(RequestError::Resource(_)))));
}
