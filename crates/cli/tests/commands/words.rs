//! `--words`: what a word of `--allow` grants, and errors.

use deputize::{Capability, Token};

use crate::shell::{Outcome, Shell};

const FILESYSTEM: &str = include_str!("../../../../examples/mcp/filesystem.toml");

const MINT: &str = "deputize mint --at $NOW --key alice.key --owner alice@acme.com \
    --to planner=planner.pub --words fs.toml --expires 8h --max-hops 1 --audience fs.acme.com --purpose p";

fn shell() -> Shell {
    let shell = Shell::new();
    shell.write("fs.toml", FILESYSTEM);
    shell
}

/// The capabilities of the last hop, as `--allow` takes them.
fn granted(text: &str) -> Vec<String> {
    let token = Token::parse(text.trim()).unwrap();
    let last = token.hops().last().unwrap();
    last.grant().capabilities().iter().map(Capability::as_written).collect()
}

#[test]
fn a_word_is_minted_as_its_capabilities() {
    let shell = shell();
    let Outcome { code, out, err } = shell.run(&format!("{MINT} --allow 'read /srv/docs'"));
    assert_eq!(code, 0, "{err}");
    let wanted = [
        "tools/call read_text_file head? path:subpath=/srv/docs tail?",
        "tools/call read_media_file path:subpath=/srv/docs",
        "tools/call read_multiple_files paths[]:subpath=/srv/docs",
        "tools/call list_directory path:subpath=/srv/docs",
        "tools/call directory_tree excludePatterns? path:subpath=/srv/docs",
        "tools/call search_files excludePatterns? path:subpath=/srv/docs pattern?",
        "tools/call get_file_info path:subpath=/srv/docs",
    ];
    assert_eq!(granted(&out), wanted);
    let token = Token::parse(out.trim()).unwrap();
    assert_eq!(token.audience().map(|own| own.into_iter().collect()), Some(vec!["fs.acme.com"]));
    // Both the word and what it grants are shown.
    let (first, rest) = err.split_once('\n').unwrap();
    assert_eq!(
        first,
        "`read /srv/docs` stands for 7 tools: read_text_file, read_media_file, read_multiple_files, \
         \"list_directory\", directory_tree, search_files, get_file_info"
    );
    assert!(rest.starts_with("granted by alice@acme.com to planner"), "{rest}");
    for line in token.hops()[0].grant().capabilities() {
        assert!(rest.contains(&line.to_string()), "{rest}");
    }
}

/// Whoever answers for a token sees what is in it before anybody can have it.
#[test]
fn what_a_token_grants_is_shown_before_the_token() {
    let shell = shell();
    let all = shell.done(&format!("{MINT} --allow 'write /srv/docs' 2>&1"));
    let lines: Vec<_> = all.trim_end().lines().collect();
    let (token, shown) = lines.split_last().unwrap();
    let token = Token::parse(token).unwrap();
    for own in token.hops()[0].grant().capabilities() {
        assert!(shown.iter().any(|line| line.ends_with(&own.to_string())), "{all}");
    }
}

#[test]
fn words_and_capabilities_stand_together_and_can_be_delegated() {
    let shell = shell();
    let allow = "--allow 'write /srv/docs' --allow 'crm.read accounts/**' --allow '\"read\" /x'";
    let Outcome { code, err, .. } = shell.run(&format!("{MINT} {allow}"));
    assert!(code == 2 && err.contains("the resource `/x`"), "{err}");
    let allow = allow.replace("/x", "x");
    let both = shell.done(&format!("{MINT} {allow} | tee t"));
    let both = granted(&both);
    assert_eq!(both.len(), 4);
    assert_eq!(both[2..], ["crm.read accounts/**", "read x"]);
    let delegate = "deputize delegate --at $NOW --key planner.key --to researcher=researcher.pub \
        --words fs.toml --expires 1h --purpose p @t";
    let narrower = shell.done(&format!("{delegate} --allow 'write /srv/docs/q3'"));
    assert_eq!(granted(&narrower).len(), 2);
    assert!(granted(&narrower).iter().all(|own| own.contains("path:subpath=/srv/docs/q3")));
    for wider in ["write /srv", "write /srv/docs-other", "read /srv/docs"] {
        let Outcome { code, err, .. } = shell.run(&format!("{delegate} --allow '{wider}'"));
        assert_eq!(code, 2);
        assert!(err.contains("error: the grant reaches beyond hop 0"), "{err}");
    }
}

#[test]
fn what_is_neither_a_word_nor_a_capability_gets_the_words() {
    let shell = shell();
    let words = "edit PATH, list PATH, list-folders, move PATH, read PATH, write PATH";
    let refused = |allow: &str| {
        let Outcome { code, out, err } = shell.run(&format!("{MINT} --allow {allow}"));
        assert_eq!((code, out.as_str()), (2, ""), "{allow}\n{err}");
        err
    };
    for neither in [
        "'reed /srv/docs'",
        "''",
        "'tools/call /srv'",
        "'crm..read x'",
        "'Read docs'",
        "'tools docs'",
    ] {
        let err = refused(neither);
        assert!(err.starts_with("error: --allow: ") && err.contains(words), "{err}");
    }
    for (allow, why) in [
        ("'read'", "write `read PATH`; there is no operand here"),
        ("'read /srv/docs limit=5'", "write `read PATH`; there are 2 operands here"),
        ("'read /srv/docs/'", "write `/srv/docs`"),
        ("'read /srv/docs/../..'", "has a `.` or `..` segment"),
        ("'read docs'", "must be absolute"),
        ("'read ~/docs'", "must be absolute"),
        ("'read /srv/*'", "has a `*` where no wildcard is allowed"),
        ("\"read '/srv/docs limit=5'\"", "only double quotes"),
    ] {
        let err = refused(allow);
        assert!(err.contains(why), "{allow}: {err}");
    }
    // A value, not a limit.
    let odd = shell.done(&format!("{MINT} --allow 'write \"/srv/docs limit=5\"'"));
    assert_eq!(granted(&odd)[1], "tools/call create_directory path:subpath=\"/srv/docs limit=5\"");
    // Without a vocabulary there are no words.
    let without = MINT.replace("--words fs.toml", "--allow 'read /srv/docs'");
    assert!(shell.refused(&without.replace("'read /srv/docs'", "'read /srv'")).contains("`/srv`"));
}

#[test]
fn a_vocabulary_that_cannot_be_read_is_named_with_the_place() {
    let shell = shell();
    shell
        .write("bad.toml", FILESYSTEM.replace("[tools.read_media_file]", "[tools.read_media_fil]"));
    let mint = MINT.replace("fs.toml", "bad.toml") + " --allow 'read /srv'";
    let why = shell.refused(&mint);
    let place = "--words `bad.toml`: line 7, column 23: the tool `read_media_file` has no entry";
    assert!(why.starts_with(place), "{why}");
    assert!(
        shell.refused(&mint.replace("bad.toml", "none.toml")).starts_with("--words `none.toml`: ")
    );
    assert!(shell.refused(MINT).contains("--allow"));
}
