//! Checks with a budget of work: each is right, or says that the work does not suffice.

use deputize::{Capability, Constraint, Request, Value};

fn limits() -> Vec<Constraint> {
    vec![
        Constraint::glob("/srv/**/*.csv").unwrap(),
        Constraint::glob("/srv/*/q4.csv").unwrap(),
        Constraint::subpath("/srv/a").unwrap(),
        Constraint::subset_of(["a", "b"]),
        Constraint::each(Constraint::prefix("a")).unwrap(),
        Constraint::max(5),
        Constraint::equals("a"),
    ]
}

fn capability(limit: &Constraint) -> Capability {
    Capability::new("files.read", "docs/**").unwrap().with_arg("own", [limit.clone()]).unwrap()
}

#[test]
fn a_budget_changes_no_answer() {
    let values = [
        Value::from("/srv/a/q4.csv"),
        Value::from("/srv/b/c/q4.csv"),
        Value::from("a"),
        Value::from(3),
        Value::List(vec![Value::from("a"), Value::from("ab"), Value::from("b")]),
        Value::List(vec![Value::from("a"); 40]),
    ];
    let mut refused = 0;
    for limit in &limits() {
        for value in &values {
            let json = serde_json::json!({ "own": value }).to_string();
            let call = Request::new("files.read", "docs/1", "files.acme.com").unwrap();
            let call = call.with_args(&json).unwrap();
            for budget in (0..200).chain([100_000]) {
                let (mut work, mut of_call) = (budget, budget);
                let answer = limit.permits_with(value, &mut work);
                let of_capability = capability(limit).permits_with(&call, &mut of_call);
                assert_eq!((answer, work), (of_capability, of_call), "{limit} of {value}");
                assert!(work <= budget);
                match answer {
                    Some(answer) => assert_eq!(answer, limit.permits(value), "{limit} of {value}"),
                    None => {
                        assert!(work == 0 && budget < 100_000);
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 100);
}

#[test]
fn a_budget_narrows_and_never_widens() {
    let mut refused = 0;
    for (own, parent) in limits().iter().flat_map(|own| limits().into_iter().map(move |p| (own, p)))
    {
        let is_within = own.within(&parent);
        for budget in (0..200).chain([100_000]) {
            let (mut work, mut of_both) = (budget, budget);
            let found = capability(own).within_with(&capability(&parent), &mut work);
            let parents = [parent.clone()];
            let widened =
                Constraint::widened_with(std::slice::from_ref(own), &parents, &mut of_both);
            assert!(is_within || (!found && widened.is_some()), "{own} within {parent}");
            assert!(budget < 100_000 || (found == is_within && widened.is_none() == is_within));
            refused += u32::from(found != is_within);
        }
    }
    assert!(refused > 100);
}
