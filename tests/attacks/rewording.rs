//! The attacker has a key in the chain, so its signatures are valid, and wants a second encoding
//! with the same meaning: a block with two spellings has two ids, and two readers may read it
//! differently.

use biscuit_auth::format::schema;
use deputize::{Capability, Constraint, DenyCode, Grant, OtherArgs, Signer};
use time::Duration;

use crate::common::forging::{held_with, with_content, without_blocks};
use crate::common::{
    agent, alice, decided, first, mint, now, planner, present, presented, reading, refused,
    researcher,
};
use crate::editing::{
    decoded, edited, edited_in, fact, int, refused_edit, term, written_by_biscuit,
};

/// Biscuit's own encoder writes the same bytes as ours, so an edited block is refused for the edit
/// alone.
#[test]
fn an_unedited_block_is_allowed() {
    assert!((0..3).all(|hop| edited(hop, |_| ()).is_allowed()));
}

#[test]
fn content_that_is_not_protobuf() {
    for hop in 0..3 {
        refused(with_content(hop, vec![0xff]), [(Some(hop), DenyCode::NotCanonical)]);
    }
}

#[test]
fn content_that_is_empty() {
    for hop in 0..3 {
        refused(with_content(hop, Vec::new()), [(Some(hop), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_field_that_no_biscuit_has() {
    let mut content = presented().blocks[0].content.clone();
    content.extend([15 << 3, 1]);
    refused(with_content(0, content), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_byte_after_the_end() {
    for byte in [0x00, 0x7f, 0x80, 0xff] {
        let mut content = presented().blocks[1].content.clone();
        content.push(byte);
        refused(with_content(1, content), [(Some(1), DenyCode::NotCanonical)]);
    }
}

#[test]
fn a_length_spelled_in_two_bytes() {
    // The first symbol of the presentation: key, length, text.
    let mut content = presented().blocks[2].content.clone();
    assert_eq!((content[0], content[1]), (0x0a, 12));
    content.splice(1..2, [12 | 0x80, 0]);
    refused(with_content(2, content), [(Some(2), DenyCode::NotCanonical)]);
}

#[test]
fn the_version_of_datalog_twice() {
    let mut content = presented().blocks[1].content.clone();
    let at = content.windows(2).position(|pair| pair == [0x18, 6]).unwrap();
    content.splice(at..at, [0x18, 6]);
    refused(with_content(1, content), [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn strings_that_are_not_utf_8() {
    // Overlong `/`, a surrogate, beyond U+10FFFF, a continuation alone.
    for bytes in [&[0xc0, 0xaf][..], &[0xed, 0xa0, 0x80], &[0xf4, 0x90, 0x80, 0x80], &[0x80]] {
        let mut content = presented().blocks[0].content.clone();
        let at = content.windows(7).position(|text| text == b"planner").unwrap();
        content.splice(at..at + bytes.len(), bytes.iter().copied());
        refused(with_content(0, content), [(Some(0), DenyCode::NotCanonical)]);
    }
}

#[test]
fn an_additional_fact() {
    for hop in 0..3 {
        refused_edit(hop, |block| block.facts.push(fact(0, vec![int(1)])));
    }
}

#[test]
fn one_fact_twice() {
    for hop in 0..3 {
        refused_edit(hop, |block| block.facts.push(block.facts[0].clone()));
    }
}

#[test]
fn a_missing_fact() {
    for hop in 0..3 {
        refused_edit(hop, |block| drop(block.facts.pop()));
    }
}

#[test]
fn one_check_twice() {
    for hop in 0..3 {
        refused_edit(hop, |block| block.checks.push(block.checks[0].clone()));
    }
}

/// Without its check of the time, a hop would be valid for ever to a plain authorizer.
#[test]
fn a_missing_check() {
    refused_edit(1, |block| drop(block.checks.remove(0)));
}

#[test]
fn no_check_of_the_grant() {
    refused_edit(1, |block| drop(block.checks.pop()));
}

#[test]
fn no_check_at_all() {
    for hop in 0..3 {
        refused_edit(hop, |block| block.checks.clear());
    }
}

#[test]
fn a_check_without_an_alternative() {
    refused_edit(1, |block| block.checks[2].queries.clear());
}

/// The argument is still named, but its limit is missing from the check.
#[test]
fn an_argument_without_its_limit() {
    refused_edit(1, |block| drop(block.checks[2].queries[0].expressions.pop()));
}

#[test]
fn the_checks_the_other_way_round() {
    refused_edit(0, |block| block.checks.swap(0, 1));
}

#[test]
fn the_facts_the_other_way_round() {
    refused_edit(0, |block| block.facts.swap(1, 2));
}

#[test]
fn check_all_for_check_if() {
    refused_edit(0, |block| block.checks[0].kind = Some(1));
}

#[test]
fn reject_if_for_check_if() {
    refused_edit(1, |block| block.checks[0].kind = Some(2));
}

#[test]
fn check_if_spelled_out() {
    refused_edit(0, |block| block.checks[0].kind = Some(0));
}

#[test]
fn the_same_strings_in_another_order() {
    refused_edit(0, |block| {
        block.symbols.swap(0, 1);
        // `deputize` and `token` are the names of the first two facts.
        block.facts[0].predicate.name = 1025;
        block.facts[1].predicate.name = 1024;
    });
}

#[test]
fn a_string_that_nothing_uses() {
    refused_edit(2, |block| block.symbols.push("unused".to_owned()));
}

#[test]
fn a_string_declared_twice_in_one_block() {
    refused_edit(1, |block| block.symbols.push(block.symbols[0].clone()));
}

/// A later block uses the strings of the earlier ones; declaring one again would be a second
/// spelling.
#[test]
fn a_string_of_an_earlier_block_declared_again() {
    refused_edit(1, |block| block.symbols.push("planner".to_owned()));
    refused_edit(2, |block| block.symbols.push("researcher".to_owned()));
}

#[test]
fn a_default_symbol_declared_again() {
    refused_edit(1, |block| block.symbols.push("read".to_owned()));
}

#[test]
fn a_string_that_is_not_declared() {
    for name in [9_999, 29, 1_023, u64::from(u32::MAX), u64::MAX] {
        refused_edit(1, |block| block.facts[0].predicate.name = name);
    }
}

/// The name of a check has no meaning, so it could be written in many ways.
#[test]
fn a_check_by_another_name() {
    for hop in 0..3 {
        refused_edit(hop, |block| block.checks[0].queries[0].head.name = 0);
        refused_edit(hop, |block| block.checks[0].queries[0].head.terms = vec![int(1)]);
    }
}

#[test]
fn another_variable_for_the_time() {
    refused_edit(1, |block| {
        let query = &mut block.checks[0].queries[0];
        query.body[0].terms[0] = term(schema::term::Content::Variable(0));
    });
}

#[test]
fn a_service_named_twice() {
    refused_edit(0, |block| {
        let services = &mut block.checks[1].queries;
        services.push(services[0].clone());
    });
}

#[test]
fn a_capability_twice_in_one_check() {
    refused_edit(1, |block| {
        let own = &mut block.checks[2].queries;
        own.push(own[0].clone());
    });
}

/// One reader would use the last value, another the first.
#[test]
fn two_limits_of_one_kind_on_one_argument() {
    refused_edit(1, |block| {
        let limits = &mut block.checks[2].queries[0].expressions;
        limits.push(limits.last().unwrap().clone());
    });
}

#[test]
fn an_args_fact_that_no_expression_uses() {
    let may_be_absent = Capability::new("crm.read", "**")
        .and_then(|own| own.with_optional_arg("limit", [Constraint::max(10)]))
        .unwrap()
        .with_other_args(OtherArgs::Allow);
    let decision = edited_in(held_with(may_be_absent), 1, |block| {
        block.checks[1].queries[0].expressions.clear();
    });
    refused(decision, [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn two_limits_of_one_argument_in_the_other_order() {
    let between = Capability::new("crm.read", "**")
        .and_then(|own| own.with_arg("limit", [Constraint::min(1), Constraint::max(9)]))
        .unwrap();
    assert!(decided(&held_with(between.clone())).is_allowed());
    let decision = edited_in(held_with(between), 1, |block| {
        block.checks[1].queries[0].expressions.swap(0, 1);
    });
    refused(decision, [(Some(1), DenyCode::NotCanonical)]);
}

/// A comparison with the wrong type would fail the whole call for a plain authorizer, but only one
/// alternative for us.
#[test]
fn two_capabilities_one_of_them_without_try_or() {
    let grant = Grant::new(
        agent("researcher", &researcher()),
        [reading("accounts/**", 9), reading("reports/**", 9)],
        now() + Duration::minutes(1),
        "two",
    );
    let raw = present(mint(first()).delegate(&planner(), grant.unwrap(), now()), &researcher());
    let unguarded = decoded(&presented(), 1).checks[2].queries[0].expressions[1].clone();
    let decision = edited_in(raw, 1, |block| {
        block.checks[1].queries[0].expressions[1] = unguarded;
    });
    refused(decision, [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn the_same_statements_written_by_another_library() {
    let content = written_by_biscuit(
        r#"deputize(1);
            token(hex:70707070707070707070707070707070);
            owner("alice@acme.com", "human");
            delegate("planner", "agent", "Q3 account review", 2026-11-23T18:00:00Z, 3);
            check if time($time), $time < 2026-11-24T02:00:00Z;
            check if audience("crm.acme.com");
            check if operation("crm.read"), resource($resource), arg_names({"limit"}),
                args($args), $resource.starts_with("accounts/"), $args.get("limit") <= 100;"#,
    );
    let raw = without_blocks().block(&alice(), content, &planner().public_key().to_bytes());
    refused(decided(&present(raw, &planner())), [(Some(0), DenyCode::NotCanonical)]);
}
