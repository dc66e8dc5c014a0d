//! Configurations that somebody else wrote, such as those of a repository.

use std::os::unix::fs::symlink;
use std::slice;

use deputize_cli::clients::{install, uninstall};

use crate::mcp_edit::{PROGRAM, presenting};
use crate::mcp_install::{CONFIG, INSTALL, UNINSTALL, at_home, done, shell};
use crate::shell::{Outcome, Shell};

const PROJECT: &str = "--client claude-code";

/// A shell with a presenter in the file of a project.
fn project() -> Shell {
    let shell = shell();
    done(&shell, INSTALL);
    shell.done("mv mcp.json .mcp.json");
    shell
}

/// What waits for ever or asks the terminal ends the test by its time.
fn doctor(shell: &Shell, options: &str) -> (i32, String) {
    let Outcome { code, out, .. } =
        at_home(shell, &format!("timeout 20 deputize mcp doctor {options} < pipe.token"));
    (code, out)
}

#[test]
fn doctor_opens_no_file_that_could_wait_or_ask() {
    let shell = project();
    // Held open, so that the shell itself can open it.
    shell.done("mkfifo pipe.token pipe.key");
    let good = shell.read(".mcp.json");
    let folder = shell.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/').to_owned();
    for (old, new, why) in [
        (format!("{folder}/planner.token"), format!("{folder}/pipe.token"), "this is not a file"),
        (format!("{folder}/planner.key"), format!("{folder}/pipe.key"), "this is not a file"),
        (format!("{folder}/alice.pub"), format!("{folder}/pipe.key"), "this is not a file"),
        (format!("{folder}/planner.key"), "/dev/zero".to_owned(), "this is not a file"),
        (format!("{folder}/planner.token"), "-".to_owned(), "standard input is the client's"),
        (format!("{folder}/planner.key"), "-".to_owned(), "standard input is the client's"),
        (format!("{folder}/planner.key"), "planner.key".to_owned(), "the path is relative"),
    ] {
        let changed = good.replace(&old, &new);
        assert_ne!(changed, good);
        shell.write(".mcp.json", changed);
        let line = format!("exec 9<> pipe.token; timeout 20 deputize mcp doctor {PROJECT} <&9");
        let Outcome { code, out, err } = at_home(&shell, &line);
        assert!(code == 1 && out.contains(why), "{new}: {code} {out}{err}");
        assert!(!err.contains("reading a token"), "{err}");
    }
}

#[test]
fn doctor_looks_at_no_file_that_an_unnamed_project_names() {
    let shell = project();
    shell.write("pipe.token", "");
    let named = doctor(&shell, PROJECT);
    assert!(named.0 == 0 && named.1.contains("for alice@acme.com"), "{}", named.1);
    let unnamed = doctor(&shell, "");
    assert!(unnamed.0 == 0 && unnamed.1.contains("name it with --client claude-code"));
    assert!(!unnamed.1.contains("alice@acme.com"), "{}", unnamed.1);
    shell.done("rm planner.key");
    assert_eq!(doctor(&shell, ""), unnamed);
    assert_eq!(doctor(&shell, PROJECT).0, 1);
}

#[test]
fn doctor_starts_nothing_and_names_a_presenter_that_is_another_program() {
    let shell = project();
    shell.write("pipe.token", "");
    let program = env!("CARGO_BIN_EXE_deputize");
    let good = shell.read(".mcp.json");
    assert!(!doctor(&shell, PROJECT).1.contains("not this program"));
    shell.done("mkdir other && printf '#!/bin/sh\\ntouch started\\n' > other/deputize && chmod 755 other/deputize");
    for other in ["./other/deputize", shell.path("other/deputize").to_str().unwrap()] {
        shell.write(".mcp.json", good.replace(program, other));
        for options in ["", PROJECT] {
            let (code, text) = doctor(&shell, options);
            assert!(code == 0 && text.contains("is not this program"), "{text}");
        }
    }
    // The program that the name finds on the search path of the entry.
    let folder = shell.path("other");
    let env = format!("\"PATH\": \"{}:/bin:/usr/bin\", \"A\"", folder.to_str().unwrap());
    shell.write(".mcp.json", good.replace(program, "deputize").replace("\"A\"", &env));
    assert!(doctor(&shell, PROJECT).1.contains("is not this program"));
    assert_eq!(at_home(&shell, "deputize mcp doctor --live").code, 2);
    assert!(!shell.path("started").exists());
}

