//! The inputs of every vector.

use deputize::ConstraintKind;
use serde_json::{Value, json};

use super::builders::{
    call, case, chain, hop, limit, limit_of, one, open, pattern, plain, reading, refused, with,
};

pub(super) fn cases() -> Vec<Value> {
    const ALL: [&str; 5] = ["alice", "planner", "researcher", "writer", "printer"];
    let limit_5 = || call(json!({"limit": 5}));
    let two = || {
        let mut hops = chain(&ALL[..3]);
        hops[1]["capabilities"] = json!([{
            "operation": "crm.read",
            "resource": "accounts/emea/**",
            "args": {"limit": {"min": 1, "max": 10}},
        }]);
        hops
    };
    let two_hops =
        |name: &str, description: &str| case(name, description, &two(), "researcher", limit_5());
    let mut cases = vec![
        case("hops_1", "one hop", &chain(&ALL[..2]), "planner", limit_5()),
        two_hops("hops_2", "two hops, the second of which narrows resource and argument"),
        case("hops_3", "three hops", &chain(&ALL[..4]), "writer", limit_5()),
        case("hops_4", "four hops", &chain(&ALL), "printer", limit_5()),
        case(
            "hops_returned",
            "from Alice to the planner, to the researcher, and back to the planner",
            &chain(&["alice", "planner", "researcher", "planner"]),
            "planner",
            limit_5(),
        ),
        limit("any", json!(true), json!(0.5)),
        one(
            "limit_equals_list",
            "one argument that is a list, in this order",
            reading(json!({"value": {"equals": ["b", "a", null]}})),
            call(json!({"value": ["b", "a", null]})),
        ),
        one(
            "limits_of_every_kind_of_text",
            "several limits of one argument, and several arguments",
            reading(json!({
                "to": {"prefix": "bob", "suffix": "@acme.com", "max_len": 40},
                "amount": {"min": 1, "max": 500},
            })),
            call(json!({"to": "bob@acme.com", "amount": 500})),
        ),
        one(
            "argument_inside_an_object",
            "an argument named by its JSON Pointer",
            reading(json!({"/filter/a~1b": {"equals": "x"}, "/filter/n": {"max": 3}})),
            call(json!({"filter": {"a/b": "x", "n": 3}})),
        ),
        one(
            "argument_optional_absent",
            "an argument that may be absent, and is",
            reading(json!({"limit": {"max": 10}, "mode": {"equals": "ro", "optional": true}})),
            limit_5(),
        ),
        one(
            "argument_optional_present",
            "an argument that may be absent, and is there",
            reading(json!({"limit": {"max": 10}, "mode": {"equals": "ro", "optional": true}})),
            call(json!({"limit": 5, "mode": "ro"})),
        ),
        one(
            "argument_optional_any",
            "an argument that may be absent or anything",
            reading(json!({"note": {"any": true, "optional": true}})),
            call(json!({"note": 0.5})),
        ),
        one(
            "argument_others",
            "arguments that are not named are let through",
            json!([{
                "operation": "crm.read",
                "resource": "accounts/emea/42",
                "args": {"limit": {"max": 10}},
                "other_args": "allow",
            }]),
            call(json!({"limit": 5, "deep": {"er": [1.5]}})),
        ),
        one(
            "argument_others_only",
            "any arguments",
            json!([{"operation": "crm.read", "resource": "accounts/emea/42", "other_args": "allow"}]),
            call(json!({"a": 1})),
        ),
        pattern("operation_below", "crm.*", "accounts/emea/42"),
        pattern("operation_any", "*", "accounts/emea/42"),
        pattern("resource_child", "crm.read", "accounts/emea/*"),
        pattern("resource_below", "crm.read", "accounts/**"),
        pattern("resource_any", "crm.read", "**"),
        pattern("everything", "*", "**"),
        open("operation_any", "*", "accounts/emea/42"),
        open("resource_any", "crm.read", "**"),
        one(
            "everything_with_any_arguments",
            "a capability that is always true",
            json!([{"operation": "*", "resource": "**", "other_args": "allow"}]),
            limit_5(),
        ),
        one(
            "capabilities",
            "three capabilities, of which the last covers the call; a comparison of unlike types in \
             the first fails that one only",
            json!([
                {"operation": "crm.read", "resource": "**", "args": {"limit": {"prefix": "x"}}},
                {"operation": "mail.send", "resource": "**", "args": {"to": {"suffix": "@acme.com", "optional": true}}},
                {"operation": "crm.*", "resource": "accounts/emea/*", "args": {"limit": {"max": 5}}},
            ]),
            limit_5(),
        ),
        one(
            "limit_each_max",
            "a list, each element of which satisfies a limit that Datalog can say",
            reading(json!({"value": {"each": {"max": 9}, "max_len": 3}})),
            call(json!({"value": [1, 9]})),
        ),
        one(
            "limit_each_none_of",
            "a list that may be absent, without these elements",
            reading(json!({"value": {"each": {"none_of": ["b", "a"]}, "optional": true}})),
            call(json!({"value": ["c"]})),
        ),
        one(
            "argument_inside_a_list",
            "an argument that is a member of each object in a list",
            reading(json!({
                "/files/*/path": {"each": {"prefix": "src/"}},
                "/files/*/mode": {"any": true},
            })),
            call(
                json!({"files": [{"path": "src/a", "mode": "ro"}, {"path": "src/b", "mode": []}]}),
            ),
        ),
        one(
            "argument_below",
            "arguments that may be anything and have anything inside, and others that are limited",
            reading(json!({
                "a/b": {"below": true},
                "filter": {"below": true},
                "limit": {"max": 5},
            })),
            call(json!({"filter": {"a": {"b": 1.5}, "c": [{"d": 1}]}, "limit": 5})),
        ),
        one(
            "number_with_a_fraction_of_nothing",
            "an integer that is written as a float",
            reading(json!({"limit": {"max": 10}})),
            call(json!({"limit": 5.0})),
        ),
        one(
            "request_with_context",
            "something beside the arguments that the digest covers",
            reading(json!({"limit": {"max": 10}})),
            with(limit_5(), "", json!({"context": {"task": "T-17"}})),
        ),
        with(
            two_hops(
                "presentation_counted",
                "the third of the presentations that its maker counts",
            ),
            "/presented",
            json!({"counted": "5e".repeat(8) + "0000000000000003"}),
        ),
        with(
            two_hops("audience", "two services named first, one of them next"),
            "",
            json!({"grants": [
                with(two()[0].clone(), "", json!({"audience": ["crm.acme.com", "files.acme.com"]})),
                with(two()[1].clone(), "", json!({"audience": ["crm.acme.com"]})),
            ]}),
        ),
        with(
            two_hops("delegates", "delegation to two keys only"),
            "/grants/0",
            json!({"delegates": ["writer", "researcher"]}),
        ),
        with(
            two_hops("not_before", "a hop that began a minute ago"),
            "/grants/1",
            json!({"not_before": "2026-11-23T17:59:00Z"}),
        ),
        with(
            one("names", "a name, a kind and a purpose beyond ASCII", plain(), limit_5()),
            "/grants/0",
            json!({
                "to": {"name": "Büro → \"3\"", "kind": "organization", "key": "planner"},
                "purpose": "日本語 and a → more",
            }),
        ),
    ];
    cases.extend(ConstraintKind::ALL.iter().map(|kind| limit_of(*kind)));
    // Every name of ours that is in Biscuit's default table.
    cases.push(with(
        with(
            one("words_that_every_biscuit_knows", "strings from Biscuit's own table", json!([
                {"operation": "read", "resource": "user/group", "args": {"role": {"one_of": ["admin", "query"]}}},
            ]), json!({"operation": "read", "resource": "user/group", "audience": "service", "args": {"role": "admin"}})),
            "/grants/0",
            json!({"purpose": "version", "audience": ["service"]}),
        ),
        "/grants/0/to",
        json!({"name": "hostname", "kind": "service"}),
    ));
    cases.extend([
        refused(
            with(
                with(two_hops("deny_expired", "a hop that ends now"), "/grants/0", json!({"issued": "2026-11-23T17:00:00Z"})),
                "/grants/1",
                json!({"issued": "2026-11-23T17:00:00Z", "expires": "2026-11-23T18:00:00Z"}),
            ),
            json!([{"hop": 1, "code": "expired"}]),
        ),
        refused(
            case("deny_out_of_scope", "a resource that the second hop took away", &two(), "researcher", json!({
                "operation": "crm.read", "resource": "accounts/apac/7", "audience": "crm.acme.com", "args": {"limit": 5},
            })),
            json!([{"hop": 1, "code": "resource_not_granted"}]),
        ),
        refused(
            case("deny_arguments", "an argument beyond one limit, then one that is not named", &two(), "researcher", call(json!({"limit": 11}))),
            json!([{"hop": 1, "code": "argument_refused"}]),
        ),
        refused(
            case("deny_stolen", "presented by another than the holder", &two(), "writer", limit_5()),
            json!([{"hop": 2, "code": "not_the_holder"}]),
        ),
        refused(
            case("deny_cut_back", "the researcher presents the planner's token", &chain(&ALL[..2]), "researcher", limit_5()),
            json!([{"hop": 1, "code": "not_the_holder"}]),
        ),
        refused(
            with(two_hops("deny_signed_by_another", "a hop signed by another than the delegate"), "/grants/1", json!({"signer": "writer"})),
            json!([{"hop": 1, "code": "bad_signature"}]),
        ),
        refused(
            with(two_hops("deny_too_deep", "a hop where none may follow"), "/grants/0", json!({"max_hops": 0})),
            json!([{"hop": 1, "code": "delegation_depth_exceeded"}]),
        ),
        refused(
            case("deny_self_delegation", "an agent delegates to its own key", &chain(&["alice", "planner", "planner"]), "planner", limit_5()),
            json!([{"hop": 1, "code": "self_delegation"}]),
        ),
        refused(
            with(two_hops("deny_outlives", "a hop that outlives its parent"), "/grants/1", json!({"expires": "2026-11-23T19:00:01Z"})),
            json!([{"hop": 1, "code": "outlives_parent"}]),
        ),
        refused(
            with(two_hops("deny_delegate", "a delegate whom the first hop does not name"), "/grants/0", json!({"delegates": ["writer"]})),
            json!([{"hop": 1, "code": "delegate_not_allowed"}]),
        ),
        refused(
            with(two_hops("deny_stale", "presented 31 s ago"), "/presented", json!({"issued": "2026-11-23T17:59:29Z"})),
            json!([{"hop": 2, "code": "presentation_not_fresh"}]),
        ),
        refused(
            with(two_hops("deny_widened", "a second hop that grants more than the first, which gains nothing"), "", json!({
                "grants": [two()[0], hop("planner", "researcher", json!([{"operation": "*", "resource": "**", "other_args": "allow"}]))],
                "request": call(json!({"limit": 101})),
            })),
            json!([{"hop": 0, "code": "argument_refused"}]),
        ),
    ]);
    cases
}
