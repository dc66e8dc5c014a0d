//! Every form, with its JSON.

use deputize::{Constraint, ConstraintKind};
use serde_json::json;

use super::{means, parse, with};

/// Every kind can be written by its name, and what has an operator is the same with it.
#[test]
fn each_kind_can_be_written() {
    for kind in ConstraintKind::ALL {
        let (limit, short) = match kind {
            ConstraintKind::Equals => (":equals=1", Some("=1")),
            ConstraintKind::OneOf => (":one_of=1,2", None),
            ConstraintKind::NoneOf => (":none_of=1,2", None),
            ConstraintKind::Min => (":min=1", Some(">=1")),
            ConstraintKind::Max => (":max=1", Some("<=1")),
            ConstraintKind::Prefix => (":prefix=a", Some("^=a")),
            ConstraintKind::Suffix => (":suffix=a", Some("$=a")),
            ConstraintKind::Glob => (":glob=a/*", Some("~a/*")),
            ConstraintKind::Subpath => (":subpath=/srv", None),
            ConstraintKind::Url => (":url=https://a.com", None),
            ConstraintKind::Cidr => (":cidr=10.0.0.0/8", None),
            ConstraintKind::MaxLen => (":max_len=1", None),
            ConstraintKind::SubsetOf => (":subset_of=a", None),
            ConstraintKind::ContainsAll => (":contains_all=a", None),
            ConstraintKind::Each => ("[]:max=1", Some("[]<=1")),
        };
        let own = parse(&format!("a b n{limit}")).unwrap();
        let limits = own.constraints_on("n").unwrap();
        assert_eq!(limits.iter().map(Constraint::kind).collect::<Vec<_>>(), [*kind]);
        if let Some(short) = short {
            assert_eq!(parse(&format!("a b n{short}")), Ok(own));
        }
    }
}

#[test]
fn each_kind_has_its_json() {
    for (limit, json) in [
        ("n=0..100", json!({"min": 0, "max": 100})),
        ("n=-5..-5", json!({"min": -5, "max": -5})),
        ("n=0..100 n:none_of=13", json!({"min": 0, "max": 100, "none_of": [13]})),
        ("n?=0..100", json!({"min": 0, "max": 100, "optional": true})),
        (
            "n=-9007199254740991..9007199254740991",
            json!({"min": -9_007_199_254_740_991_i64, "max": 9_007_199_254_740_991_i64}),
        ),
        ("n:one_of=USD,EUR", json!({"one_of": ["USD", "EUR"]})),
        ("n:one_of=a", json!({"one_of": ["a"]})),
        ("n:one_of=1,\"1\",true,null,a.b,\"\"", json!({"one_of": [1, "1", true, null, "a.b", ""]})),
        ("n:one_of=\"a,b\",\"c d\",e:f", json!({"one_of": ["a,b", "c d", "e:f"]})),
        ("n:none_of=-1,0", json!({"none_of": [-1, 0]})),
        ("n:none_of=true", json!({"none_of": [true]})),
        ("n:subpath=/srv/emea", json!({"subpath": "/srv/emea"})),
        ("n:subpath=\"/srv/a b\"", json!({"subpath": "/srv/a b"})),
        ("n:subpath=data", json!({"subpath": "data"})),
        ("n:glob=\"a b/*\"", json!({"glob": "a b/*"})),
        ("n:cidr=10.0.0.0/8", json!({"cidr": "10.0.0.0/8"})),
        ("n:cidr=2001:db8::/32", json!({"cidr": "2001:db8::/32"})),
        ("n:max_len=0", json!({"max_len": 0})),
        ("n?:max_len=200", json!({"max_len": 200, "optional": true})),
        (
            "n:subset_of=a,b n:contains_all=a",
            json!({"subset_of": ["a", "b"], "contains_all": ["a"]}),
        ),
        ("n:url=https://acme.com", json!({"url": {"schemes": ["https"], "hosts": ["acme.com"]}})),
        (
            "n:url=https://*.acme.com:443/v1",
            json!({"url": {
                "schemes": ["https"], "hosts": ["*.acme.com"], "ports": [443], "path_prefix": "/v1"
            }}),
        ),
        (
            "n:url={http,https}://{a.com,[2606:4700::1111]}:{80,443}",
            json!({"url": {
                "schemes": ["http", "https"], "hosts": ["a.com", "[2606:4700::1111]"],
                "ports": [80, 443]
            }}),
        ),
        ("n[]:subpath=/srv", json!({"each": {"subpath": "/srv"}})),
        ("n[]:none_of=a,b", json!({"each": {"none_of": ["a", "b"]}})),
        (
            "n?[]:url=https://a.com",
            json!({"each": {"url": {"schemes": ["https"], "hosts": ["a.com"]}}, "optional": true}),
        ),
        ("n[]:max_len=5 n:max_len=2", json!({"each": {"max_len": 5}, "max_len": 2})),
    ] {
        means(&format!("a b/** {limit}"), with(json!({ "n": json })));
    }
    means("a b/** \"my n\":one_of=a", with(json!({"my n": {"one_of": ["a"]}})));
    means("a b/** /f/*/p[]:subpath=/srv", with(json!({"/f/*/p": {"each": {"subpath": "/srv"}}})));
}

