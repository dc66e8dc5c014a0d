//! Narrowings that `DESIGN.md` names, and widenings.

use std::slice::from_ref;

use deputize::{Constraint, Value};

use super::{cidr, each, glob, list, subpath, url};

#[test]
fn every_narrowing_that_the_design_names_is_accepted() {
    let accepted: &[(&[Constraint], Constraint)] = &[
        // A finite child, element by element, whatever the parent's kind.
        (&[Constraint::one_of(["@acme.com", "b@acme.com"])], Constraint::suffix("@acme.com")),
        (&[Constraint::one_of(["ab", "ac"])], Constraint::prefix("a")),
        (&[Constraint::equals("reports/q3.csv")], glob("reports/*.csv")),
        (&[Constraint::one_of([1, 2])], Constraint::max(2)),
        (
            &[Constraint::equals("https://api.acme.com/v1")],
            url(&["https"], &["*.acme.com"], &[], "/v1"),
        ),
        (&[Constraint::equals("10.1.2.3")], cidr("10.0.0.0/8")),
        (&[Constraint::one_of(["/srv/data", "/srv/data/x"])], subpath("/srv/data")),
        (&[Constraint::one_of(["a", "c"])], Constraint::none_of(["b"])),
        (&[Constraint::equals("abc")], Constraint::max_len(3)),
        (&[Constraint::equals(list(&["a", "a"]))], Constraint::subset_of(["a", "b"])),
        (&[Constraint::equals(list(&["a", "b"]))], Constraint::contains_all(["a"])),
        (&[Constraint::equals("a")], Constraint::one_of(["a", "b"])),
        (&[Constraint::one_of(["a"])], Constraint::equals("a")),
        // A finite child with another limit that excludes the values that the parent forbids.
        (&[Constraint::one_of(["a", "b"]), Constraint::none_of(["b"])], Constraint::equals("a")),
        (&[Constraint::one_of([1, 500]), Constraint::max(100)], Constraint::max(100)),
        // A range.
        (&[Constraint::min(1), Constraint::max(3)], Constraint::one_of([1, 2, 3])),
        (
            &[Constraint::min(1), Constraint::max(3), Constraint::none_of([2])],
            Constraint::one_of([1, 3]),
        ),
        (&[Constraint::min(7), Constraint::max(7)], Constraint::equals(7)),
        (&[Constraint::min(1), Constraint::max(256)], Constraint::one_of(1..=256_i64)),
        (
            &[Constraint::min(1), Constraint::min(5), Constraint::max(999), Constraint::max(5)],
            Constraint::equals(5),
        ),
        // Tighter limits of the same kind.
        (&[Constraint::max(10)], Constraint::max(100)),
        (&[Constraint::min(10)], Constraint::min(1)),
        (&[Constraint::prefix("ab")], Constraint::prefix("a")),
        (&[Constraint::prefix("a/b/c/")], Constraint::prefix("a/b/")),
        (&[Constraint::suffix("@eu.acme.com")], Constraint::suffix("acme.com")),
        (&[Constraint::subset_of(["a"])], Constraint::subset_of(["a", "b"])),
        (&[Constraint::contains_all(["a", "b"])], Constraint::contains_all(["a"])),
        (&[Constraint::none_of(["a", "b"])], Constraint::none_of(["a"])),
        (&[Constraint::max_len(3)], Constraint::max_len(4)),
        (&[glob("reports/2026/**")], glob("reports/**")),
        (&[glob("reports/2026/*.csv")], glob("reports/*/*")),
        (&[glob("reports/**/q*3.csv")], glob("**/*.csv")),
        (&[glob("a/**/b/**/c")], glob("a/**/c")),
        (&[subpath("/srv/data/x")], subpath("/srv/data")),
        (&[cidr("10.1.0.0/16")], cidr("10.0.0.0/8")),
        (
            &[url(&["https"], &["*.eu.acme.com"], &[8443], "/v1/x")],
            url(&["http", "https"], &["*.acme.com"], &[443, 8443], "/v1"),
        ),
        (&[url(&["https"], &["a.b.com"], &[], "")], url(&["https"], &["*.b.com"], &[443], "")),
        (&[url(&["https"], &["a.com"], &[443], "")], url(&["https"], &["a.com"], &[], "")),
        // Across kinds.
        (&[glob("accounts/emea/*")], Constraint::prefix("accounts/emea/")),
        (&[glob("reports/*.csv")], Constraint::suffix(".csv")),
        (&[glob("/srv/data/*/log")], subpath("/srv/data")),
        (&[glob("/srv/data/**")], subpath("/srv/data")),
        (&[subpath("/srv/data")], glob("/srv/**")),
        (&[subpath("/srv/data")], Constraint::prefix("/srv/")),
        (&[url(&["https"], &["a.com"], &[], "/v1")], Constraint::prefix("https://a.com")),
        (&[Constraint::prefix("a")], Constraint::none_of(["b"])),
        (&[Constraint::max(3)], Constraint::none_of([4, 5])),
        (&[Constraint::none_of([4]), Constraint::max(4)], Constraint::none_of([4, 5])),
        (&[cidr("10.0.0.0/8")], Constraint::none_of(["127.0.0.1", "localhost"])),
        (&[Constraint::max_len(3), Constraint::suffix("x")], Constraint::none_of(["y", "longx"])),
        // Every element of a list.
        (&[each(subpath("/srv/data"))], each(subpath("/srv"))),
        (&[each(glob("/srv/data/*"))], each(subpath("/srv/data"))),
        (&[each(Constraint::max(1))], each(Constraint::none_of([2, 3]))),
        (&[each(Constraint::max_len(3))], each(Constraint::none_of(["long"]))),
        (&[each(Constraint::max_len(0))], each(Constraint::none_of(["a"]))),
        (&[each(Constraint::none_of([true]))], Constraint::subset_of([false])),
        (&[each(glob("a/b"))], Constraint::subset_of(["a/b", "c"])),
        (&[each(cidr("10.1.2.3/32"))], each(Constraint::prefix("10."))),
        (&[Constraint::subset_of(["/srv", "/srv/x"])], each(subpath("/srv"))),
        (&[Constraint::subset_of([1, 2]), Constraint::max_len(1)], each(Constraint::min(1))),
        (
            &[Constraint::subset_of(["ab", "b"]), each(Constraint::prefix("a"))],
            Constraint::subset_of(["ab"]),
        ),
        (
            &[Constraint::subset_of(["ab", "b"]), each(Constraint::prefix("a"))],
            each(Constraint::suffix("ab")),
        ),
        (&[Constraint::equals(list(&["a", "ab"]))], each(Constraint::prefix("a"))),
        (&[Constraint::equals(list(&[]))], each(Constraint::max(0))),
        (&[Constraint::max_len(0), Constraint::contains_all(["a"])], each(Constraint::max(0))),
        (&[Constraint::one_of(["a"]), each(Constraint::max(0))], Constraint::equals("z")),
        // Finite sets without a list.
        (&[cidr("10.1.2.3/32")], Constraint::equals("10.1.2.3")),
        (&[glob("a/b")], Constraint::one_of(["a/b"])),
        (&[Constraint::none_of([true])], Constraint::equals(false)),
        (&[Constraint::max_len(0), Constraint::subset_of(["a"])], Constraint::equals(list(&[]))),
    ];
    for (child, parent) in accepted {
        assert_eq!(Constraint::widened(child, from_ref(parent)), None, "{child:?}");
    }
}

