//! The page of an access review.

use deputize::time::Duration;
use deputize::{Capability, HopId, PrincipalKind};
use deputize_pages::{
    AccessReview, GrantEnd, GrantUse, ObservedCalls, Party, ReplayCount, ReviewedHop,
    ReviewedRight, SeenArgument, SeenOperation, review_page,
};

use crate::cast::{alice, log, party, planner, researcher, start};
use crate::hostile::TEXTS;
use crate::html_reader::{read, shapes};

fn right(granted: &str, usage: GrantUse, calls: u64) -> ReviewedRight {
    let granted: Capability = granted.parse().unwrap();
    let operation = SeenOperation {
        operation: granted.operation().to_string(),
        calls,
        resources: vec!["accounts/emea/1".to_owned(), "accounts/emea/2".to_owned()],
        has_more_resources: true,
        args: vec![SeenArgument {
            name: "limit".to_owned(),
            present: calls,
            values: "3 to 40".to_owned(),
        }],
    };
    ReviewedRight {
        granted,
        usage,
        calls,
        maybe: 0,
        last_used: (calls > 0).then(start),
        operations: if calls > 0 { vec![operation] } else { Vec::new() },
    }
}

fn hop(to: Party, from: Option<Party>) -> ReviewedHop {
    ReviewedHop {
        id: "5d".repeat(32).parse::<HopId>().unwrap(),
        owner: alice(),
        from,
        to,
        purpose: "Q3 account review".to_owned(),
        expires: start() + Duration::days(3),
        end: GrantEnd::Soon,
        review_overdue: None,
        calls: 400,
        last_used: Some(start()),
        hidden: 0,
        rights: vec![
            right("crm.read accounts/** limit<=100 cursor?", GrantUse::Used, 397),
            right("crm.export accounts/emea/**", GrantUse::Hardly, 3),
            right("crm.delete accounts/**", GrantUse::Never, 0),
        ],
        diff: [
            "-crm.read accounts/** limit<=100 cursor?",
            " crm.export accounts/emea/**",
            "-crm.delete accounts/**",
            "+crm.read accounts/emea/* limit=3..40",
            "-max_hops 3",
            "+max_hops 1",
        ]
        .map(str::to_owned)
        .to_vec(),
        is_proposed: true,
        replay: ReplayCount { allowed: 400, refused: 0, not_replayed: 0 },
        held_out: Some(ReplayCount { allowed: 390, refused: 8, not_replayed: 2 }),
        newly_refused: Vec::new(),
        remarks: Vec::new(),
    }
}

pub(crate) fn review() -> AccessReview {
    let mut unused = hop(researcher(2), Some(planner()));
    (unused.calls, unused.last_used, unused.is_proposed) = (0, None, false);
    unused.rights = vec![right("crm.read accounts/apac/**", GrantUse::Never, 0)];
    unused.diff = vec!["-crm.read accounts/apac/**".to_owned()];
    unused.end = GrantEnd::Ended;
    let mut wrong = hop(researcher(1), Some(planner()));
    wrong.review_overdue = Some(start());
    wrong.replay = ReplayCount { allowed: 399, refused: 1, not_replayed: 0 };
    wrong.newly_refused = vec!["record 17 of log 0: hop 1 grants `accounts/emea/*`".to_owned()];
    AccessReview {
        logs: vec![log()],
        calls: 400,
        span: Some((start(), start() + Duration::days(90))),
        coverage: vec!["records: 1000; not use: 12 refused".to_owned()],
        observed: vec![observed()],
        hops: vec![hop(planner(), None), wrong, unused],
    }
}

fn observed() -> ObservedCalls {
    ObservedCalls {
        heading: "of nobody".to_owned(),
        lines: vec!["3 calls of tools/call on \"<b>\"".to_owned()],
        proposed: vec!["tools/call read path".to_owned()],
        beyond: vec!["tools/call on read: any value of path".to_owned()],
    }
}

/// A heading, lines, what is proposed, and what that permits beyond what was seen: all escaped.
#[test]
fn observed_calls_have_a_part_of_their_own() {
    let page = body(&review());
    for text in ["of nobody", "&lt;b&gt;", "+tools/call read path", "any value of path"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("<b>"), "{page}");
}

