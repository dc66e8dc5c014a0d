//! Limits of calls and their arguments.

use deputize::Request;
use deputize::limits::MAX_ARGUMENT_BYTES;

use super::{Limit, MAX_INTEGER, made, x};

pub(super) const LIMITS: &[Limit] = &[
    (
        "bytes of the service of a call",
        256,
        |n| made(Request::new("a", "b", &x(n))),
        "1 to 256 bytes",
    ),
    (
        "bytes of the operation of a call",
        256,
        |n| made(Request::new(&x(n), "b", "c")),
        "at most 256 are",
    ),
    (
        "bytes of the name of a call's argument",
        256,
        |n| called(&format!(r#"{{"{}":1}}"#, x(n))),
        "1 to 256",
    ),
    (
        "segments of a call's resource",
        64,
        |n| made(Request::new("a", &vec!["a"; n].join("/"), "c")),
        "at most 64 are",
    ),
    (
        "bytes of a call's resource",
        4096,
        |n| made(Request::new("a", &x(n), "c")),
        "at most 4096 are",
    ),
    ("integers of a call", MAX_INTEGER, |n| called(&format!(r#"{{"a":{n}}}"#)), "2^53"),
    (
        "integers of a call, below zero",
        MAX_INTEGER,
        |n| called(&format!(r#"{{"a":[-{n}]}}"#)),
        "2^53",
    ),
    (
        "arguments of a call",
        256,
        |n| called(&object((0..n).map(|i| format!(r#""a{i}":1"#)))),
        "more than 256 arguments",
    ),
    (
        "arguments of a call, inside an object",
        256,
        |n| called(&format!(r#"{{"a":{}}}"#, object((0..n).map(|i| format!(r#""{i}":1"#))))),
        "more than 256 arguments",
    ),
    ("objects of a call", 256, objects, "256 objects"),
    (
        "arguments of a call, inside a list",
        256,
        |n| called(&format!(r#"{{"a":[{}]}}"#, list_of((0..n).map(|i| format!(r#"{{"{i}":1}}"#))))),
        "more than 256 arguments",
    ),
    (
        "lists of objects of a call",
        256,
        |n| called(&object((0..n).map(|i| format!(r#""a{i}":[{{"b":1}},{{"b":{{}}}}]"#)))),
        "more than 256 arguments",
    ),
    (
        "objects of a call, inside a list",
        255,
        |n| {
            called(&format!(
                r#"{{"a":[{}]}}"#,
                list_of((0..n).map(|i| format!(r#"{{"{i}":{{"b":1}}}}"#)))
            ))
        },
        "256 objects",
    ),
    (
        "bytes of the name of what is in a list of a call",
        256,
        |n| called(&format!(r#"{{"a":[{{"{}":1}}]}}"#, x(n - 5))),
        "1 to 256",
    ),
    (
        "depth of a call's lists of objects",
        16,
        |n| called(&format!(r#"{{"a":[{}1{}]}}"#, r#"{"a":"#.repeat(n - 2), "}".repeat(n - 2))),
        "more than 16 levels",
    ),
    (
        "elements and members of a call's arguments",
        262_144,
        |n| called(&format!(r#"{{"a":[{}1]}}"#, "1,".repeat(n - 2))),
        "more than 262144 values",
    ),
    (
        "elements and members in objects of a call's arguments",
        262_144,
        |n| {
            called(&format!(
                r#"{{"a":[{}{}]}}"#,
                r#"{"":0},"#.repeat(n / 2 - 1),
                if n % 2 == 0 { "0" } else { "0,0" }
            ))
        },
        "more than 262144 values",
    ),
    (
        "bytes of a call's arguments",
        MAX_ARGUMENT_BYTES,
        |n| called(&format!(r#"{{"a":"{}"}}"#, x(n - 8))),
        "16777217 bytes, and at most 16777216",
    ),
    (
        "bytes of a call's arguments that were parsed",
        MAX_ARGUMENT_BYTES,
        |n| {
            let args = serde_json::json!({ "a": x(n - 8) });
            made(
                Request::new("a", "b", "c")
                    .unwrap()
                    .with_arg_map(args.as_object().unwrap().clone()),
            )
        },
        "16777217 bytes, and at most 16777216",
    ),
    (
        "bytes of a call",
        MAX_ARGUMENT_BYTES,
        |n| {
            let rest = r#"{"operation":"a","resource":"b","audience":"c","args":{"a":""}}"#;
            let call = rest.replace(r#""""#, &format!(r#""{}""#, x(n - rest.len())));
            made(Request::from_json(&call))
        },
        "16777217 bytes, and at most 16777216",
    ),
    (
        "depth of a call's objects",
        16,
        |n| called(&format!("{}1{}", r#"{"a":"#.repeat(n), "}".repeat(n))),
        "more than 16 levels",
    ),
    (
        "depth of a call's lists",
        16,
        |n| called(&format!(r#"{{"a":{}1{}}}"#, "[".repeat(n - 1), "]".repeat(n - 1))),
        "more than 16 levels",
    ),
];

fn called(args: &str) -> Result<(), String> {
    made(Request::new("a", "b", "c").unwrap().with_args(args))
}

fn object(members: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn list_of(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// Half of the objects are inside the other half, so that there are fewer leaves.
fn objects(count: usize) -> Result<(), String> {
    let two = |i| format!(r#""a{i}":{{"b":{{"c":1}}}}"#);
    let one = (count % 2 == 1).then(|| r#""a":{"b":1}"#.to_owned());
    called(&object((0..count / 2).map(two).chain(one)))
}
