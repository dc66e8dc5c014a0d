//! Each vocabulary has the tools and the arguments of its server, and nothing else.

use std::collections::BTreeSet;

use deputize_mcp::words::{ArgumentKind, Vocabulary};
use serde_json::json;

use crate::judged::tool_of;
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

/// A tool that no word grants is one that somebody forgot, or is named in a comment.
#[test]
fn every_tool_has_a_word() {
    for server in ALL.iter() {
        let granted: BTreeSet<String> = server
            .words
            .words()
            .flat_map(|(word, operands)| {
                let operands: Vec<_> =
                    operands.iter().map(|kind| crate::judged::operand(*kind)).collect();
                let text = format!("{word} {}", operands.join(" "));
                server.words.expand(&text).unwrap().unwrap()
            })
            .map(|own| tool_of(&own).to_owned())
            .collect();
        let mut left = server.tools.keys().filter(|tool| !granted.contains(*tool));
        let own = left.next().map(String::as_str);
        assert_eq!(own, (server.name == "filesystem").then_some("read_file"), "{}", server.name);
        assert_eq!(left.next(), None, "{}", server.name);
    }
}
