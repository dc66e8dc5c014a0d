//! Lints: the findings in a grant, near misses, and the text to write instead.

use std::collections::BTreeSet;

use deputize::{Capability, Grant, GrantLint, LintCode, Signer};
use time::Duration;

use crate::common::{agent, now, planner, researcher};

fn capabilities(texts: &[&str]) -> Vec<Capability> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn grant(texts: &[&str]) -> Grant {
    let to = agent("planner", &planner());
    Grant::new(to, capabilities(texts), now() + Duration::hours(1), "a test").unwrap()
}

fn codes(lints: &[GrantLint]) -> Vec<LintCode> {
    lints.iter().map(|lint| lint.code).collect()
}

/// Grants with one lint each. The last column is what the message shows as permitted, or a part of
/// what it says.
const FOUND: &[(LintCode, &[&str], &str)] = &[
    (LintCode::ImpossibleLimits, &["a b limit>=10 limit<=5"], ">= 10 and <= 5"),
    (LintCode::ImpossibleLimits, &["a b limit?>=10 limit?<=5"], ">= 10 and <= 5"),
    (LintCode::ImpossibleLimits, &["a b n:one_of=1,2 n>=3"], "one of 1, 2"),
    (LintCode::ImpossibleLimits, &["a b n=5 n:none_of=5"], "none of 5"),
    (LintCode::ImpossibleLimits, &["a b n:max_len=2 n^=abc"], "at most 2"),
    (LintCode::ImpossibleLimits, &["a b p:subpath=/a p~b/*"], "under"),
    (LintCode::ImpossibleLimits, &["a b t:subset_of=x t:contains_all=y"], "subset of"),
    (LintCode::ImpossibleLimits, &["a b n>=1 n^=a"], "starts with"),
    (LintCode::ImpossibleLimits, &["a b filter /filter/owner=me"], "`filter` refuse"),
    (LintCode::ImpossibleLimits, &["a b f?=x /f/a/b"], "`f` refuse"),
    (LintCode::ImpossibleLimits, &["a b files:max_len=5 /files/*/x"], "`files` refuse"),
    (LintCode::RepeatedCapability, &["a b/* n=1", "c d", "a b/* n=1"], "the same as capability 0"),
    (LintCode::CoveredCapability, &["a **", "a b/42"], "capability 0"),
    (
        LintCode::CoveredCapability,
        &["crm.read b/42", "crm.read b/**"],
        "`crm.read on b/42` lies within `crm.read on b/**`",
    ),
    (LintCode::CoveredCapability, &["a.* b", "a.b b"], "capability 0"),
    (LintCode::CoveredCapability, &["a b/** n<=100", "a b/1 n<=10"], "capability 0"),
    (LintCode::CoveredCapability, &["a b ...", "a b n=1"], "capability 0"),
    (LintCode::CoveredCapability, &["a b n:one_of=1", "a b n=1"], "capability 0"),
    (LintCode::CoveredHost, &["a b u:url=https://{*.acme.com,api.acme.com}"], "`api.acme.com`"),
    (LintCode::CoveredHost, &["a b u[]:url=https://{*.acme.com,*.eu.acme.com}"], "`*.eu.acme.com`"),
    (LintCode::NegativeAmount, &["a b amount<=500"], "so -1 is"),
    (LintCode::NegativeAmount, &["a b amount?<=500"], "so -1 is"),
    (LintCode::NegativeAmount, &["a b totalPrice<=500"], "so -1 is"),
    (LintCode::NegativeAmount, &["a b /order/unit_price<=0"], "so -1 is"),
    (LintCode::NegativeAmount, &["a b amount<=5 amount:none_of=-1"], "so -1000000 is"),
    (LintCode::NegativeAmount, &["a b /items/*/price[]<=500"], "so -1 is"),
    (LintCode::LoosePath, &["a b path^=/data"], "`/data/../etc/passwd` and `/data-other`"),
    (LintCode::LoosePath, &["a b path^=/data/"], "`/data/../etc/passwd`"),
    (LintCode::LoosePath, &["a b path^=/data path$=.csv"], "`/data/../etc/passwd.csv`"),
    (LintCode::LoosePath, &["a b x^=reports/q3"], "`reports/q3/../etc/passwd`"),
    (LintCode::LoosePath, &["a b file^=report_"], "`report_/../../etc/passwd`"),
    (LintCode::LoosePath, &["a b files[]^=/srv"], "`/srv/../etc/passwd`"),
    (LintCode::LoosePath, &["a b dir?^=/srv"], "`/srv/../etc/passwd`"),
    (LintCode::LoosePath, &["a b dir^=\"C:\\\\data\""], "etc/passwd"),
    (LintCode::LooseUrl, &["a b u^=https://acme.com"], "`https://acme.com.evil.com/`"),
    (LintCode::LooseUrl, &["a b u^=https://acme.com/v1"], "`https://acme.com/v1/../admin`"),
    (LintCode::LooseUrl, &["a b u^=https://acme.com/v1/"], "`https://acme.com/v1/../admin`"),
    (LintCode::LooseUrl, &["a b url$=.acme.com"], "`https://evil.com/.acme.com`"),
    (LintCode::LooseUrl, &["a b host$=acme.com"], "`evilacme.com`"),
    (LintCode::LooseUrl, &["a b host^=api.acme.com"], "`api.acme.com.evil.com`"),
    (LintCode::LooseMail, &["a b to$=@acme.com"], "`eve@evil.com,x@acme.com`"),
    (LintCode::LooseMail, &["a b to$=acme.com"], "`eve@evilacme.com`"),
    (LintCode::LooseMail, &["a b x~*@acme.com"], "`eve@evil.com,x@acme.com`"),
    (LintCode::LooseMail, &["a b recipients[]$=@acme.com"], "`eve@evil.com,x@acme.com`"),
    (LintCode::LooseMail, &["a b x^=bob@acme.com"], "`bob@acme.com,eve@evil.com`"),
];

