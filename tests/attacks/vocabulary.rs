//! The attacker has a key in the chain and writes our own vocabulary with content that the library
//! refuses: values out of range, invisible names, wrong sizes.

use biscuit_auth::format::schema;
use deputize::limits::MAX_INTEGER;
use deputize::testing::with_purpose;
use deputize::{Decision, DenyCode, Grant, GrantError};
use time::Duration;

use crate::common::forging::with_second;
use crate::common::{
    agent, decided, first, mint, now, planner, present, reading, refused, researcher, second,
};
use crate::editing::{int, refused_edit, renamed, term};

fn bytes(length: usize) -> schema::Term {
    term(schema::term::Content::Bytes(vec![7; length]))
}

/// Decides about the standard chain with another purpose in its second hop.
fn for_the_purpose(purpose: &str) -> Decision {
    with_second(with_purpose(second(), purpose))
}

#[test]
fn the_version_of_another_vocabulary() {
    for version in [0, 2, -1, i64::MAX, i64::MIN] {
        refused_edit(0, |block| block.facts[0].predicate.terms[0] = int(version));
    }
}

#[test]
fn a_token_id_of_another_length() {
    for length in [0, 15, 17, 32] {
        refused_edit(0, |block| block.facts[1].predicate.terms[0] = bytes(length));
    }
}

#[test]
fn a_nonce_of_another_length() {
    for length in [0, 15, 17, 32] {
        refused_edit(2, |block| block.facts[0].predicate.terms[0] = bytes(length));
    }
}

#[test]
fn a_digest_of_another_length() {
    for length in [0, 16, 31, 33, 64] {
        refused_edit(2, |block| block.checks[0].queries[0].body[0].terms[0] = bytes(length));
    }
}

#[test]
fn an_expiry_that_includes_its_instant() {
    refused_edit(0, |block| {
        let ops = &mut block.checks[0].queries[0].expressions[0].ops;
        ops[2].content =
            Some(schema::op::Content::Binary(schema::OpBinary { kind: 2, ffi_name: None }));
    });
}

#[test]
fn an_expiry_after_the_year_9999() {
    for date in [253_402_300_800, u64::from(u32::MAX) << 16, i64::MAX.unsigned_abs(), u64::MAX] {
        refused_edit(0, |block| {
            let ops = &mut block.checks[0].queries[0].expressions[0].ops;
            ops[1].content =
                Some(schema::op::Content::Value(term(schema::term::Content::Date(date))));
        });
    }
}

#[test]
fn a_negative_number_of_hops() {
    for hops in [-1, i64::MIN] {
        refused_edit(0, |block| block.facts[3].predicate.terms[4] = int(hops));
    }
}

#[test]
fn more_hops_than_any_verifier_follows() {
    for hops in [32, 33, 255, u32::MAX] {
        let raw = present(mint(first().with_max_hops(hops)), &planner());
        refused(decided(&raw), [(Some(0), DenyCode::NotCanonical)]);
    }
    refused_edit(0, |block| block.facts[3].predicate.terms[4] = int(i64::MAX));
}

#[test]
fn an_unknown_kind_of_principal() {
    for kind in ["robot", "Agent", "HUMAN", "agent ", ""] {
        refused(renamed("agent", kind), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_delegate_whose_name_cannot_be_seen() {
    for name in ["\u{200b}", " ", "", "\u{3164}\u{2800}", "\u{e0041}"] {
        refused(renamed("planner", name), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_delegate_whose_name_is_too_long() {
    refused(renamed("planner", &"x".repeat(257)), [(Some(0), DenyCode::NotCanonical)]);
    assert!(renamed("planner", &"x".repeat(256)).is_allowed());
}

#[test]
fn a_resource_that_could_be_read_in_two_ways() {
    for stem in ["accounts/../", "accounts//", "/accounts/", "accounts/%2e%2e/", "accounts\\"] {
        refused(renamed("accounts/", stem), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_operation_that_could_be_read_in_two_ways() {
    for operation in ["crm..read", ".read", "crm.read.", "crm read", "cr\u{43c}.read", "crm.*"] {
        refused(renamed("crm.read", operation), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_audience_that_cannot_be_seen() {
    for audience in ["crm.acme.com\u{202e}", "", " ", "crm\n.acme.com", "crm.acme.com\0"] {
        refused(renamed("crm.acme.com", audience), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_argument_without_a_name() {
    refused(renamed("limit", ""), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn no_purpose() {
    for purpose in ["", " ", " \t", "\n", "\u{2800}\u{200b}", "\u{3164}", "\u{ad}"] {
        refused(for_the_purpose(purpose), [(Some(1), DenyCode::NotCanonical)]);
        let to = agent("researcher", &researcher());
        let made = Grant::new(to, [reading("**", 1)], now() + Duration::minutes(1), purpose);
        assert_eq!(made, Err(GrantError::NoPurpose));
    }
}

#[test]
fn a_purpose_that_is_too_long() {
    refused(for_the_purpose(&"x".repeat(513)), [(Some(1), DenyCode::NotCanonical)]);
    assert!(for_the_purpose(&"x".repeat(512)).is_allowed());
}

/// 64-bit integers that no JSON carries exactly, as a limit.
#[test]
fn a_limit_beyond_the_integers_of_json() {
    for most in [MAX_INTEGER + 1, i64::MAX, i64::MIN, -MAX_INTEGER - 1] {
        refused_edit(1, |block| {
            let ops = &mut block.checks[2].queries[0].expressions.last_mut().unwrap().ops;
            let bound = ops.iter_mut().find(|op| {
                matches!(&op.content, Some(schema::op::Content::Value(value))
                    if value.content == Some(schema::term::Content::Integer(10)))
            });
            bound.unwrap().content = Some(schema::op::Content::Value(int(most)));
        });
    }
}

#[test]
fn a_limit_of_another_type() {
    let zero = schema::term::Content::Integer(10);
    for other in [
        schema::term::Content::Bool(true),
        schema::term::Content::Null(schema::Empty {}),
        schema::term::Content::Date(10),
        schema::term::Content::Bytes(vec![10]),
    ] {
        refused_edit(1, |block| {
            let ops = &mut block.checks[2].queries[0].expressions.last_mut().unwrap().ops;
            let bound = ops.iter_mut().find(|op| {
                matches!(&op.content, Some(schema::op::Content::Value(value))
                    if value.content.as_ref() == Some(&zero))
            });
            bound.unwrap().content = Some(schema::op::Content::Value(term(other)));
        });
    }
}
