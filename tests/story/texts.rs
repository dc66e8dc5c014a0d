//! Values as text and as JSON, both ways, and the small conversions between them.

use std::fmt::Debug;

use deputize::time::{Duration, OffsetDateTime, UtcOffset};
use deputize::{
    Capability, Constraint, Denial, DenyCode, Grant, Owner, Presence, Presentation, PrincipalKind,
    Report, Request, Signer, Token, TrustAnchor, Value, ValueError, Verdict, from_unix,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::common::{agent, alice, first, held, now, planner, presented, request, shown, token};

fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> serde_json::Value {
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), value);
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    json
}

#[test]
fn values_are_read_from_the_json_that_they_are_written_as() {
    let owner = Owner::new("acme", PrincipalKind::Organization).unwrap();
    assert_eq!(both_ways(&owner), json!({"name": "acme", "kind": "organization"}));
    both_ways(&agent("planner", &planner()));
    both_ways::<Grant>(&first());
    both_ways::<Capability>(&first().capabilities()[0]);
    both_ways(&token());
    both_ways(&shown(&presented()));
    both_ways(&DenyCode::Expired);
    let call = request().with_context("round", 2).unwrap();
    let written = both_ways(&call);
    assert_eq!(
        written,
        json!({
            "operation": "crm.read", "resource": "accounts/emea/42", "audience": "crm.acme.com",
            "args": {"limit": 5}, "context": {"round": 2},
        })
    );
    assert_eq!(Request::from_json(&written.to_string()).unwrap().digest(), call.digest());
}

/// An anchor in a file of settings trusts what the anchor in code trusts.
#[test]
fn an_anchor_is_read_from_settings() {
    let key = alice().public_key();
    let plain = TrustAnchor::new(key, "alice@acme.com");
    assert_eq!(both_ways(&plain), json!({"key": key.to_string(), "owner": "alice@acme.com"}));
    both_ways(&TrustAnchor::for_any_owner(key));
    let half = Duration::milliseconds(500);
    let full = plain
        .with_valid_from(now() + half)
        .with_valid_until(now() + Duration::days(9) + half)
        .with_pinned(agent("planner", &planner()))
        .with_accountable_owner();
    let written = both_ways(&full);
    assert_eq!(written["valid_from"], "2026-11-23T18:00:01Z");
    assert_eq!(written["valid_until"], "2026-12-02T18:00:00Z");
    let read = |more: serde_json::Value| {
        let mut json = json!({"key": key.to_string(), "owner": "a"});
        let members = json.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        members.retain(|_, value| *value != json!("absent"));
        serde_json::from_value::<TrustAnchor>(json)
    };
    assert!(read(json!({})).is_ok() && read(json!({"any_owner": false})).is_ok());
    for more in [
        json!({"owner": "absent"}),
        json!({"owner": null}),
        json!({"owner": null, "any_owner": true}),
        json!({"any_owner": true}),
        json!({"owner": "absent", "any_owner": false}),
        json!({"owner": "absent", "any_owner": null}),
        json!({"valid_until": null}),
        json!({"valid_until": 1_795_456_800}),
        json!({"pinned": null}),
        json!({"accountable_owner": null}),
        json!({"valid_untl": "2026-12-02T18:00:00Z"}),
        json!({"key": "absent"}),
    ] {
        assert!(read(more.clone()).is_err(), "{more}");
    }
}

