//! Patterns of operations and resources against all short texts: brute force determines which texts
//! a pattern permits, and whether one pattern lies within another.

use deputize::{Operation, OperationPattern, Resource, ResourcePattern};

/// All texts of one to four of these segments.
fn texts(separator: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut longest = vec![String::new()];
    for _ in 0..4 {
        let longer = |text: &String| {
            ["a", "b"].map(|segment| match text.as_str() {
                "" => segment.to_owned(),
                before => format!("{before}{separator}{segment}"),
            })
        };
        longest = longest.iter().flat_map(longer).collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// Patterns of up to two segments and a wildcard, so that texts of four segments distinguish them
/// all.
fn patterns(separator: &str, wildcards: &[&str], any: &str) -> Vec<String> {
    let stems = texts(separator).into_iter().filter(|text| text.len() <= 3);
    let mut all: Vec<_> = stems
        .flat_map(|stem| {
            let below = wildcards.iter().map(|wild| format!("{stem}{separator}{wild}"));
            below.chain([stem.clone()]).collect::<Vec<_>>()
        })
        .collect();
    all.push(any.to_owned());
    all
}

/// Returns true if an operation pattern covers a text, as documented.
fn covers_operation(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(stem) => text.starts_with(stem) && text.len() > stem.len(),
        None => text == pattern,
    }
}

/// Returns true if a resource pattern covers a text, as documented.
fn covers_resource(pattern: &str, text: &str) -> bool {
    if let Some(stem) = pattern.strip_suffix("**") {
        return text.starts_with(stem) && text.len() > stem.len();
    }
    match pattern.strip_suffix('*') {
        Some(stem) => text.strip_prefix(stem).is_some_and(|rest| !rest.contains('/')),
        None => text == pattern,
    }
}

#[test]
fn operation_patterns_agree_with_brute_force() {
    let texts = texts(".");
    let operations: Vec<Operation> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let patterns = patterns(".", &["*"], "*");
    for pattern in &patterns {
        let own: OperationPattern = pattern.parse().unwrap();
        for (text, operation) in texts.iter().zip(&operations) {
            assert_eq!(own.permits(operation), covers_operation(pattern, text), "{pattern} {text}");
        }
        for parent in &patterns {
            let outer: OperationPattern = parent.parse().unwrap();
            let all = operations.iter().all(|op| !own.permits(op) || outer.permits(op));
            assert_eq!(own.within(&outer), all, "{pattern} within {parent}");
        }
    }
}

#[test]
fn resource_patterns_agree_with_brute_force() {
    let texts = texts("/");
    let resources: Vec<Resource> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let patterns = patterns("/", &["*", "**"], "**");
    for pattern in &patterns {
        let own: ResourcePattern = pattern.parse().unwrap();
        for (text, resource) in texts.iter().zip(&resources) {
            assert_eq!(own.permits(resource), covers_resource(pattern, text), "{pattern} {text}");
        }
        for parent in &patterns {
            let outer: ResourcePattern = parent.parse().unwrap();
            let all = resources.iter().all(|res| !own.permits(res) || outer.permits(res));
            assert_eq!(own.within(&outer), all, "{pattern} within {parent}");
        }
    }
}
