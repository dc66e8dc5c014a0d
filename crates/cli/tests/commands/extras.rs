//! `explain`, `completions`, `man`.

use crate::common::Scene;
use deputize::DenyCode;

#[test]
fn every_code_is_explained() {
    let scene = Scene::empty();
    let all = scene.done("deputize explain");
    for code in DenyCode::ALL {
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
    // The shell itself.
    scene.done("deputize completions bash > c && bash -n c");
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
    let shown = scene.done("MANWIDTH=80 man -l m/deputize-mint.1 | col -bx");
    assert!(shown.contains("accounts/**  a resource, one segment below it, everything"), "{shown}");
    assert!(shown.contains("\n         deputize mint --key alice.key"), "{shown}");
    std::fs::metadata(scene.path("m/deputize.1")).unwrap();
}

#[test]
fn the_demo_lays_out_a_scene_that_can_be_gone_through_again() {
    let scene = Scene::empty();
    let told = scene.done("deputize demo scene");
    for word in ["\nALLOWED at ", "\nREFUSED at ", "[resource_not_granted]", "\n$ deputize mint"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(scene.read("scene/allowed.html").contains("ALLOWED"));
    assert!(scene.read("scene/refused.html").contains("data-refused"));
    // Keys are never overwritten, so the first three commands say so and the others go on.
    let again = scene.run("cd scene && sh commands.sh");
    assert_eq!(again.err.matches("error: ").count(), 3, "{}", again.err);
    assert_eq!(again.out.matches("\nALLOWED at ").count(), 1);
    assert_eq!(again.out.matches("\nREFUSED at ").count(), 1);
    let twice = scene.run("deputize demo scene");
    assert_eq!(twice.code, 2);
    assert!(twice.err.starts_with("error: `scene`: "), "{}", twice.err);
    let elsewhere = scene.done("TMPDIR=. deputize demo");
    assert!(elsewhere.contains("All of it is in ./deputize-demo-"), "{elsewhere}");
}

/// Verifiers accept 8 hops and 16 KiB unless told otherwise.
#[test]
fn a_token_that_few_accept_is_made_with_a_word() {
    let scene = Scene::with_tokens();
    let mut mint = "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --expires 1h --purpose p".to_owned();
    for i in 0..60 {
        mint.push_str(&format!(" --allow 'crm.read accounts/{}/{i}'", "x".repeat(200)));
    }
    let told = scene.run(&mint);
    assert_eq!(told.code, 0);
    assert!(
        told.err.starts_with("note: the token has 2") && told.err.contains("accept 16384"),
        "{}",
        told.err
    );
    scene.done("deputize mint --at $NOW --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --expires 1h --max-hops 8 --purpose p > t1");
    for i in 1..9 {
        let (from, to) =
            if i % 2 == 1 { ("planner", "researcher") } else { ("researcher", "planner") };
        let left = 8 - i;
        let told = scene.run(&format!("deputize delegate --at $NOW --key {from}.key --to {to}={to}.pub --allow 'a b' --expires 30m --max-hops {left} --purpose p @t{i} > t{}", i + 1));
        assert_eq!(told.code, 0, "{}", told.err);
        assert_eq!(told.err.contains("note: the chain has 9 hops"), i == 8, "{i}: {}", told.err);
    }
}
