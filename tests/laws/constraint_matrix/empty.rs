//! Limits that are reported as impossible permit no value.

use deputize::{Capability, Constraint, Grant, LintCode};
use time::Duration;

use super::pool::{domain, pool};
use crate::common::{agent, now, planner};

/// Returns true if the limits are reported as impossible.
fn is_reported(limits: &[Constraint]) -> bool {
    let own = Capability::new("a", "b").unwrap().with_arg("n", limits.iter().cloned()).unwrap();
    let to = agent("planner", &planner());
    let grant = Grant::new(to, [own], now() + Duration::hours(1), "a test").unwrap();
    grant.lints(now()).iter().any(|lint| lint.code == LintCode::ImpossibleLimits)
}

#[test]
fn no_value_satisfies_limits_that_are_reported_as_impossible() {
    let pool = pool();
    let domain = domain(&pool);
    let (mut reported, mut unsatisfied) = (0, 0);
    for (at, first) in pool.iter().enumerate() {
        for second in pool.iter().skip(at).filter(|own| own.kind() != first.kind()) {
            let limits = [first.clone(), second.clone()];
            let value = domain.iter().find(|v| limits.iter().all(|limit| limit.permits(v)));
            let is_reported = is_reported(&limits);
            assert!(!is_reported || value.is_none(), "{first} and {second} permit {value:?}");
            reported += usize::from(is_reported);
            unsatisfied += usize::from(value.is_none());
        }
    }
    println!("{reported} of {unsatisfied} pairs that no sample satisfies are reported");
    assert!(reported * 10 > unsatisfied * 7, "{reported} of {unsatisfied}");
}
