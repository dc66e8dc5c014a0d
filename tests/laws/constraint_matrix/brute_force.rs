//! Every child of the pool within every parent, against all values.

use std::slice::from_ref;

use deputize::{Constraint, Value};

use super::pool::{Judged, is_finite, judged};
use super::url;

/// Compares `widened` with brute force for these children and each parent. Returns how many pairs
/// narrow.
fn check(domain: &[Value], children: &[&Judged], parents: &[Judged]) -> usize {
    let limits: Vec<_> = children.iter().map(|c| c.constraint.clone()).collect();
    let permitted = (0..domain.len()).filter(|at| children.iter().all(|c| c.permits(*at)));
    let permitted: Vec<usize> = permitted.collect();
    let is_finite = is_finite(&limits);
    let narrowed = parents.iter().filter(|parent| {
        let narrows = Constraint::widened(&limits, from_ref(&parent.constraint)).is_none();
        let against = permitted.iter().find(|at| !parent.permits(**at));
        let against = against.and_then(|at| domain.get(*at));
        let is_right = against.is_none() == narrows || !(narrows || is_finite);
        assert!(is_right, "{limits:?} within {}: {narrows}, {against:?}", parent.constraint);
        narrows
    });
    narrowed.count()
}

#[test]
fn every_kind_within_every_kind() {
    let (domain, pool) = judged();
    let mut accepted = 0_usize;
    for child in &pool {
        let own = &child.constraint;
        assert!(own.within(own), "{own}");
        let is_empty = *own == Constraint::none_of([true, false]);
        assert_eq!(!child.verdicts.contains(&true), is_empty, "{own}");
        accepted = accepted.saturating_add(check(&domain, &[child], &pool));
    }
    assert!(accepted > 500, "only {accepted} pairs narrow: does the pool still overlap?");
}

#[test]
fn every_two_kinds_together_within_every_kind() {
    let (domain, pool) = judged();
    for (at, first) in pool.iter().enumerate() {
        for second in pool.iter().skip(at) {
            check(&domain, &[first, second], &pool);
        }
    }
}

/// Every combination of some parts, in URLs and in patterns: here `within` is exact.
#[test]
fn every_url_pattern_within_every_other() {
    let mut values = Vec::new();
    for scheme in ["http", "https"] {
        for host in ["a.com", "x.a.com", "y.x.a.com", "b.com", "8.8.8.8"] {
            for port in ["", ":80", ":443", ":8443"] {
                for path in ["", "/", "/v", "/v/", "/v/w", "/v/w/x", "/vw"] {
                    values.push(Value::from(format!("{scheme}://{host}{port}{path}")));
                }
            }
        }
    }
    let mut pool: Vec<Constraint> = Vec::new();
    let hosts: [&[&str]; 6] = [
        &["a.com"],
        &["*.a.com"],
        &["*.x.a.com"],
        &["*.a.com", "a.com"],
        &["x.a.com", "b.com"],
        &["8.8.8.8"],
    ];
    let ports: [&[u16]; 4] = [&[], &[80], &[443], &[80, 443, 8443]];
    for schemes in [&["http"][..], &["https"], &["http", "https"]] {
        for hosts in hosts {
            for ports in ports {
                let paths = ["", "/v", "/v/w"].into_iter();
                pool.extend(paths.map(|path| url(schemes, hosts, ports, path)));
            }
        }
    }
    let heads = [
        "h",
        "http:",
        "https:",
        "https://a.com",
        "https://x",
        "https://x.a.com/",
        "https://*",
        "/",
    ];
    let narrows = pool.len();
    pool.extend(heads.map(Constraint::prefix));
    let verdicts = |c: &Constraint| values.iter().map(|v| c.permits(v)).collect::<Vec<_>>();
    let judged: Vec<_> = pool.iter().map(|c| (c, verdicts(c))).collect();
    for (child, own) in judged.iter().take(narrows) {
        for (parent, outer) in &judged {
            let against = own.iter().zip(outer).position(|(own, outer)| *own && !*outer);
            let against = against.and_then(|at| values.get(at));
            if child.within(parent) {
                assert_eq!(against, None, "[{child}] within [{parent}]");
            } else if matches!(parent, Constraint::Url(_)) {
                assert_ne!(against, None, "[{child}] within [{parent}]");
            }
        }
    }
}
