//! Errors of capabilities in one line, with the text and a caret below the wrong character.

use deputize::Capability;

#[test]
fn errors_point_at_the_character() {
    let cases = [
        "",
        "crm.read",
        "crm..read accounts",
        "crm.read accounts/../x",
        "crm.read accounts/** limit<100",
        "crm.read accounts/** limit>1",
        "crm.read accounts/** limit==1",
        "crm.read accounts/** limit=<1",
        "crm.read accounts/** limit=>1",
        "crm.read accounts/** limit=~a",
        "crm.read accounts/** limit!=1",
        "crm.read accounts/** limit!1",
        "crm.read accounts/** limit~=a*",
        "crm.read accounts/** limit^a",
        "crm.read accounts/** limit??<=1",
        "crm.read accounts/** limit<=",
        "crm.read accounts/** limit<=\"1\"",
        "crm.read accounts/** limit<=1.5",
        "crm.read accounts/** limit<=5.0",
        "crm.read accounts/** limit<=4.9999999999999999999",
        "crm.read accounts/** limit=1e2",
        "crm.read accounts/** limit<=9007199254740992",
        "crm.read accounts/** limit=1.5",
        "crm.read accounts/** limit=[1, 2]",
        "crm.read accounts/** limit={\"a\":1}",
        "crm.read accounts/** limit=\"a",
        "crm.read accounts/** limit=\"a\"b",
        "crm.read accounts/** limit=\"\\x\"",
        "crm.read accounts/** lim\"it\"=1",
        "crm.read accounts/** <=1",
        "crm.read accounts/** \"\"<=1",
        "crm.read accounts/** ...<=1",
        "crm.read accounts/** limit<=1 limit<=2",
        "crm.read accounts/** limit<=1 limit?>=0",
        "crm.read accounts/** file~[a]",
        "crm.read accounts/** \"漢字\"<1",
        "crm.read accounts/** \"a\u{202e}\u{5d0}\"<1",
        // A look-alike of an operator must not turn the limit into a name.
        "crm.read accounts/** limit≤100 ...",
        "crm.read accounts/** limit:100 ...",
        "crm.read accounts/** limit\u{200b}<=100 ...",
        "crm.read accounts/** limit 100",
        "crm.read accounts/** limit -5",
        "crm.read accounts/** …",
        "crm.read accounts/** 漢字=1",
        "crm.read, accounts/**",
        "crm.read accounts/**, limit<=1",
        "crm.read accounts/** note^=",
        "crm.read accounts/** paths[]",
        "crm.read accounts/** paths[]=a",
        "crm.read accounts/** paths[]<5",
        "crm.read accounts/** paths[]?<=5",
        "crm.read accounts/** paths[0]<=5",
        "crm.read accounts/** paths[][]<=5",
        "crm.read accounts/** paths[]>=1 paths[]<=5",
        "crm.read accounts/** filter/**<=5",
        "crm.read accounts/** filter/**?",
        "crm.read accounts/** filter** ...",
        "crm.read accounts/** **",
        "crm.read accounts/** /**",
        "crm.read accounts/** .../**",
        "crm.read accounts/** filter/** filter<=5",
        "crm.read accounts/** filter? filter/**",
        "crm.read accounts/** note*=a",
        "crm.read accounts/** files/*/path",
        "crm.read accounts/** /files/*",
        "crm.read accounts/** /files",
        "crm.read accounts/** /a/*/b/*/c",
        "crm.read limit<=100",
        "crm.read \"accounts/**",
        "crm.read 'accounts/**'",
        "crm.read accounts/\"42\"",
        "crm.read accounts/** mode='ro'",
        "crm.read accounts/** mode=ro\"",
        "crm.read accounts/** path=subpath:/srv",
        "crm.read accounts/** to=one_of(a,b)",
        "crm.read accounts/** path:/srv",
        "crm.read accounts/** path:below=/srv",
        "crm.read accounts/** path:Subpath=/srv",
        "crm.read accounts/** path:subpath:/srv",
        "crm.read accounts/** path:subpath",
        "crm.read accounts/** path:subpath=",
        "crm.read accounts/** path:subpath=/srv/",
        "crm.read accounts/** files:each=/srv",
        "crm.read accounts/** limit=0..",
        "crm.read accounts/** limit=0..=100",
        "crm.read accounts/** limit=100..0",
        "crm.read accounts/** limit:one_of=0..100",
        "crm.read accounts/** limit[]=0..100",
        "crm.read accounts/** to:one_of=",
        "crm.read accounts/** to:one_of=a, b",
        "crm.read accounts/** to:one_of=a,,b",
        "crm.read accounts/** to:one_of=[\"a\",\"b\"]",
        "crm.read accounts/** to:one_of=a,b,a",
        "crm.read accounts/** to:none_of=a,1",
        "crm.read accounts/** note:max_len=-1",
        "crm.read accounts/** site:url=acme.com",
        "crm.read accounts/** site:url=https://user@acme.com",
        "crm.read accounts/** site:url=https://acme.com:0443",
        "crm.read accounts/** site:url=ssh://acme.com",
        "crm.read accounts/** address:cidr=10.1.0.0/8",
        "crm.read accounts/** :max=5",
    ];
    let printed: Vec<_> =
        cases.iter().map(|text| text.parse::<Capability>().unwrap_err().to_string()).collect();
    insta::assert_snapshot!(printed.join("\n\n"));
}

/// Of a long text, the part around the character is shown.
#[test]
fn a_long_text_is_cut() {
    let text = format!("crm.read accounts/** {}<100 {}", "a".repeat(2_000), "b ".repeat(2_000));
    let error = text.parse::<Capability>().unwrap_err();
    assert_eq!(error.at, 2_021);
    let shown = error.to_string();
    let lines: Vec<_> = shown.lines().collect();
    assert!(shown.chars().count() < 2_000, "{shown}");
    let caret = lines[2].chars().count() - 1;
    assert_eq!(lines[1].chars().nth(caret), Some('<'));
    assert!(lines[1].starts_with("  …aaa"), "{shown}");
}