/// A capability that is written as people write it stays as it is.
#[test]
fn the_written_form_is_the_short_one() {
    for text in [
        "crm.* **",
        "crm.read accounts/** limit=5..5",
        "crm.read accounts/* limit<=5 limit:none_of=1 ...",
        "a b \"a b\"=\"5\" filter/** mode?=ro",
        "a b /files/*/path[]:subpath=/srv n:one_of=1,a,\"a,b\"",
        "a b site:url={http,https}://*.acme.com:8443/v1 text",
    ] {
        let written = parse(text).unwrap().as_written();
        let (mut own, mut written): (Vec<_>, Vec<_>) =
            (text.split(' ').collect(), written.split(' ').collect());
        // Limits are in the order of their kinds.
        own.sort_unstable();
        written.sort_unstable();
        assert_eq!(written, own);
    }
}

#[test]
fn each_form_has_its_json() {
    means("a b/**", json!({"operation": "a", "resource": "b/**"}));
    means("  *\t** ", json!({"operation": "*", "resource": "**"}));
    means("a b/** limit", with(json!({"limit": {"any": true}})));
    means("a b/** limit<=100", with(json!({"limit": {"max": 100}})));
    means("a b/** limit>=-1 limit<=100", with(json!({"limit": {"min": -1, "max": 100}})));
    means("a b/** limit limit<=100", with(json!({"limit": {"max": 100}})));
    means("a b/** limit?<=100", with(json!({"limit": {"max": 100, "optional": true}})));
    means("a b/** limit?", with(json!({"limit": {"any": true, "optional": true}})));
    means("a b/** to$=@acme.com", with(json!({"to": {"suffix": "@acme.com"}})));
    means("a b/** path^=/data", with(json!({"path": {"prefix": "/data"}})));
    means("a b/** file~x/*.csv", with(json!({"file": {"glob": "x/*.csv"}})));
    means("a b/** mode=ro", with(json!({"mode": {"equals": "ro"}})));
    means("a b/** n=5", with(json!({"n": {"equals": 5}})));
    means("a b/** n=\"5\"", with(json!({"n": {"equals": "5"}})));
    means("a b/** n=true m=null", with(json!({"n": {"equals": true}, "m": {"equals": null}})));
    means("a b/** n=[1,\"x\"]", with(json!({"n": {"equals": [1, "x"]}})));
    means("a b/** n=007", with(json!({"n": {"equals": "007"}})));
    means("a b/** n=a=b<c", with(json!({"n": {"equals": "a=b<c"}})));
    means("a b/** n=\"a \\\"b\\\" \\u00e9\"", with(json!({"n": {"equals": "a \"b\" é"}})));
    means("a b/** \"my limit\"<=5", with(json!({"my limit": {"max": 5}})));
    means("a b/** \"...\"<=5", with(json!({"...": {"max": 5}})));
    means("a b/** /filter/owner=me", with(json!({"/filter/owner": {"equals": "me"}})));
    means("a b/** paths[]^=/srv", with(json!({"paths": {"each": {"prefix": "/srv"}}})));
    means("a b/** n?[]<=5", with(json!({"n": {"each": {"max": 5}, "optional": true}})));
    means("a b/** n n[]>=1", with(json!({"n": {"each": {"min": 1}}})));
    means("a b/** \"my paths\"[]~a/*", with(json!({"my paths": {"each": {"glob": "a/*"}}})));
    means("a b/** n=[]", with(json!({"n": {"equals": []}})));
    means(
        "a b/** /files/*/path[]$=.md",
        with(json!({"/files/*/path": {"each": {"suffix": ".md"}}})),
    );
    means("a b/** /files/*/path", with(json!({"/files/*/path": {"any": true}})));
    means("a b/** filter/**", with(json!({"filter": {"below": true}})));
    means(
        "a b/** /f/*/meta/** filter/**",
        with(json!({"/f/*/meta": {"below": true}, "filter": {"below": true}})),
    );
    means("a b/** \"my filter\"/**", with(json!({"my filter": {"below": true}})));
    means("a b/** \"a/\"/** b//**", with(json!({"a/": {"below": true}, "b/": {"below": true}})));
    means(
        "a b/** n=1 ...",
        json!({"operation": "a", "resource": "b/**", "args": {"n": {"equals": 1}}, "other_args": "allow"}),
    );
}
