//! `deputize mcp install` and `uninstall`, on files as clients and editors write them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use serde_json::Value;

use crate::shell::{Outcome, Shell};

pub(crate) const INSTALL: &str = "deputize mcp install --file mcp.json --server time --audience fs.acme.com \
    --key planner.key --token @planner.token --trust alice.pub=alice@acme.com";
pub(crate) const UNINSTALL: &str = "deputize mcp uninstall --file mcp.json --server time";

pub(crate) const CONFIG: &str = "{\n  // servers of the team\n  \"mcpServers\": {\n    \"time\": {\n      \"command\": \"true\",\n      \"args\": [\"--utc\"],\n      \"env\": {\"A\": \"b\"},\n    },\n    \"other\": {\"command\": \"true\"},\n  },\n}\n";

/// A shell with Alice's token for the planner, and a home of its own.
pub(crate) fn shell() -> Shell {
    let shell = Shell::empty();
    shell.done("deputize keygen alice && deputize keygen planner");
    shell.done(
        "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --audience fs.acme.com \
         --allow 'tools/call get_current_time timezone:one_of=Etc/UTC' --expires 3h --purpose p > planner.token",
    );
    shell.write("mcp.json", CONFIG);
    shell
}

/// Runs a line in a home of its own.
pub(crate) fn at_home(shell: &Shell, line: &str) -> Outcome {
    shell.run(&format!("export HOME=\"$PWD/home\"; unset XDG_STATE_HOME XDG_CONFIG_HOME; {line}"))
}

pub(crate) fn done(shell: &Shell, line: &str) -> String {
    let Outcome { code, out, err } = at_home(shell, line);
    assert_eq!((code, out.as_str()), (0, ""), "{line}: {err}");
    err
}

fn refused(shell: &Shell, line: &str) -> String {
    let before = fs::read(shell.path("mcp.json")).ok();
    let Outcome { code, out, err } = at_home(shell, line);
    assert_eq!((code, out.as_str()), (2, ""), "{line}: {err}");
    assert_eq!(fs::read(shell.path("mcp.json")).ok(), before);
    err
}

#[test]
fn files_of_every_editor_come_back_byte_for_byte() {
    let shell = shell();
    for text in [
        CONFIG.to_owned(),
        CONFIG.replace('\n', "\r\n"),
        CONFIG.replace("  ", "\t"),
        CONFIG.trim_end().to_owned(),
        format!("\u{feff}{CONFIG}"),
        format!("\n\n{CONFIG}// the end"),
        CONFIG.replace("mcpServers", "servers"),
        "{\"mcpServers\":{\"time\":{\"command\":\"true\"}}}".to_owned(),
        "{\"mcpServers\":{\"time\":{\"args\":[],\"command\":\"true\"}}}".to_owned(),
    ] {
        shell.write("mcp.json", &text);
        done(&shell, INSTALL);
        let installed = shell.read("mcp.json");
        assert_eq!(installed.matches("mcp-present").count(), 1);
        assert_eq!(installed.matches('\r').count(), text.matches('\r').count());
        // A second time, it says so.
        let err = done(&shell, INSTALL);
        assert!(err.contains("presented to `fs.acme.com` already; nothing was changed"), "{err}");
        assert_eq!(shell.read("mcp.json"), installed);
        done(&shell, UNINSTALL);
        assert_eq!(shell.read("mcp.json"), text);
        let err = done(&shell, UNINSTALL);
        assert!(err.contains("has no presenter; nothing was changed"), "{err}");
    }
}

#[test]
fn a_server_can_have_any_name() {
    let shell = shell();
    for name in ["--", "a b", "it's \\\"", "\u{202e}x", "\u{e9}", "__proto__", "$(id)"] {
        let quoted = serde_json::to_string(name).unwrap();
        let text = CONFIG.replace("\"time\"", &quoted);
        shell.write("mcp.json", &text);
        let word = format!("--server='{}'", name.replace('\'', r"'\''"));
        done(&shell, &INSTALL.replace("--server time", &word));
        assert_ne!(shell.read("mcp.json"), text);
        done(&shell, &UNINSTALL.replace("--server time", &word));
        assert_eq!(shell.read("mcp.json"), text, "{name}");
    }
}

#[test]
fn the_entry_has_absolute_paths_and_nothing_secret() {
    let shell = shell();
    done(&shell, INSTALL);
    let value: Value = serde_json::from_str(&strip(&shell.read("mcp.json"))).unwrap();
    let entry = &value["mcpServers"]["time"];
    let folder = shell.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    assert_eq!(entry["command"], env!("CARGO_BIN_EXE_deputize"));
    let args: Vec<_> =
        entry["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    assert_eq!(
        args,
        [
            "mcp-present".to_owned(),
            format!("--key={folder}/planner.key"),
            format!("--token=@{folder}/planner.token"),
            format!("--trust={folder}/alice.pub=alice@acme.com"),
            "--audience=fs.acme.com".to_owned(),
            "--".to_owned(),
            "true".to_owned(),
            "--utc".to_owned(),
        ]
    );
    assert_eq!(entry["env"]["A"], "b");
    assert!(!shell.read("mcp.json").contains(shell.read("planner.token").trim()));
    // Nor has the file of the originals what was not replaced.
    let kept = shell.done("cat home/.local/state/deputize/mcp/*.json");
    assert!(kept.contains("\\\"true\\\"") && !kept.contains("--utc"), "{kept}");
    let modes = shell
        .done("stat -c %a home/.local/state/deputize/mcp home/.local/state/deputize/mcp/*.json");
    assert_eq!(modes, "700\n600\n");
    done(&shell, UNINSTALL);
    assert!(!shell.done("cat home/.local/state/deputize/mcp/*.json").contains("true"));
}

