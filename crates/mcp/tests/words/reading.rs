//! The file of a vocabulary, and the place of a fault in it.

use deputize::CodedError as _;
use deputize_mcp::limits::MAX_VOCABULARY_BYTES;
use deputize_mcp::words::{Vocabulary, VocabularyError};

/// Returns the code and the text of an error.
fn fault(text: &str) -> (&'static str, String) {
    let error = Vocabulary::parse(text).map(|own| panic!("{own:?}")).unwrap_err();
    (error.code(), error.to_string())
}

/// A vocabulary whose word has these members, on the third line.
fn with_word(members: &str) -> String {
    format!(
        "server = 's'\n[words.read]\n{members}\n\
         [tools.a]\npath = 'path'\nn = 'count'\n[tools.b]\npaths = 'paths'\n[tools.c]\nx = 'objects'\n[tools.d]\nt = 'text'"
    )
}

#[test]
fn members_that_are_not_known_are_errors_with_a_place() {
    for (text, place) in [
        ("server = 's'\nservers = 1\n[tools.a]", "line 2, column 1: unknown field `servers`"),
        ("server = 's'\n[tools.a]\npath = 'paht'", "line 3, column 8: unknown variant `paht`"),
        ("server = 's'\n[tools.a]\npath = 'Path'", "line 3, column 8: unknown variant `Path`"),
        ("server = 's'\n[tools.a]\n[tools.a]", "line 3, column 8: duplicate key"),
        ("[tools.a]", "line 1, column 1: missing field `server`"),
        ("server = 's'\n[tools.a]\n x", "line 3, column 3: "),
        (&with_word("tools = ['a']\nlimits = {}"), "line 4, column 1: unknown field `limits`"),
        (&with_word("tools = ['a']\nlimit.path = 5"), "line 4, column 14: a limit is a text"),
    ] {
        let (code, shown) = fault(text);
        assert!(shown.starts_with(place), "{shown}");
        assert_eq!(code, "vocabulary_syntax");
    }
}

#[test]
fn a_word_must_say_what_it_grants() {
    for (members, code, shown) in [
        ("tools = []", "vocabulary_tool_count", "line 3, column 9: the word has 0 tools"),
        (
            "tools = ['d', 'x']",
            "vocabulary_no_tool",
            "line 3, column 15: the tool `x` has no entry",
        ),
        ("tools = ['d', 'd']", "vocabulary_tool_twice", "line 3, column 15: "),
        (
            "tools = ['d', 'a']",
            "vocabulary_no_limit",
            "line 3, column 15: the word grants the tool `a` and has no limit for its argument `path`, a `path`",
        ),
        ("tools = ['c']", "vocabulary_no_limit", "line 3, column 10: "),
        (
            "tools = ['a']\nlimit = { path = '?', pth = '?' }",
            "vocabulary_no_argument",
            "line 4, column 23: none of the word's tools has the argument `pth`",
        ),
        ("tools = ['a']\nlimit = { path = [] }", "vocabulary_no_text", "line 4, column 11: "),
    ] {
        let (found, text) = fault(&with_word(members));
        assert!(found == code && text.starts_with(shown), "{members}: {found} {text}");
    }
    for names in ["Read", "read_all", "'tools/call'", "'*'", "'a b'", "9"] {
        let text = with_word("tools = ['d']").replace("words.read", &format!("words.{names}"));
        assert_eq!(fault(&text).0, "vocabulary_word_name", "{names}");
    }
}

/// Otherwise a word with an operand would grant more than the operand says.
#[test]
fn each_operand_limits_each_tool_of_its_word() {
    for (tools, limit) in [
        ("'a', 'd'", "path = ':subpath={0}'"),
        ("'d', 'a'", "path = ':subpath={0}'"),
        ("'a', 'b'", "path = '={0}', paths = '?'"),
        ("'a', 'b'", "path = '={0}', paths = '[]:subpath={0}', n = '<={1}'"),
    ] {
        let members = format!("tools = [{tools}]\nlimit = {{ {limit} }}");
        assert_eq!(fault(&with_word(&members)).0, "vocabulary_beyond_operand", "{members}");
    }
    let (_, shown) = fault(&with_word("tools = ['a', 'd']\nlimit = { path = ':subpath={0}' }"));
    let wanted =
        "line 3, column 15: the word grants the tool `d`, and {0} limits none of its arguments;";
    assert!(shown.starts_with(wanted), "{shown}");
    let both = "tools = ['a', 'b']\nlimit = { path = '={0}', paths = '[]:subpath={0}' }";
    Vocabulary::parse(&with_word(both)).unwrap();
}

