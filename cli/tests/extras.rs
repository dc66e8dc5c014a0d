//! `explain`, `completions`, `man`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod common;

use common::Scene;
use deputize::Code;

#[test]
fn every_code_is_explained() {
    let scene = Scene::empty();
    let all = scene.done("deputize explain");
    for code in Code::ALL {
        let own = scene.done(&format!("deputize explain {code}"));
        let wanted = format!("{code}\n  {}\n  → {}\n", code.meaning(), code.remedy());
        assert_eq!(own, wanted);
        assert!(all.contains(&wanted), "{code}");
    }
}

#[test]
fn completions_know_the_commands() {
    let scene = Scene::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = scene.done(&format!("deputize completions {shell}"));
        for word in ["delegate", "max-hops"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let knows_codes = script.contains("resource_not_granted");
        assert!(knows_codes || !["bash", "zsh"].contains(&shell), "{shell}");
    }
    // The shell itself, where it is there.
    if scene.run("command -v bash").code == 0 {
        scene.done("deputize completions bash > c && bash -n c");
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let scene = Scene::empty();
    let told = scene.run("mkdir m && deputize man m");
    assert_eq!((told.code, told.out.as_str()), (0, ""));
    let pages: Vec<_> = told.err.lines().collect();
    assert_eq!(pages.len(), 12, "{}", told.err);
    for page in pages {
        let text = scene.read(page);
        assert!(text.contains(".SH SYNOPSIS") && text.contains("Example"), "{page}");
    }
    if scene.run("command -v man").code == 0 {
        let shown = scene.done("MANWIDTH=80 man -l m/deputize-mint.1 | col -bx");
        assert!(
            shown.contains("accounts/**  a resource, one segment below it, everything"),
            "{shown}"
        );
        assert!(shown.contains("\n         deputize mint --key alice.key"), "{shown}");
    }
    std::fs::metadata(scene.path("m/deputize.1")).unwrap();
}