/// Removes the comments and trailing commas of `CONFIG`.
fn strip(text: &str) -> String {
    text.replace("// servers of the team", "")
        .replace("},\n    }", "}\n    }")
        .replace("},\n  }", "}\n  }")
        .replace("},\n}", "}\n}")
}

#[test]
fn a_presenter_that_can_present_nothing_is_not_installed() {
    let shell = shell();
    shell.done("deputize keygen other && deputize keygen mallory && cp planner.key open.key && chmod 644 open.key");
    shell.done("cp planner.key '$'\\{HOME\\}.key");
    let mint = |more: &str, file: &str| {
        shell.done(&format!(
            "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --purpose p {more} > {file}"
        ))
    };
    mint("--at 2026-01-01T00:00:00Z --expires 1h", "old.token");
    mint("--not-before 2100-01-01T00:00:00Z --expires 2100-01-01T01:00:00Z", "later.token");
    mint("--audience crm.acme.com --expires 1h", "crm.token");
    let other = |old: &str, new: &str| refused(&shell, &INSTALL.replace(old, new));
    for (old, new, why) in [
        ("@planner.token", "$(cat planner.token)", "a token as text would be in the configuration"),
        ("@planner.token", "-", "a token as text would be in the configuration"),
        ("@planner.token", "@-", "--token: the client starts the presenter later; give a file"),
        ("--key planner.key", "--key -", "--key: the client starts the presenter later"),
        ("@planner.token", "@none.token", "none.token`: No such file"),
        ("@planner.token", "@alice.pub", "alice.pub`: this is PEM"),
        ("planner.key", "none.key", "none.key`: No such file"),
        ("planner.key", "planner.pub", "this is a public key"),
        ("planner.key", "open.key", "other users can read or change this private key (mode 0644)"),
        ("planner.key", "other.key", "the token is held by planner (agent"),
        ("planner.key", "'${HOME}.key'", "clients replace `${…}`"),
        ("@planner.token", "@old.token", "the token has expired, at 2026-01-01T01:00:00Z"),
        ("@planner.token", "@later.token", "the token is not valid before 2100-01-01T00:00:00Z"),
        (
            "@planner.token",
            "@crm.token",
            "the token is for `crm.acme.com`, and the audience is `fs.acme.com`",
        ),
        ("alice.pub=", "mallory.pub=", "planner.token`:"),
        ("=alice@acme.com", "=bob@acme.com", "planner.token`:"),
        ("--token @planner.token", "--wallet none", "the wallet does not exist"),
        ("--file mcp.json", "--file none.json", "No such file"),
        ("--file mcp.json", "--file .", "this is not a file"),
        ("--server time", "--server none", "has no server `none`; it has `time`, `other`"),
        ("--file mcp.json", "--file mcp.json --client vscode", "has no `servers`"),
    ] {
        let err = other(old, new);
        assert!(err.contains(why), "{new}: {err}");
    }
    // An empty wallet, and one whose token is for another audience.
    shell.done("mkdir -m 700 wallet");
    let wallet = INSTALL.replace("--token @planner.token", "--wallet wallet");
    assert!(refused(&shell, &wallet).contains("none of its tokens can be presented with this key"));
    shell.done("deputize wallet add --wallet wallet --trust alice.pub=alice@acme.com @crm.token");
    assert!(refused(&shell, &wallet).contains("the token is for `crm.acme.com`"));
    shell.done(
        "deputize wallet add --wallet wallet --trust alice.pub=alice@acme.com @planner.token",
    );
    done(&shell, &wallet);
    assert!(shell.read("mcp.json").contains("/wallet\""));
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), CONFIG);
}

/// `mcp-present` itself says whether it would start with the words.
#[test]
fn what_is_installed_are_words_of_the_presenter() {
    let shell = shell();
    let odd = INSTALL.replace("--audience fs.acme.com", "--audience=--fs");
    shell.done("deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --expires 1h --purpose p > planner.token");
    done(&shell, &odd);
    assert!(shell.read("mcp.json").contains("\"--audience=--fs\""));
}

