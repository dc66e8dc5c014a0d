//! Scalars, sets, lists and their lengths.

use deputize::{Constraint, Value};

use super::{check, list};

#[test]
fn scalars_and_sets() {
    let [null, yes, no] = [Value::Null, Value::from(true), Value::from(false)];
    let [one, two, text, empty] = [1.into(), 2.into(), "1".into(), "".into()];
    let all = [null, yes, no, one, two, text, empty, list(&[]), list(&["1"])];
    let permitted = |constraint: Constraint| -> Vec<String> {
        let permitted = all.iter().filter(|value| constraint.permits(value));
        permitted.map(ToString::to_string).collect()
    };
    assert_eq!(permitted(Constraint::equals(1)), ["1"]);
    assert_eq!(permitted(Constraint::equals("1")), ["\"1\""]);
    assert_eq!(permitted(Constraint::equals(Value::Null)), ["null"]);
    assert_eq!(permitted(Constraint::equals(list(&["1"]))), ["[\"1\"]"]);
    let mixed = [Value::Null, Value::from(1), Value::from("")];
    assert_eq!(permitted(Constraint::one_of(mixed.clone())), ["null", "1", "\"\""]);
    assert_eq!(permitted(Constraint::none_of([1, 3])), ["2"]);
    assert_eq!(permitted(Constraint::none_of(["1"])), ["\"\""]);
    assert_eq!(permitted(Constraint::none_of([true])), ["false"]);
    assert_eq!(permitted(Constraint::min(2)), ["2"]);
    assert_eq!(permitted(Constraint::max(1)), ["1"]);
    // Neither of these can be written into a token, but they still refuse.
    let none: [String; 0] = [];
    assert_eq!(permitted(Constraint::none_of(none.clone())), none);
    assert_eq!(permitted(Constraint::none_of(mixed)), none);
}

#[test]
fn the_order_of_a_list_counts_where_the_list_is_the_value() {
    let own = Constraint::equals(list(&["a", "b"]));
    let denied = [list(&["b", "a"]), list(&["a"]), list(&["a", "b", "b"]), Value::from("a")];
    check(&own, &[list(&["a", "b"])], &denied);
}

#[test]
fn lengths_and_lists() {
    let null = Value::Null;
    check(
        &Constraint::max_len(2),
        &["", "ab", "é"]
            .map(Value::from)
            .into_iter()
            .chain([list(&["abc", "b"])])
            .collect::<Vec<_>>(),
        &[
            Value::from("abc"),
            Value::from("éa"),
            list(&["a", "b", "c"]),
            Value::from(1),
            null.clone(),
        ],
    );
    check(
        &Constraint::subset_of(["a", "b"]),
        &[list(&[]), list(&["a"]), list(&["b", "a", "b"])],
        &[list(&["a", "c"]), Value::from("a"), null.clone()],
    );
    check(
        &Constraint::contains_all(["a", "b"]),
        &[list(&["b", "a"]), list(&["a", "c", "b", "a"])],
        &[list(&[]), list(&["a", "a"]), Value::from("a"), null],
    );
}

#[test]
fn each_element_of_a_list() {
    let each = |limit| Constraint::each(limit).unwrap();
    let null = Value::from(vec![Value::Null]);
    check(
        &each(Constraint::subpath("/srv").unwrap()),
        &[list(&[]), list(&["/srv"]), list(&["/srv/a", "/srv/b", "/srv/a"])],
        &[
            list(&["/srv/a", "/etc/hostname"]),
            list(&["/srv/../etc"]),
            Value::from("/srv"),
            Value::from(vec![Value::from("/srv"), Value::from(1)]),
            null.clone(),
        ],
    );
    check(
        &each(Constraint::none_of([1, 2])),
        &[list(&[]), Value::from(vec![3, 4])],
        &[Value::from(vec![3, 1]), list(&["3"]), null.clone(), Value::from(3)],
    );
    check(
        &each(Constraint::max_len(1)),
        &[list(&["a", ""])],
        &[list(&["a", "é"]), Value::from(vec![1]), null, Value::from("a")],
    );
}

/// Limits on the list itself are written beside `each`, and a list of values is `subset_of`.
#[test]
fn each_takes_only_limits_on_scalars_without_a_list() {
    let inner = Constraint::each(Constraint::max(1)).unwrap();
    for (limit, remedy) in [
        (Constraint::equals(1), "subset_of"),
        (Constraint::one_of([1]), "subset_of"),
        (Constraint::subset_of([1]), "beside `each`"),
        (Constraint::contains_all([1]), "beside `each`"),
        (inner, "`*`"),
        (Constraint::prefix(""), "1 to 4096 bytes"),
    ] {
        let error = Constraint::each(limit).unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}
