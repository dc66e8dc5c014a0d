//! Operands are values: whatever characters one has, it adds no limit, argument or capability, and
//! takes none away.

use deputize::{Capability, CodedError as _, Constraint, Presence};
use deputize_mcp::words::{ArgumentKind, Vocabulary};

use crate::servers::vocabulary;

/// A word for each kind of operand.
fn words() -> Vocabulary {
    let text = "server = 's'
        [words.path]\ntools = ['t']\nlimit = { path = ':subpath={0}', name = '?', url = '?', file = '?' }
        [words.name]\ntools = ['t']\nlimit = { path = '?', name = ':one_of=a,{0}', url = '?', file = '?' }
        [words.url]\ntools = ['t']\nlimit = { path = '?', name = '?', url = ':url={0}', file = '?' }
        [words.file]\ntools = ['t']\nlimit = { path = '?', name = '?', url = '?', file = '={0}' }
        [words.count]\ntools = ['n']\nlimit = { n = ['>=0', '<={0}'] }
        [words.flag]\ntools = ['n']\nlimit = { f = '={0}' }
        [words.two]\ntools = ['t']\nlimit = { path = '={0}', name = '={1}', url = '?', file = '?' }
        [words.all]\ntools = ['n', 'none']
        [tools.t]\npath = 'path'\nname = 'name'\nurl = 'url'\nfile = 'file'
        [tools.n]\nn = 'count'\nf = 'flag'
        [tools.none]";
    Vocabulary::parse(text).unwrap()
}

fn code(text: &str) -> &'static str {
    match words().expand(text) {
        Ok(granted) => panic!("{text}: {granted:?}"),
        Err(why) => why.code(),
    }
}

