//! Narrowing of constraints against brute force: every kind within every other.
//!
//! `within` may refuse a narrower child, but never accepts a wider one; for a finite child it is
//! exact.

mod pool;
mod brute_force;
mod named;
mod empty;

use deputize::{Constraint, UrlPattern, Value};

fn glob(pattern: &str) -> Constraint {
    Constraint::glob(pattern).unwrap()
}

fn subpath(directory: &str) -> Constraint {
    Constraint::subpath(directory).unwrap()
}

fn cidr(network: &str) -> Constraint {
    Constraint::cidr(network).unwrap()
}

fn url(schemes: &[&str], hosts: &[&str], ports: &[u16], path: &str) -> Constraint {
    let pattern = UrlPattern::new(schemes.iter().copied(), hosts.iter().copied()).unwrap();
    let pattern = pattern.with_ports(ports.iter().copied()).unwrap();
    Constraint::url(pattern.with_path_prefix(path).unwrap())
}

fn each(limit: Constraint) -> Constraint {
    Constraint::each(limit).unwrap()
}

fn list(items: &[&str]) -> Value {
    Value::from(items.to_vec())
}