fn body(review: &AccessReview) -> String {
    let page = review_page(review);
    let (_, body) = page.split_once("</head>").unwrap();
    body.replace("><", ">\n<")
}

#[test]
fn a_page_of_a_review() {
    insta::assert_snapshot!("review", body(&review()));
}

/// `granted limit <= 100` beside `seen 3 to 40`, an argument that was never sent, and one that is not
/// limited.
#[test]
fn each_argument_stands_beside_its_limits() {
    let mut review = review();
    let args = &mut review.hops[0].rights[0].operations[0].args;
    args.push(SeenArgument { name: "cutoff".to_owned(), present: 9, values: "1".to_owned() });
    let page = body(&review);
    let row = |name: &str| {
        let row =
            page.split("<tr>").find(|row| row.contains(&format!(">{name}</bdi>"))).expect(name);
        ["&lt;= 100", "3 to 40", "any value", "never sent", "not limited", "1, in 9 calls"]
            .into_iter()
            .filter(|text| row.contains(text))
            .collect::<Vec<_>>()
    };
    assert_eq!(row("limit"), ["&lt;= 100", "3 to 40"]);
    assert_eq!(row("cursor"), ["any value", "never sent"]);
    assert_eq!(row("cutoff"), ["not limited", "1, in 9 calls"]);
}

#[test]
fn what_the_replay_refuses_is_said() {
    let page = body(&review());
    assert!(page.contains("✗ 1 newly refused") && page.contains("record 17 of log 0"), "{page}");
    assert!(page.contains("Made of the first half of the window alone: "));
    assert!(page.contains("Take it away: no recorded call needed it."));
    assert!(page.contains("✗ review overdue since 2026-11-23"));
    let mut hidden = review();
    hidden.hops[2].calls = 1;
    assert!(body(&hidden).contains("None, because the calls are not shown."));
}

#[test]
fn names_have_the_fingerprints_of_their_keys() {
    let page = review_page(&review());
    let count = |text: &str| page.matches(text).count();
    for own in [alice(), planner(), researcher(1), researcher(2)] {
        assert!(count(&own.name) > 0);
        assert_eq!(
            count(&format!("{}</strong>", own.name)),
            count(&own.key.fingerprint()),
            "{}",
            own.name
        );
    }
}

#[test]
fn a_log_that_is_not_whole_is_said_first() {
    let mut review = review();
    review.logs[0].is_whole = false;
    assert!(body(&review).contains("ACCESS REVIEW OF A LOG THAT IS NOT WHOLE"));
}

/// The texts that somebody chose, each of them `text`. Those that arrive escaped are of the caller.
pub(crate) fn hostile(text: &str) -> AccessReview {
    let mut review = review();
    for hop in &mut review.hops {
        hop.purpose = text.to_owned();
        hop.owner = party(text, PrincipalKind::Human, 80);
        hop.to = party(text, PrincipalKind::Agent, 81);
        hop.diff = vec![format!("-{text}"), format!("+{text}")];
        hop.newly_refused = vec![text.to_owned()];
        hop.remarks = vec![text.to_owned()];
        for own in hop.rights.iter_mut().flat_map(|right| &mut right.operations) {
            own.operation = text.to_owned();
            own.resources = vec![text.to_owned()];
            own.args =
                vec![SeenArgument { name: text.to_owned(), present: 1, values: text.to_owned() }];
        }
    }
    review
}

#[test]
fn no_text_of_a_review_is_markup() {
    let harmless = shapes(&read(&review_page(&hostile("harmless"))));
    for text in TEXTS {
        assert_eq!(shapes(&read(&review_page(&hostile(text)))), harmless, "{text}");
    }
}

#[test]
fn a_page_of_many_grants_is_bounded() {
    let mut review = review();
    let own = hop(planner(), None);
    review.hops = vec![own; 1_000];
    review.hops[0].diff = vec!["-x".to_owned(); 1_000];
    review.hops[0].rights[0].operations = vec![review.hops[0].rights[0].operations[0].clone(); 50];
    let page = review_page(&review);
    assert!(page.len() < 500_000, "{}", page.len());
    assert!(page.contains("940 further grants are left out"));
    assert!(page.contains("and 860 further lines") && page.contains("and 42 further operations"));
}
