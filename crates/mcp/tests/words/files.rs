//! Each vocabulary has the tools and the arguments of its server, and nothing else.

use std::collections::BTreeSet;

use deputize::{Capability, Constraint, Presence};
use deputize_mcp::words::{ArgumentKind, Vocabulary};
use serde_json::json;

use crate::judged::{operand, tool_of};
use crate::schemas::leaves;
use crate::servers::{ALL, Server};

/// Returns the differences between a server and its vocabulary.
fn differences(server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    let known: Vec<_> = server.words.tools().collect();
    for (tool, _) in known.iter().filter(|(tool, _)| !server.tools.contains_key(*tool)) {
        found.push(format!("the server lacks the tool {tool}"));
    }
    for (tool, schema) in &server.tools {
        let Some((_, own)) = known.iter().find(|(name, _)| name == tool) else {
            found.push(format!("the vocabulary lacks the tool {tool}"));
            continue;
        };
        let leaves = leaves(schema);
        let is_inside = |name: &str| {
            let mut objects = own.iter().filter(|(_, kind)| **kind == ArgumentKind::Objects);
            objects
                .any(|(outer, _)| name.starts_with(&format!("/{}/", outer.trim_start_matches('/'))))
        };
        for name in leaves.keys().filter(|name| !own.contains_key(*name) && !is_inside(name)) {
            found.push(format!("the vocabulary lacks the argument {name} of {tool}"));
        }
        for (name, kind) in *own {
            let holds_others = leaves.keys().any(|own| own.starts_with(&format!("/{name}/")));
            match leaves.get(name) {
                None if *kind == ArgumentKind::Objects && holds_others => {}
                None => found.push(format!("the server lacks the argument {name} of {tool}")),
                Some(leaf) if leaf.is(*kind) => {}
                Some(leaf) => {
                    found.push(format!("{name} of {tool} is {} and not {kind:?}", leaf.schema));
                }
            }
        }
    }
    found
}

#[test]
fn every_tool_and_every_argument_of_the_servers_is_in_their_vocabularies() {
    let mut tools = 0;
    for server in ALL.iter() {
        assert_eq!(differences(server), [""; 0], "{}", server.name);
        tools += server.tools.len();
    }
    assert!(tools > 50, "{tools}");
}

/// An update of a server is noticed.
#[test]
fn a_difference_between_a_server_and_its_vocabulary_is_found() {
    let words = Vocabulary::parse(
        "server = 's'\n[tools.read]\npath = 'path'\nn = 'text'\nx = 'flag'\nwhole = 'objects'\n[tools.gone]",
    );
    let text = json!({"type": "string"});
    let objects = json!({"type": "array", "items": {"type": "object", "properties": {"a": text}}});
    let read = json!({"properties": {
        "path": text, "n": {"type": "integer"}, "whole": objects, "files": objects,
    }});
    let tools = [("read".to_owned(), read), ("new".to_owned(), json!({}))].into();
    let server = Server { name: "s", tools, words: words.unwrap() };
    assert_eq!(
        differences(&server),
        [
            "the server lacks the tool gone",
            "the vocabulary lacks the tool new",
            "the vocabulary lacks the argument /files/*/a of read",
            "n of read is {\"type\":\"integer\"} and not Text",
            "the server lacks the argument x of read",
        ]
    );
}

/// Returns the capabilities of a word with operands of their kinds.
fn expanded(words: &Vocabulary, word: &str, operands: &[ArgumentKind]) -> Vec<Capability> {
    let operands: Vec<_> = operands.iter().map(|kind| operand(*kind)).collect();
    words.expand(&format!("{word} {}", operands.join(" "))).unwrap().unwrap()
}

/// What an operand limits must be there: a server acts on more without it.
#[test]
fn each_operand_limits_an_argument_that_each_tool_must_have() {
    let mut limited = 0;
    for server in ALL.iter() {
        for (word, operands) in server.words.words() {
            let own = expanded(&server.words, word, operands);
            for (granted, (index, kind)) in
                own.iter().flat_map(|own| operands.iter().enumerate().map(move |kind| (own, kind)))
            {
                // Another operand at this place changes the limits that depend on it.
                let other = match operand(*kind) {
                    "3" => "4".to_owned(),
                    own => format!("{own}-other"),
                };
                let mut texts: Vec<_> = operands.iter().map(|kind| operand(*kind)).collect();
                texts[index] = &other;
                let text = format!("{word} {}", texts.join(" "));
                let changed = server.words.expand(&text).unwrap().unwrap();
                let changed = changed.iter().find(|own| tool_of(own) == tool_of(granted)).unwrap();
                let mut args = granted.args().iter();
                let is_limited = args.any(|(name, limits)| {
                    limits.presence() == Presence::Required
                        && changed.constraints_on(name) != granted.constraints_on(name)
                });
                assert!(is_limited, "{}: {word}: {granted}: {{{index}}}", server.name);
                limited += 1;
            }
        }
    }
    assert!(limited > 30, "{limited}");
}

/// git reads `x~2`, `x@{1}` and `x:FILE` there, so a pattern of names takes what it does not name.
#[test]
fn a_revision_is_limited_by_equality() {
    let git = ALL.iter().find(|own| own.name == "git").unwrap();
    let revisions =
        [("git_show", "revision"), ("git_diff", "target"), ("git_checkout", "branch_name")];
    let mut limited = Vec::new();
    for (word, operands) in git.words.words() {
        for own in expanded(&git.words, word, operands) {
            for (tool, name) in revisions.iter().filter(|(tool, _)| *tool == tool_of(&own)) {
                match own.constraints_on(name).unwrap() {
                    [] => {}
                    [Constraint::Equals(_)] => limited.push(*tool),
                    other => panic!("{word}: {other:?}"),
                }
            }
        }
    }
    assert_eq!(limited, ["git_checkout", "git_show"]);
}

/// A tool that no word grants is one that somebody forgot, or is named in a comment.
#[test]
fn every_tool_has_a_word() {
    for server in ALL.iter() {
        let granted: BTreeSet<String> = server
            .words
            .words()
            .flat_map(|(word, operands)| expanded(&server.words, word, operands))
            .map(|own| tool_of(&own).to_owned())
            .collect();
        let mut left = server.tools.keys().filter(|tool| !granted.contains(*tool));
        let own = left.next().map(String::as_str);
        assert_eq!(own, (server.name == "filesystem").then_some("read_file"), "{}", server.name);
        assert_eq!(left.next(), None, "{}", server.name);
    }
}