#[test]
fn each_lint_is_found() {
    for (code, texts, shown) in FOUND {
        let lints = grant(texts).lints(now());
        assert_eq!(codes(&lints), [*code], "{texts:?}: {lints:#?}");
        assert!(lints[0].message.contains(shown), "{texts:?}: {}", lints[0]);
    }
}

/// Every code has a grant in the tests of this file.
#[test]
fn every_code_is_tested() {
    let in_table = FOUND.iter().map(|(code, ..)| *code);
    let others = [LintCode::LongLifetime, LintCode::UnusedDelegates];
    let tested: BTreeSet<_> = in_table.chain(others).collect();
    assert_eq!(tested, LintCode::ALL.iter().copied().collect());
}

/// Capabilities that look like those above, and are fine.
#[test]
fn what_is_meant_is_not_reported() {
    for texts in [
        &["a b limit<=100"][..],
        &["a b limit=0..100"],
        &["a b limit=5..5"],
        &["a b n:one_of=1,2 n>=2"],
        &["a b p:subpath=/a p~/a/**/*.csv"],
        &["a b filter/** /filter/owner=me"],
        &["a b filter? /filter/owner=me"],
        &["a b filter=x /filter/a/**"],
        &["a b files?:max_len=5 /files/*/x"],
        &["a b filter=x /filters/owner=me"],
        &["a b/1", "a b/2"],
        &["a b/* n=1", "a b/1 n=2"],
        &["a b/**", "a b"],
        &["a b/** n=0..100", "a b/1 n=0..200"],
        &["a.b c", "a.b d", "a.* e"],
        &["a b u:url=https://{*.acme.com,acme.com}"],
        &["a b amount=0..500"],
        &["a b amount=-5..500"],
        &["a b amount>=0"],
        &["a b amount:one_of=5,10"],
        &["a b amount<=500 amount:one_of=5,10"],
        &["a b amount"],
        &["a b amount<=-5"],
        &["a b total_count<=5"],
        &["a b pages<=5"],
        &["a b prices[]>=0"],
        &["a b path:subpath=/data"],
        &["a b path^=/data/q path:subpath=/data"],
        &["a b path~/data/**"],
        &["a b path$=.csv"],
        &["a b path^=/data path:one_of=/data/a,/data/b"],
        &["a b path^=/d path:max_len=4"],
        &["a b name^=Q3"],
        &["a b note^=\"dear all\""],
        &["a b handle^=@acme"],
        &["a b content_type^=image/"],
        &["a b url^=https://acme.com/"],
        &["a b url^=https://"],
        &["a b url$=.pdf"],
        &["a b host$=.acme.com"],
        &["a b url:url=https://*.acme.com"],
        &["a b to:one_of=ann@acme.com,bob@acme.com"],
        &["a b to=bob@acme.com"],
        &["a b to$=Smith"],
        &["a b to~bob@acme.com"],
        &["a b to$=@acme.com to:one_of=bob@acme.com"],
    ] {
        let lints = grant(texts).lints(now());
        assert!(lints.is_empty(), "{texts:?}: {lints:#?}");
    }
}