fn written(text: &str) -> Vec<String> {
    let granted = words().expand(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    granted.unwrap().iter().map(Capability::as_written).collect()
}

#[test]
fn a_word_is_its_capabilities() {
    assert_eq!(written("path /srv/docs"), ["tools/call t file? name? path:subpath=/srv/docs url?"]);
    assert_eq!(
        written("  path \"/srv/a b\"\t "),
        ["tools/call t file? name? path:subpath=\"/srv/a b\" url?"]
    );
    assert_eq!(written("count 5"), ["tools/call n f? n=0..5"]);
    assert_eq!(written("all"), ["tools/call n f? n?", "tools/call none"]);
    assert_eq!(written("two /srv \"5\""), ["tools/call t file? name=\"5\" path=/srv url?"]);
    let files = vocabulary("filesystem");
    assert_eq!(files.expand("read /srv/docs").unwrap().unwrap().len(), 7);
    assert_eq!(
        files.usage(),
        "edit PATH, list PATH, list-folders, move PATH, read PATH, write PATH"
    );
}

#[test]
fn a_text_that_does_not_begin_with_a_word_is_left_to_the_grammar_of_capabilities() {
    for text in ["tools/call t", "crm.read accounts/**", "*  **", "\"path\" x", "", "  ", "a:b c"] {
        assert_eq!(words().expand(text), Ok(None), "{text}");
    }
    // A misspelt word is not an operation.
    for text in ["pahts /srv", "Path /srv", "path_ /srv", "tools x", "9 x"] {
        assert_eq!(code(text), "word_unknown", "{text}");
    }
    let why = words().expand("pth /srv").unwrap_err().to_string();
    assert!(
        why.contains("which has: all, count NUMBER, file FILE, flag FLAG, name NAME,"),
        "{why}"
    );
}

/// Texts that a person, or whoever gave a person the name of a folder, could hope to be read as grammar.
const HOSTILE: &[&str] = &[
    "x\" ...",
    "x ...",
    "x\" path?",
    "x limit<=5",
    "x\" name=\"y",
    "a,b",
    "a\",\"b",
    "*",
    "**",
    "x*",
    "{0}",
    "{1}",
    "[\"a\"]",
    "0..100",
    "true",
    "null",
    "5",
    "one_of(a,b)",
    "subpath:/",
    "x\\",
    "x\\\"",
    "'x'",
    "“x”",
    "x\n/y",
    "x\u{0}",
    "x\u{202e}y",
    "x\u{a0}...",
    "?",
    "/**",
    "x/**",
    "[]",
    "#",
    "$=",
];

/// One operand is one value, or refused.
#[test]
fn an_operand_is_never_read_as_grammar() {
    let words = words();
    let mut accepted = 0;
    for own in HOSTILE {
        for (word, text) in [
            ("path", format!("/srv/{own}")),
            ("path", (*own).to_owned()),
            ("name", (*own).to_owned()),
            ("file", (*own).to_owned()),
            ("file", format!("src/{own}")),
            ("url", format!("https://acme.com/{own}")),
            ("url", format!("https://{own}")),
        ] {
            let quoted = serde_json::Value::from(text.as_str()).to_string();
            let Ok(granted) = words.expand(&format!("{word} {quoted}")) else { continue };
            accepted += 1;
            let granted = granted.unwrap();
            let [only] = granted.as_slice() else { panic!("{granted:?}") };
            let names: Vec<_> = only.args().keys().map(String::as_str).collect();
            assert_eq!(names, ["file", "name", "path", "url"], "{word} {text}");
            assert_eq!(only.other_args(), deputize::OtherArgs::Deny);
            for (name, limits) in only.args() {
                let is_limited = name == word;
                let wanted = if is_limited { Presence::Required } else { Presence::Optional };
                assert_eq!(limits.presence(), wanted, "{word} {text}");
                match limits.constraints() {
                    [] => assert!(!is_limited),
                    [Constraint::Subpath(own)] => assert_eq!(own.as_str(), text),
                    [Constraint::Url(own)] => assert_eq!(own.to_string(), text),
                    [Constraint::Equals(own)] => assert_eq!(*own, text.as_str().into()),
                    [own @ Constraint::OneOf(_)] => {
                        assert_eq!(*own, Constraint::one_of(["a", &text]));
                    }
                    other => panic!("{other:?}"),
                }
            }
            // What is granted is what is written in the token.
            assert_eq!(only.as_written().parse().as_ref(), Ok(only));
        }
    }
    assert!(accepted > HOSTILE.len() * 2, "{accepted}");
}

#[test]
fn a_name_is_any_text_and_stays_one() {
    let granted = words().expand("name \"x\\\" ...\"").unwrap().unwrap();
    assert_eq!(
        granted[0].constraints_on("name"),
        Some(&[Constraint::one_of(["a", "x\" ..."])][..])
    );
    // What reads as another type is text.
    for text in ["5", "true", "null", "0..100", "[1]"] {
        let granted = words().expand(&format!("name {text}")).unwrap().unwrap();
        assert_eq!(granted[0].constraints_on("name"), Some(&[Constraint::one_of(["a", text])][..]));
    }
}

#[test]
fn operands_are_counted_and_quoted() {
    for (text, wanted) in [
        ("path", "word_operands"),
        ("path /srv/docs limit=5", "word_operands"),
        ("path /srv/docs ...", "word_operands"),
        ("path /srv /etc", "word_operands"),
        ("all x", "word_operands"),
        ("two /srv", "word_operands"),
        ("path \"\"", "word_operand_empty"),
        ("path '/srv/docs'", "word_quotes"),
        ("path '/srv/docs limit=5'", "word_quotes"),
        ("path “/srv”", "word_quotes"),
        ("path \"/srv", "word_quotes"),
        ("path \"/srv\"x", "word_quotes"),
        ("path \"/srv\"\"/etc\"", "word_quotes"),
        ("path /srv\"", "word_quotes"),
        ("path /srv/\"a b\"", "word_quotes"),
        ("path \"\\q\"", "word_quotes"),
    ] {
        assert_eq!(code(text), wanted, "{text}");
    }
    let why = words().expand("path /srv /etc").unwrap_err().to_string();
    assert!(why.starts_with("write `path PATH`; there are 2 operands here"), "{why}");
}

#[test]
fn a_path_is_in_its_one_spelling_or_refused_with_it() {
    for (found, instead) in [
        ("/srv/docs/", "/srv/docs"),
        ("/srv//docs", "/srv/docs"),
        ("//srv", "/srv"),
        ("/srv/./docs", "/srv/docs"),
        ("/srv/docs/.", "/srv/docs"),
        ("/./", "/"),
    ] {
        let why = words().expand(&format!("path {found}")).unwrap_err();
        assert_eq!(why.code(), "word_path_spelling");
        assert!(why.to_string().ends_with(&format!("write `{instead}`")), "{why}");
        assert!(words().expand(&format!("path {instead}")).is_ok());
    }
    let why = words().expand("file ./src/").unwrap_err();
    assert!(why.to_string().ends_with("write `src`"), "{why}");
    for (text, wanted) in [
        ("path docs", "word_path_not_absolute"),
        ("path ./docs", "word_path_not_absolute"),
        ("path ~/docs", "word_path_not_absolute"),
        ("path C:/docs", "word_path_not_absolute"),
        ("file /srv", "word_path_not_inside"),
        // Where it leads depends on links, so there is no other spelling to offer.
        ("path /srv/../etc", "word_path"),
        ("path /srv/docs/../../etc/", "word_path"),
        ("path /srv/..", "word_path"),
        ("file ..", "word_path"),
        ("file .", "word_path"),
        ("file src/../..", "word_path"),
        ("path /srv/*", "word_path"),
        ("path /srv/%2e%2e", "word_path"),
        ("path /srv\\docs", "word_path"),
        ("path /srv/c:", "word_path"),
        // The limit is `=`, which would take any text.
        ("file a/*", "word_path"),
        // A server or git would replace it by something else.
        ("path /srv/$HOME/docs", "word_path_expanded"),
        ("path /srv/${HOME}", "word_path_expanded"),
        ("two /$X a", "word_path_expanded"),
        ("file ~/docs", "word_path_expanded"),
        ("file ~root", "word_path_expanded"),
        ("file :(top)", "word_path_expanded"),
        ("file :/", "word_path_expanded"),
        ("file src/$X", "word_path_expanded"),
        ("two /srv/*/x a", "word_path"),
        ("two /srv/../etc a", "word_path"),
        ("url acme.com", "word_limit"),
        ("url https://acme.com/docs/", "word_limit"),
        ("url https://*", "word_limit"),
        ("count five", "word_not_a_value"),
        ("count 5.0", "word_not_a_value"),
        ("count 1e3", "word_not_a_value"),
        ("count 9007199254740992", "word_not_a_value"),
        ("count 0..9", "word_not_a_value"),
        ("flag yes", "word_not_a_value"),
    ] {
        assert_eq!(code(text), wanted, "{text}");
    }
    let long = format!("path /{}", "x".repeat(5000));
    assert_eq!(code(&long), "word_path");
    let long = format!("name {}", "x".repeat(5000));
    assert_eq!(code(&long), "word_limit");
}

/// Each kind is written in vocabularies as it is named.
#[test]
fn a_kind_is_read_by_its_name() {
    for kind in [ArgumentKind::Path, ArgumentKind::Objects, ArgumentKind::Texts, ArgumentKind::Code]
    {
        let text = format!("server = 's'\n[tools.t]\na = '{}'", kind.as_str());
        let words = Vocabulary::parse(&text).unwrap();
        let (_, own) = words.tools().next().unwrap();
        assert_eq!(own["a"], kind);
    }
}