#[test]
fn files_that_cannot_be_edited_are_left_alone() {
    let shell = shell();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(CONFIG.encode_utf16().flat_map(u16::to_le_bytes));
    let long = format!("{CONFIG}{}", " ".repeat(16 * 1024 * 1024));
    for (content, why) in [
        (CONFIG.replace("\"other\"", "\"time\"").into_bytes(), "has `time` twice"),
        (wide, "this is text in UTF-16LE"),
        (b"{\"mcpServers\": \"\xff\"}".to_vec(), "is not UTF-8"),
        (long.into_bytes(), "the file has more than 16777216 bytes"),
        ("[".repeat(100_000).into_bytes(), "this is not JSON with comments"),
    ] {
        shell.write("mcp.json", &content);
        for line in [INSTALL, UNINSTALL] {
            let err = refused(&shell, line);
            assert!(err.contains(why) && err.contains("mcp.json"), "{err}");
        }
    }
    shell.write("mcp.json", CONFIG);
    shell.done("ln mcp.json second.json");
    assert!(refused(&shell, INSTALL).contains("a hard link"));
    shell.done("rm second.json && mkfifo pipe.json");
    let err = refused(&shell, &INSTALL.replace("mcp.json", "pipe.json"));
    assert!(err.contains("this is not a file"), "{err}");
    shell.done(
        "mkdir -p home/.local/state/deputize/mcp && chmod 755 home/.local/state/deputize/mcp",
    );
    assert!(refused(&shell, INSTALL).contains("other users can read or change this folder"));
}

#[test]
fn a_presenter_is_replaced_only_if_told_to() {
    let shell = shell();
    shell.write("mcp.json", CONFIG.replace("\"args\": [\"--utc\"],", ""));
    let before = shell.read("mcp.json");
    done(&shell, INSTALL);
    let first = shell.read("mcp.json");
    shell.done("cp planner.token second.token");
    let other = INSTALL.replace("@planner", "@second");
    assert!(refused(&shell, &other).contains("pass --replace to replace it"));
    done(&shell, &format!("{other} --replace"));
    assert_eq!(shell.read("mcp.json"), first.replace("planner.token", "second.token"));
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), before);
}

#[test]
fn two_servers_of_a_file_are_independent() {
    let shell = shell();
    let other = |line: &str| line.replace("--server time", "--server other");
    done(&shell, INSTALL);
    let only_time = shell.read("mcp.json");
    done(&shell, &other(INSTALL));
    done(&shell, UNINSTALL);
    done(&shell, INSTALL);
    done(&shell, &other(UNINSTALL));
    assert_eq!(shell.read("mcp.json"), only_time);
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), CONFIG);
}

#[test]
fn mode_and_links_stay() {
    let shell = shell();
    shell.done("mkdir real && mv mcp.json real/config.json");
    let real = shell.path("real/config.json");
    symlink("real/config.json", shell.path("mcp.json")).unwrap();
    for mode in [0o600, 0o640, 0o664] {
        fs::set_permissions(&real, fs::Permissions::from_mode(mode)).unwrap();
        let inode = fs::metadata(&real).unwrap().ino();
        done(&shell, INSTALL);
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, mode);
        assert_ne!(fs::metadata(&real).unwrap().ino(), inode);
        done(&shell, UNINSTALL);
        assert!(fs::symlink_metadata(shell.path("mcp.json")).unwrap().is_symlink());
        assert_eq!(shell.read("real/config.json"), CONFIG);
    }
    assert_eq!(shell.done("ls -A real"), "config.json\n");
}

#[test]
fn the_configurations_that_exist_are_listed() {
    let shell = shell();
    let bare = INSTALL.replace(" --file mcp.json", "");
    let err = refused(&shell, &bare);
    assert!(
        err.contains("name the configuration with --client or --file; no client has one"),
        "{err}"
    );
    shell.done("mkdir -p home/.cursor home/.config/Claude .vscode .cursor");
    shell.done("cp mcp.json home/.cursor/mcp.json && cp mcp.json home/.config/Claude/claude_desktop_config.json");
    shell.done("cp mcp.json .mcp.json && cp mcp.json .cursor/ && sed s/mcpServers/servers/ mcp.json > .vscode/mcp.json");
    let err = refused(&shell, &bare);
    for (client, file) in [
        ("claude-desktop", "home/.config/Claude/claude_desktop_config.json"),
        ("claude-code", ".mcp.json"),
        ("cursor", "home/.cursor/mcp.json"),
        ("cursor-project", ".cursor/mcp.json"),
        ("vscode", ".vscode/mcp.json"),
    ] {
        assert!(err.contains(&format!("--client {client} (`")), "{err}");
        let before = shell.read(file);
        let named = |line: &str| line.replace("--file mcp.json", &format!("--client {client}"));
        let err = done(&shell, &named(INSTALL));
        assert_eq!(err.contains("do not share it"), !file.starts_with("home/"), "{err}");
        assert!(shell.read(file).contains("mcp-present"), "{file}");
        let err = done(&shell, &named(&INSTALL.replace("--audience", "--replace --audience")));
        assert!(err.contains("already"), "{err}");
        done(&shell, &named(UNINSTALL));
        assert_eq!(shell.read(file), before);
    }
}