/// The text that a lint says to write is for the argument, and gets no lint.
#[test]
fn what_to_write_instead_has_no_lint() {
    let mut count = 0;
    for (code, texts, _) in FOUND {
        let lint = grant(texts).lints(now()).remove(0);
        let Some(written) = lint.instead.strip_prefix("write `") else { continue };
        count += 1;
        let written = format!("a b {}", written.strip_suffix('`').unwrap());
        let lints = grant(&[&written]).lints(now());
        assert!(lints.is_empty(), "{code}: {written}: {lints:#?}");
    }
    assert!(count > 10, "{count}");
}

/// The safe spelling keeps the name, `?` and `[]`.
#[test]
fn the_safe_spelling_is_for_the_same_argument() {
    for (text, instead) in [
        ("path^=/data/", "write `path:subpath=/data`"),
        ("\"my files\"?^=\"/my data\"", "write `\"my files\"?:subpath=\"/my data\"`"),
        ("files[]^=/srv", "write `files[]:subpath=/srv`"),
        ("file^=report_", "write `file~report_*`"),
        ("site^=https://acme.com:8443/v1", "write `site:url=https://acme.com:8443/v1`"),
        ("urls[]$=.acme.com", "write `urls[]:url=https://*.acme.com`"),
        ("fee?<=5", "write `fee?=0..5`"),
    ] {
        let lints = grant(&[&format!("a b {text}")]).lints(now());
        assert_eq!(lints[0].instead, instead, "{text}");
    }
}

#[test]
fn a_lint_names_its_place() {
    let lints = grant(&["a c", "a b x=1 amount<=5"]).lints(now());
    assert_eq!((lints[0].capability, lints[0].argument.as_deref()), (Some(1), Some("amount")));
    assert_eq!(
        lints[0].to_string(),
        "capability 1: argument `amount` has the upper bound 5 and no lower one, so -1 is permitted; write `amount=0..5` [negative_amount]"
    );
    let json = serde_json::to_value(&lints[0]).unwrap();
    assert_eq!(json["code"], "negative_amount");
    assert_eq!(json["instead"], "write `amount=0..5`");
}

#[test]
fn a_long_lifetime_is_reported() {
    let day = Duration::days(1);
    let lints = |expires: Duration, start: Option<Duration>| {
        let to = agent("planner", &planner());
        let mut own = Grant::new(to, capabilities(&["a b"]), now() + expires, "a test").unwrap();
        if let Some(start) = start {
            own = own.with_not_before(now() + start).unwrap();
        }
        codes(&own.lints(now()))
    };
    assert_eq!(lints(day, None), []);
    assert_eq!(lints(day + Duration::SECOND, None), [LintCode::LongLifetime]);
    // A grant that begins later is usable for a shorter time.
    assert_eq!(lints(day * 8, Some(day * 7)), []);
    assert_eq!(lints(day * 8, Some(-day)), [LintCode::LongLifetime]);
    // One that began earlier is usable from now on.
    assert_eq!(lints(day, Some(-day)), []);
}

#[test]
fn delegates_without_a_hop_are_reported_unless_the_parent_names_them() {
    let key = researcher().public_key();
    let own = grant(&["a b"]).with_allowed_delegates([key]).unwrap();
    assert_eq!(codes(&own.lints(now())), [LintCode::UnusedDelegates]);
    assert_eq!(codes(&own.lints_below(&own, now())), []);
    assert_eq!(codes(&own.lints_below(&grant(&["a b"]), now())), [LintCode::UnusedDelegates]);
    assert_eq!(codes(&own.with_max_hops(1).lints(now())), []);
}

/// Two capabilities that permit the same in other words: one of them is reported.
#[test]
fn of_two_that_permit_the_same_the_later_one_is_reported() {
    let lints = grant(&["a b n:one_of=1", "a b n=1"]).lints(now());
    assert_eq!(lints.iter().map(|lint| lint.capability).collect::<Vec<_>>(), [Some(1)]);
    let lints = grant(&["a b", "a b", "a b"]).lints(now());
    assert_eq!(codes(&lints), [LintCode::RepeatedCapability; 2]);
    // One that permits nothing lies within every other.
    let lints = grant(&["a b n<=1 n>=2", "a b n"]).lints(now());
    assert_eq!(codes(&lints), [LintCode::ImpossibleLimits]);
}
