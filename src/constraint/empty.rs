//! Limits that together permit no value.

use std::collections::BTreeSet;

use super::within::{enumerate_permitted, type_samples};
use super::{Budget, Constraint};
use crate::request::value::Value;

impl Constraint {
    /// Returns true if no value satisfies all of these limits.
    ///
    /// `true` is always right. `false` may be wrong: the strings that several patterns permit
    /// together are not computed.
    pub(crate) fn permit_nothing(limits: &[Self], work: &Budget) -> bool {
        let all: Vec<&Self> = limits.iter().collect();
        let is_empty = match enumerate_permitted(&all, work) {
            Some(values) => values.is_empty(),
            None => {
                exclude_every_type(limits)
                    || exclude_each_other(limits)
                    || require_a_refused_element(limits, work)
            }
        };
        // A value counts as refused when the budget is exhausted.
        is_empty && !work.is_exhausted()
    }

    /// Returns true if no value satisfies both limits. The limits are of different kinds, in the
    /// order of kinds.
    fn excludes(&self, later: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.head(), later.head())
            && !(a.starts_with(b) || b.starts_with(a))
        {
            return true;
        }
        if let (Some(a), Some(b)) = (self.tail(), later.tail())
            && !(a.ends_with(b) || b.ends_with(a))
        {
            return true;
        }
        match (self, later) {
            (own, Self::MaxLen(most)) => u64::try_from(own.least_length()).is_ok_and(|n| n > *most),
            (Self::MaxLen(most), Self::ContainsAll(set)) => {
                u64::try_from(set.len()).is_ok_and(|n| n > *most)
            }
            (Self::Prefix(text), Self::Url(pattern)) => pattern.schemes().iter().all(|scheme| {
                let head = format!("{scheme}://");
                !(head.starts_with(text.as_str()) || text.starts_with(&head))
            }),
            // A URL has `//` in it, which no path and no address has.
            (Self::Glob(_) | Self::Subpath(_), Self::Url(_)) | (Self::Url(_), Self::Cidr(_)) => {
                true
            }
            // No relative path is absolute.
            (Self::Glob(glob), Self::Subpath(directory)) => {
                glob.as_str().starts_with('/') != directory.as_str().starts_with('/')
            }
            (Self::Prefix(text), Self::Glob(glob)) => {
                !text.is_empty() && text.starts_with('/') != glob.as_str().starts_with('/')
            }
            _ => false,
        }
    }

    /// Returns a length in bytes that no permitted string falls below.
    fn least_length(&self) -> usize {
        let known = |text: Option<&str>| text.map_or(0, str::len);
        known(self.head()).max(known(self.tail()))
    }
}

fn exclude_every_type(limits: &[Constraint]) -> bool {
    let is_excluded = |sample: &Value| limits.iter().any(|limit| !limit.covers_type(sample));
    type_samples().iter().all(is_excluded)
}

fn exclude_each_other(limits: &[Constraint]) -> bool {
    let mut sorted: Vec<&Constraint> = limits.iter().collect();
    sorted.sort();
    let mut rest = sorted.as_slice();
    while let Some((own, later)) = rest.split_first() {
        if later.iter().any(|other| own.excludes(other)) {
            return true;
        }
        rest = later;
    }
    false
}