/// Text that a reader refuses is refused in JSON too, so that no invalid value is made by a detour.
#[test]
fn json_is_read_as_strictly_as_text() {
    let owner = |json: &str| serde_json::from_str::<Owner>(json).map_err(|e| e.to_string());
    assert!(owner(r#"{"name":"a","kind":"human"}"#).is_ok());
    for json in [
        r#"{"name":"","kind":"human"}"#,
        r#"{"name":"a\u200bb","kind":"human"}"#,
        r#"{"name":"a","kind":"robot"}"#,
        r#"{"name":"a"}"#,
        r#"{"name":"a","kind":"human","key":"x"}"#,
        r#"{"name":"a","name":"b","kind":"human"}"#,
        r#"["a","human"]"#,
    ] {
        assert!(owner(json).is_err(), "{json}");
    }
    let call = |args: &str| {
        let json = format!(r#"{{"operation":"a","resource":"b","audience":"c","args":{args}}}"#);
        (serde_json::from_str::<Request>(&json).ok(), Request::from_json(&json).ok())
    };
    for args in [r#"{"n":5}"#, r#"{"n":5.0}"#, r#"{"n":[1.5]}"#, "null", "{}"] {
        let (read, by_text) = call(args);
        assert!(read.is_some() && read == by_text, "{args}");
    }
    for args in [
        r#"{"n":1,"n":2}"#,
        r#"{"n":{"a":1,"a":2}}"#,
        r#"{"/n":1}"#,
        r#"{"n":9007199254740992}"#,
        "[]",
        "5",
    ] {
        assert_eq!(call(args), (None, None), "{args}");
    }
    let more = r#"{"operation":"a","resource":"b","audience":"c","more":1}"#;
    assert!(serde_json::from_str::<Request>(more).is_err());
}

/// A token in JSON is checked as `Token::parse` checks it, and a presentation as its own reader.
#[test]
fn tokens_and_presentations_are_parsed_from_json() {
    let (held, presented) = (held().to_text(), presented().to_text());
    assert_eq!(token().to_string(), held);
    assert_eq!(shown(&crate::common::presented()).to_string(), presented);
    assert_eq!(held.parse::<Token>().unwrap(), token());
    assert_eq!(presented.parse::<Presentation>().unwrap().to_text(), presented);
    // `Debug` is short, and has no part of the text.
    for (debug, text) in [
        (format!("{:?}", token()), &held),
        (format!("{:?}", shown(&crate::common::presented())), &presented),
    ] {
        assert!(debug.len() < 50 && !debug.contains(&text[..8]), "{debug}");
    }
    let mut forged = crate::common::held();
    forged.blocks[0].signature[0] ^= 1;
    let read = serde_json::from_value::<Token>(json!(forged.to_text()));
    assert!(read.unwrap_err().to_string().contains("bad_signature"));
    assert!(serde_json::from_value::<Token>(json!(presented)).is_err(), "not a held token");
    assert!(serde_json::from_value::<Presentation>(json!(format!("{presented}="))).is_err());
    assert!(serde_json::from_value::<Presentation>(json!(5)).is_err());
}

#[test]
fn numbers_and_json_become_values_or_are_refused() {
    const MOST: u64 = (1 << 53) - 1;
    assert_eq!(Value::try_from(MOST), Ok(Value::Integer(9_007_199_254_740_991)));
    assert_eq!(Value::try_from(MOST + 1), Err(ValueError::TooLarge));
    assert_eq!(Value::try_from(u64::MAX), Err(ValueError::TooLarge));
    assert_eq!(Value::try_from("abc".len()), Ok(Value::from(3)));
    assert_eq!(Value::try_from(json!([1, "a", null])).unwrap().to_string(), r#"[1, "a", null]"#);
    for (json, expected) in [
        (json!(1.5), ValueError::NotJudged),
        (json!({}), ValueError::NotJudged),
        (json!([[1]]), ValueError::NotJudged),
        (json!(1_u64 << 53), ValueError::TooLarge),
        (json!(-(1_i64 << 53)), ValueError::TooLarge),
    ] {
        assert_eq!(Value::try_from(json.clone()), Err(expected), "{json}");
    }
}

#[test]
fn a_capability_shows_its_arguments_and_compares() {
    let own: Capability = "crm.read accounts/** limit=0..100 mode?=ro filter/**".parse().unwrap();
    let args: Vec<_> =
        own.args().iter().map(|(name, own)| (name.as_str(), own.presence())).collect();
    let expected =
        [("filter", Presence::Below), ("limit", Presence::Required), ("mode", Presence::Optional)];
    assert_eq!(args, expected);
    assert_eq!(own.args()["limit"].constraints(), [Constraint::min(0), Constraint::max(100)]);
    for (narrower, is_within) in [
        ("crm.read accounts/42 limit=5", true),
        ("crm.read accounts/** limit=0..101", false),
        ("crm.* accounts/** limit=5", false),
        ("crm.read ** limit=5", false),
        ("crm.read accounts/42", false),
        ("crm.read accounts/42 limit=5 other=1", false),
    ] {
        let narrower: Capability = narrower.parse().unwrap();
        assert_eq!(narrower.within(&own), is_within, "{narrower}");
    }
}

/// A service's own refusal has the form of the others, and charges nobody.
#[test]
fn a_service_denies_by_itself() {
    let denial = Denial::by_policy("no tool `x\u{202e}`", now());
    assert_eq!(
        denial.to_string(),
        r#"refused: the service refuses: "no tool `x\u{202e}`" [policy_refused]"#
    );
    assert!(denial.request().is_none() && !denial.is_for_the_holder());
    let report = Report::of_denial(&denial);
    assert_eq!((report.verdict, report.hops.len(), report.trusted), (Verdict::Deny, 0, false));
    assert!(report.to_string().contains("the service refuses"), "{report}");
}

#[test]
fn times_are_read_from_seconds() {
    let at = from_unix(1_795_456_800.0).unwrap();
    assert_eq!((at, at.offset()), (now(), UtcOffset::UTC));
    assert_eq!(from_unix(0.0), Some(OffsetDateTime::UNIX_EPOCH));
    assert!(from_unix(253_402_300_799.0).is_some(), "the last second of the year 9999");
    for none in [-0.5, 253_402_300_800.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert_eq!(from_unix(none), None, "{none}");
    }
    // The library rounds each bound against the holder.
    let half = from_unix(1_795_456_800.5).unwrap();
    let grant = Grant::new(
        agent("planner", &planner()),
        ["crm.read a".parse::<Capability>().unwrap()],
        half + Duration::hours(1),
        "x",
    )
    .and_then(|own| own.with_not_before(half))
    .unwrap();
    assert_eq!(grant.not_before(), Some(now() + Duration::SECOND));
    assert_eq!(grant.expires(), now() + Duration::hours(1));
}