#[test]
fn a_link_of_a_project_leads_to_no_file_outside() {
    let shell = shell();
    shell.done("mkdir -p home/.cursor project/inside && cp mcp.json home/.cursor/ && cp mcp.json project/inside/");
    let in_project = |line: &str| {
        let line = line
            .replace("--file mcp.json", PROJECT)
            .replace("--client claude-code", "--client $CLIENT");
        line.replace(" planner", " ../planner")
            .replace("@planner", "@../planner")
            .replace("alice.pub", "../alice.pub")
    };
    let run = |client: &str, line: &str| {
        at_home(&shell, &format!("CLIENT={client}; cd project && {}", in_project(line)))
    };
    symlink("../home/.cursor/mcp.json", shell.path("project/.mcp.json")).unwrap();
    symlink("../home/.cursor", shell.path("project/.cursor")).unwrap();
    for client in ["claude-code", "cursor-project"] {
        for line in [INSTALL, UNINSTALL] {
            let Outcome { code, err, .. } = run(client, line);
            assert!(code == 2 && err.contains("a link leads out of the project"), "{err}");
            assert!(err.contains("name that file with --file"), "{err}");
        }
    }
    assert_eq!(shell.read("home/.cursor/mcp.json"), CONFIG);
    // Inside, and a file that is named, it may.
    shell.done("ln -sfn inside/mcp.json project/.mcp.json");
    assert_eq!(run("claude-code", INSTALL).code, 0);
    assert!(shell.read("project/inside/mcp.json").contains("mcp-present"));
    shell.done("ln -sfn ../home/.cursor/mcp.json project/.mcp.json");
    let named = INSTALL.replace("mcp.json", "project/.mcp.json");
    done(&shell, &named);
    assert!(shell.read("home/.cursor/mcp.json").contains("mcp-present"));
}

#[test]
fn install_says_what_stands_behind_the_presenter() {
    let shell = shell();
    shell.write("mcp.json", CONFIG.replace("[\"--utc\"]", "[\"-c\", \"a\\u001b[2J b\"]"));
    let err = done(&shell, INSTALL);
    let first = err.lines().next().unwrap();
    assert!(
        first.contains("the presenter starts `true -c $'a\\033\\133") && !first.contains('\u{1b}'),
        "{err}"
    );
}

#[test]
fn the_originals_of_both_members_are_kept() {
    let shell = shell();
    let text = r#"{"mcpServers": {"time": {"command": "true"}}, "servers": {"time": {"command": "false"}}}"#;
    shell.write("mcp.json", text);
    let of = |line: &str, client: &str| format!("{line} --client {client}");
    done(&shell, &of(INSTALL, "cursor"));
    done(&shell, &of(INSTALL, "vscode"));
    assert!(done(&shell, &of(UNINSTALL, "vscode")).contains("is as it was"));
    assert!(done(&shell, &of(UNINSTALL, "cursor")).contains("is as it was"));
    assert_eq!(shell.read("mcp.json"), text);
    // Without them, nobody says so.
    done(&shell, &of(INSTALL, "cursor"));
    shell.done("rm -r home");
    let err = done(&shell, &of(UNINSTALL, "cursor"));
    assert!(err.contains("may be spelled in another way") && !err.contains("as it was"), "{err}");
}

#[test]
fn a_directory_of_the_server_is_installed_and_taken_back() {
    let shell = shell();
    let line = format!("{INSTALL} --base /srv/docs");
    done(&shell, &line);
    assert!(shell.read("mcp.json").contains("\"--base=/srv/docs\""));
    assert!(done(&shell, &line).contains("already"));
    assert_eq!(at_home(&shell, "deputize mcp doctor --file mcp.json").code, 0);
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), CONFIG);
    assert_eq!(at_home(&shell, &format!("{INSTALL} --base docs")).code, 2);
}

/// The type is not in an entry that was written anew, and so it is kept.
#[test]
fn the_type_of_an_entry_comes_back() {
    for kind in ["streamable-http", "streamableHttp", "http"] {
        let text = format!(
            r#"{{"mcpServers": {{"s": {{"type": "{kind}", "url": "https://acme.com/@a/mcp"}}}}}}"#
        );
        let installed = install(&text, None, "s", PROGRAM, &presenting()).unwrap();
        let anew = installed.text.replace("\"type\": ", "\"type\":");
        let expected = text.replace("\"type\": ", "\"type\":");
        let back = uninstall(&anew, None, "s", slice::from_ref(&installed.original));
        let back = back.unwrap();
        assert_eq!((back.text, back.is_as_it_was), (expected, false));
        let exact = uninstall(&installed.text, None, "s", &[installed.original]).unwrap();
        assert_eq!((exact.text, exact.is_as_it_was), (text, true));
    }
    // A forged one is not used.
    let text = r#"{"mcpServers": {"s": {"type": "http", "url": "https://acme.com/mcp"}}}"#;
    let installed = install(text, None, "s", PROGRAM, &presenting()).unwrap();
    let mut forged = serde_json::to_value(&installed.original).unwrap();
    (forged["type"], forged["written"]) = ("sse".into(), "".into());
    let forged = serde_json::from_value(forged).unwrap();
    assert_eq!(uninstall(&installed.text, None, "s", &[forged]).unwrap().text, text);
}
