//! The values that each kind of constraint permits, and spellings that it must not permit.

mod values;
mod texts;
mod networks;
mod urls;

use deputize::{Constraint, ConstraintKind, UrlPattern, Value};

fn check(constraint: &Constraint, allowed: &[Value], denied: &[Value]) {
    for value in allowed {
        assert!(constraint.permits(value), "[{constraint}] denies {value}");
    }
    for value in denied {
        assert!(!constraint.permits(value), "[{constraint}] permits {value}");
    }
}

fn check_texts(constraint: &Constraint, allowed: &[&str], denied: &[&str]) {
    let values = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
    check(constraint, &values(allowed), &values(denied));
    let others = [
        Value::Null,
        Value::from(true),
        Value::from(1),
        Value::from(values(allowed)),
        Value::List(Vec::new()),
    ];
    check(constraint, &[], &others);
}

fn list(items: &[&str]) -> Value {
    Value::from(items.to_vec())
}

#[test]
fn every_kind_permits_something_and_denies_what_it_is_not_about() {
    for kind in ConstraintKind::ALL {
        let (limit, permitted) = match kind {
            ConstraintKind::Equals => (Ok(Constraint::equals("a")), Value::from("a")),
            ConstraintKind::OneOf => (Ok(Constraint::one_of([1, 2])), Value::from(2)),
            ConstraintKind::NoneOf => (Ok(Constraint::none_of([1, 2])), Value::from(3)),
            ConstraintKind::Min => (Ok(Constraint::min(1)), Value::from(1)),
            ConstraintKind::Max => (Ok(Constraint::max(1)), Value::from(1)),
            ConstraintKind::Prefix => (Ok(Constraint::prefix("a")), Value::from("ab")),
            ConstraintKind::Suffix => (Ok(Constraint::suffix("b")), Value::from("ab")),
            ConstraintKind::Glob => (Constraint::glob("a/*"), Value::from("a/b")),
            ConstraintKind::Subpath => (Constraint::subpath("a"), Value::from("a/b")),
            ConstraintKind::Url => (
                UrlPattern::new(["https"], ["acme.com"]).map(Constraint::url),
                Value::from("https://acme.com/"),
            ),
            ConstraintKind::Cidr => (Constraint::cidr("10.0.0.0/8"), Value::from("10.1.2.3")),
            ConstraintKind::MaxLen => (Ok(Constraint::max_len(1)), Value::from("a")),
            ConstraintKind::SubsetOf => (Ok(Constraint::subset_of(["a"])), list(&["a"])),
            ConstraintKind::ContainsAll => (Ok(Constraint::contains_all(["a"])), list(&["a"])),
            ConstraintKind::Each => (Constraint::each(Constraint::max(1)), Value::from(vec![1])),
        };
        let limit = limit.unwrap();
        assert_eq!(limit.kind(), *kind);
        check(&limit, &[permitted], &[Value::Null, Value::from(true), Value::from(vec![true; 2])]);
    }
}