/// Returns true if `contains_all` requires an element that `subset_of` or `each` refuses.
fn require_a_refused_element(limits: &[Constraint], work: &Budget) -> bool {
    let required = limits.iter().find_map(|limit| match limit {
        Constraint::ContainsAll(set) => Some(set),
        _ => None,
    });
    let refuses = |limit: &Constraint, set: &BTreeSet<Value>| match limit {
        Constraint::SubsetOf(listed) => !set.is_subset(listed),
        Constraint::Each(limit) => set.iter().any(|value| !limit.permits_element(value, work)),
        _ => false,
    };
    required.is_some_and(|set| limits.iter().any(|limit| refuses(limit, set)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::constraint::UrlPattern;

    fn glob(text: &str) -> Constraint {
        Constraint::glob(text).unwrap()
    }

    fn subpath(text: &str) -> Constraint {
        Constraint::subpath(text).unwrap()
    }

    fn url(text: &str) -> Constraint {
        Constraint::Url(text.parse::<UrlPattern>().unwrap())
    }

    fn is_empty(limits: &[Constraint]) -> bool {
        Constraint::permit_nothing(limits, &Budget::unlimited())
    }

    #[test]
    fn contradictions_are_found() {
        let each = |limit| Constraint::each(limit).unwrap();
        let cidr = Constraint::cidr("10.0.0.0/8").unwrap();
        for limits in [
            vec![Constraint::min(2), Constraint::max(1)],
            vec![Constraint::min(9_000_000_000), Constraint::max(-9_000_000_000)],
            vec![Constraint::one_of([1, 2]), Constraint::min(3)],
            vec![Constraint::equals(5), Constraint::none_of([5])],
            vec![Constraint::none_of([5]), Constraint::min(5), Constraint::max(5)],
            vec![Constraint::none_of([true, false])],
            vec![Constraint::min(1), Constraint::prefix("a")],
            vec![Constraint::none_of([1]), Constraint::suffix("a")],
            vec![Constraint::max(1), Constraint::max_len(5)],
            vec![Constraint::prefix("a"), Constraint::subset_of(["a"])],
            vec![Constraint::prefix("/srv"), subpath("/data")],
            vec![Constraint::prefix("b"), glob("a/**")],
            vec![Constraint::prefix("/a"), glob("**")],
            vec![glob("**"), subpath("/srv")],
            vec![glob("a/*"), subpath("b")],
            vec![Constraint::suffix(".md"), glob("**/*.csv")],
            vec![Constraint::prefix("abc"), Constraint::max_len(2)],
            vec![subpath("/srv/data"), Constraint::max_len(5)],
            vec![Constraint::prefix("http:"), url("https://acme.com")],
            vec![glob("**"), url("https://acme.com")],
            vec![subpath("/srv"), url("https://acme.com")],
            vec![url("https://acme.com"), cidr],
            vec![Constraint::max_len(1), Constraint::contains_all([1, 2])],
            vec![Constraint::subset_of([1]), Constraint::contains_all([2])],
            vec![Constraint::contains_all([2]), each(Constraint::max(1))],
            vec![Constraint::contains_all(["a"]), each(Constraint::max(1))],
        ] {
            assert!(is_empty(&limits), "{limits:?}");
        }
    }

    #[test]
    fn limits_with_a_value_in_common_are_not_empty() {
        for (limits, value) in [
            (vec![], Value::Null),
            (vec![Constraint::min(1), Constraint::max(1)], Value::from(1)),
            (vec![Constraint::prefix("a"), Constraint::suffix("a")], Value::from("a")),
            (vec![Constraint::prefix("/srv/d"), subpath("/srv")], Value::from("/srv/d")),
            (vec![Constraint::prefix("a"), glob("a/**")], Value::from("a")),
            (vec![Constraint::prefix(""), glob("/a/**")], Value::from("/a")),
            (vec![Constraint::prefix("a/b"), glob("a/**")], Value::from("a/b")),
            (vec![glob("/**/x"), subpath("/srv")], Value::from("/srv/x")),
            (vec![glob("**/b"), Constraint::suffix("b"), Constraint::max_len(1)], Value::from("b")),
            (
                vec![Constraint::prefix("https://a"), url("https://a.com")],
                Value::from("https://a.com"),
            ),
            (vec![Constraint::prefix("ht"), url("https://a.com")], Value::from("https://a.com")),
            (
                vec![Constraint::max_len(2), Constraint::contains_all([1, 2])],
                Value::from(vec![1, 2]),
            ),
            (vec![Constraint::max_len(0)], Value::from("")),
            (
                vec![Constraint::subset_of(["a"]), Constraint::each(Constraint::max(1)).unwrap()],
                Value::List(Vec::new()),
            ),
        ] {
            assert!(limits.iter().all(|limit| limit.permits(&value)), "{limits:?} {value}");
            assert!(!is_empty(&limits), "{limits:?}");
        }
    }

    #[test]
    fn an_exhausted_budget_finds_nothing() {
        let work = Budget::for_decision();
        work.spend(usize::MAX);
        assert!(!Constraint::permit_nothing(&[Constraint::min(2), Constraint::max(1)], &work));
    }
}