#[test]
fn widenings_are_refused() {
    let refused: &[(&[Constraint], Constraint)] = &[
        (&[], Constraint::max(1)),
        (&[Constraint::max(101)], Constraint::max(100)),
        (&[Constraint::max(3)], Constraint::one_of([1, 2, 3])),
        (&[Constraint::one_of(["1"])], Constraint::max(3)),
        (&[Constraint::one_of([Value::Null, Value::from(1)])], Constraint::max(3)),
        (&[Constraint::none_of([1])], Constraint::none_of(["1"])),
        (&[Constraint::none_of(["a"])], Constraint::none_of(["a", "b"])),
        (&[Constraint::max_len(3)], Constraint::none_of(["long"])),
        (&[Constraint::prefix("a")], Constraint::prefix("ab")),
        (&[Constraint::prefix("accounts/emea/")], glob("accounts/**")),
        (&[Constraint::prefix("/srv/data/")], subpath("/srv/data")),
        (&[glob("reports/**")], glob("reports/*")),
        (&[glob("reports/**")], Constraint::prefix("reports/")),
        (&[glob("**/b")], Constraint::suffix("/b")),
        (&[glob("**")], subpath("/")),
        (&[subpath("/srv/database")], subpath("/srv/data")),
        (&[subpath("srv")], subpath("/srv")),
        (&[url(&["https"], &["a.com"], &[], "/v10")], url(&["https"], &["a.com"], &[], "/v1")),
        (
            &[url(&["http", "https"], &["a.com"], &[80], "")],
            url(&["http", "https"], &["a.com"], &[], ""),
        ),
        (&[url(&["https"], &["*.acme.com"], &[], "")], url(&["https"], &["acme.com"], &[], "")),
        (&[url(&["https"], &["*.acme.com"], &[], "")], Constraint::prefix("https://api.")),
        (&[url(&["https"], &["*.acme.com"], &[], "")], Constraint::prefix("https://*")),
        (&[Constraint::subset_of(["a"])], Constraint::max_len(1)),
        (&[Constraint::contains_all(["a"])], Constraint::subset_of(["a"])),
        (&[each(subpath("/srv"))], each(subpath("/srv/data"))),
        (&[each(subpath("/srv"))], subpath("/srv")),
        (&[subpath("/srv")], each(subpath("/srv"))),
        (&[each(Constraint::max(1))], each(Constraint::none_of(["a"]))),
        (&[each(Constraint::max(1))], Constraint::max_len(9)),
        (&[each(Constraint::prefix("a"))], Constraint::subset_of(["a"])),
        (&[each(Constraint::prefix("a"))], Constraint::contains_all(["a"])),
        (&[Constraint::subset_of(["/srv", "/etc"])], each(subpath("/srv"))),
        (&[Constraint::contains_all(["a"])], each(Constraint::prefix("a"))),
        (&[Constraint::max_len(9)], each(Constraint::max_len(9))),
        (&[cidr("0.0.0.0/0")], cidr("::/0")),
        (&[Constraint::min(i64::MIN), Constraint::max(i64::MAX)], Constraint::none_of([0])),
    ];
    for (child, parent) in refused {
        assert_eq!(Constraint::widened(child, from_ref(parent)), Some(parent), "{child:?}");
    }
}

#[test]
fn the_first_limit_that_is_widened_is_named() {
    let child = [Constraint::prefix("a/b/"), Constraint::max_len(20)];
    let parent = |length| [Constraint::prefix("a/"), Constraint::max_len(length)];
    assert_eq!(Constraint::widened(&child, &parent(20)), None);
    assert_eq!(Constraint::widened(&child, &parent(19)), Some(&Constraint::max_len(19)));
    assert_eq!(Constraint::widened(&child, &[]), None);
}