/// A pattern in the place of a tool would grant others.
#[test]
fn a_tool_is_one_tool() {
    for name in ["**", "a/*", "a/**", "../a", "/a", ""] {
        let text = format!("server = 's'\n[tools.'{name}']");
        assert_eq!(fault(&text).0, "vocabulary_tool_name", "{name}");
    }
}

/// What is after the name of an argument is about this argument alone.
#[test]
fn a_limit_is_the_grammar_of_allow_for_one_argument() {
    let limit = |limit: &str| with_word(&format!("tools = ['a']\nlimit = {{ path = {limit} }}"));
    for fine in [
        "':subpath={0}'",
        "'?:subpath={0}'",
        "'={0}'",
        "'~{0}'",
        "':one_of=/a,{0},{1}'",
        "'=/srv'",
        "''",
        "'?'",
        "[':subpath={0}', ':max_len=100']",
    ] {
        Vocabulary::parse(&limit(fine)).unwrap();
    }
    for (wrong, code) in [
        ("'subpath={0}'", "word_limit"),
        ("'<={0}'", "word_limit"),
        ("':subpath=/srv/'", "word_limit"),
        ("':subpath=/srv ...'", "word_other_arguments"),
        ("' ...'", "word_other_arguments"),
        ("':subpath=/srv n<=5'", "word_other_arguments"),
        ("'? \"n\"?'", "word_other_arguments"),
        ("':subpath={0}/x'", "vocabulary_not_a_value"),
        ("':subpath=/srv/{0}'", "vocabulary_not_a_value"),
        ("':subpath=\"{0}\"'", "vocabulary_not_a_value"),
        ("'=\"a,{0}'", "word_limit"),
        ("'={1}'", "vocabulary_operand_missing"),
        ("'[]:subpath={0}'", "word_shape"),
        ("':subset_of={0}'", "word_shape"),
    ] {
        assert_eq!(fault(&limit(wrong)).0, code, "{wrong}");
    }
    let (_, shown) = fault(&limit("'<={0}'"));
    assert!(
        shown.starts_with("line 4, column 11: the word cannot grant the tool `a`: argument `path`")
    );
    for (members, code) in [
        ("tools = ['b']\nlimit = { paths = ':subpath={0}' }", "word_shape"),
        ("tools = ['c']\nlimit = { x = '?' }", "word_shape"),
        ("tools = ['c']\nlimit = { x = '?:max_len=3' }", "word_shape"),
        ("tools = ['d']\nlimit = { t = ':max_len={0}' }", "word_limit"),
    ] {
        assert_eq!(fault(&with_word(members)).0, code, "{members}");
    }
    Vocabulary::parse(&with_word("tools = ['c']\nlimit = { x = '/**' }")).unwrap();
}

#[test]
fn a_tool_with_more_arguments_than_a_capability_can_name_cannot_be_granted() {
    let arguments: String = (0..17).map(|i| format!("a{i} = 'text'\n")).collect();
    let text = format!("server = 's'\n[words.w]\ntools = ['a']\n[tools.a]\n{arguments}");
    assert_eq!(fault(&text).0, "word_capability");
    let without = text.replace("a16 = 'text'\n", "");
    Vocabulary::parse(&without).unwrap();
}

#[test]
fn the_length_is_bounded() {
    let text = format!("server = 's'\n[tools.a]\n#{}", "x".repeat(MAX_VOCABULARY_BYTES));
    assert!(matches!(Vocabulary::parse(&text), Err(VocabularyError::TooLong { .. })));
    assert_eq!(fault(&text).0, "vocabulary_too_long");
    let tools: String = (0..65).map(|i| format!("[tools.t{i}]\n")).collect();
    let names: Vec<_> = (0..65).map(|i| format!("'t{i}'")).collect();
    let text = format!("server = 's'\n[words.w]\ntools = [{}]\n{tools}", names.join(","));
    assert_eq!(fault(&text).0, "vocabulary_tool_count");
}
