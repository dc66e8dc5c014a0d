//! Configurations of clients whose edit does not come to its end, or is not the only one.

use std::process::Command;

use deputize_cli::clients::ConfigFile;

use crate::kills;
use crate::mcp_install::{CONFIG, INSTALL, UNINSTALL, at_home, done, shell};
use crate::shell::Outcome;

/// A client that writes its configuration while it is edited keeps what it wrote.
#[test]
fn a_file_that_was_changed_meanwhile_is_not_replaced() {
    let shell = shell();
    let path = shell.path("mcp.json");
    let config = ConfigFile::with_state(&path, &shell.path("state")).unwrap();
    let locked = config.lock().unwrap();
    for content in ["", "{}", &CONFIG.replace('b', "c"), &format!("{CONFIG} ")] {
        shell.write("mcp.json", content);
        let why = locked.replace("new").unwrap_err().to_string();
        assert!(why.contains("another program has changed the file"), "{why}");
        assert_eq!(shell.read("mcp.json"), content);
    }
    shell.write("mcp.json", CONFIG);
    locked.replace("new").unwrap();
    assert_eq!(shell.read("mcp.json"), "new");
    assert!(!shell.done("ls -A").contains(".tmp"));
}

/// The states that a crash can leave, between the originals and the configuration.
#[test]
fn each_state_between_two_steps_is_a_good_one() {
    let shell = shell();
    let short = CONFIG.replace("\"args\": [\"--utc\"],", "");
    shell.write("mcp.json", &short);
    let (save, load) = (
        "rm -rf saved && cp -a home/.local/state/deputize/mcp saved",
        "rm -rf home/.local/state/deputize/mcp && cp -a saved home/.local/state/deputize/mcp",
    );
    // The originals are there, and the configuration is the old one.
    done(&shell, INSTALL);
    let installed = shell.read("mcp.json");
    shell.write("mcp.json", &short);
    assert!(done(&shell, UNINSTALL).contains("has no presenter"));
    done(&shell, INSTALL);
    assert_eq!(shell.read("mcp.json"), installed);
    // The configuration is the old one again, and the originals were not forgotten.
    shell.done(save);
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), short);
    shell.done(load);
    done(&shell, INSTALL);
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), short);
    // A presenter was to be replaced: the originals of both are there, and the first is in the configuration.
    done(&shell, INSTALL);
    shell.done("cp planner.token second.token");
    done(&shell, &format!("{INSTALL} --replace").replace("@planner", "@second"));
    let second = shell.read("mcp.json");
    shell.done(save);
    done(&shell, UNINSTALL);
    done(&shell, INSTALL);
    // As `keep` leaves it before the configuration is replaced.
    let both = shell.done(
        "python3 -c \"import glob, json, sys; a, b = [json.load(open(glob.glob(p + '/*.json')[0])) for p in sys.argv[1:]]; a['originals'] += b['originals']; print(json.dumps(a))\" home/.local/state/deputize/mcp saved",
    );
    for config in [&installed, &second] {
        shell.done("ls home/.local/state/deputize/mcp/*.json > name");
        shell.write(shell.read("name").trim(), &both);
        shell.write("mcp.json", config);
        done(&shell, UNINSTALL);
        assert_eq!(shell.read("mcp.json"), short);
    }
}

/// A process is ended by the system while it writes the configuration, which is longer than the originals.
#[test]
fn the_originals_are_written_before_and_forgotten_after_the_configuration() {
    let shell = shell();
    let long = format!("{CONFIG}// {}", "x".repeat(100_000));
    // Without them, the entry would not say that it had no arguments.
    let long = long.replace("\"args\": [\"--utc\"],", "");
    shell.write("mcp.json", &long);
    let crash = |line: &str| {
        let Outcome { code, err, .. } =
            at_home(&shell, &format!("ulimit -c 0; ulimit -f 32; {line}; exit 3"));
        assert_eq!(code, 3);
        assert!(!err.contains("restart the client"), "{err}");
        assert!(
            shell.done("ls -A").contains(".mcp.json."),
            "no temporary file was left behind: {err}"
        );
        // Nobody else can read it before it has its group.
        assert_eq!(shell.done("stat -c %a .mcp.json.*.tmp"), "600\n");
    };
    crash(INSTALL);
    assert_eq!(shell.read("mcp.json"), long);
    assert!(shell.done("cat home/.local/state/deputize/mcp/*.json").contains("\"time\""));
    done(&shell, INSTALL);
    let installed = shell.read("mcp.json");
    crash(UNINSTALL);
    assert_eq!(shell.read("mcp.json"), installed);
    shell.done("cp planner.token second.token");
    crash(&format!("{INSTALL} --replace").replace("@planner", "@second"));
    assert_eq!(shell.read("mcp.json"), installed);
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), long);
    assert!(!shell.done("ls -A").contains(".tmp"));
}

/// Two processes edit one file at the same time.
#[test]
fn two_processes_lose_no_edit() {
    let shell = shell();
    for _ in 0..5 {
        let both = |line: &str| {
            let other = line.replace("--server time", "--server other");
            done(&shell, &format!("{line} & {other}; a=$?; wait $! && exit $a"));
        };
        both(INSTALL);
        assert_eq!(shell.read("mcp.json").matches("mcp-present").count(), 2);
        both(UNINSTALL);
        assert_eq!(shell.read("mcp.json"), CONFIG);
    }
}

#[test]
fn the_originals_may_be_lost_or_damaged() {
    let shell = shell();
    for damage in
        ["rm -r home", "for f in home/.local/state/deputize/mcp/*.json; do echo '{' > $f; done"]
    {
        done(&shell, INSTALL);
        shell.done(damage);
        done(&shell, UNINSTALL);
        assert_eq!(shell.read("mcp.json"), CONFIG);
    }
}

/// A process that is killed leaves one of two configurations, and each can be taken back.
#[test]
fn a_process_that_is_killed_leaves_a_good_file() {
    let shell = shell();
    shell.done("cp planner.token second.token");
    let binary = env!("CARGO_BIN_EXE_deputize");
    let change = |number: u32| {
        let token = if number.is_multiple_of(2) { "@planner.token" } else { "@second.token" };
        let mut command = Command::new(binary);
        let line = INSTALL.replace("@planner.token", token).replace("deputize mcp", "mcp");
        command.args(line.split_whitespace()).arg("--replace").current_dir(shell.path("."));
        command.env("HOME", shell.path("home")).env_remove("XDG_STATE_HOME");
        command
    };
    done(&shell, INSTALL);
    let first = shell.read("mcp.json");
    let second = first.replace("planner.token", "second.token");
    let whole = kills::timed(change(1));
    kills::timed(change(2));
    kills::again_and_again(
        &shell.path("mcp.json"),
        "configuration",
        whole,
        change,
        |found, number| {
            let (old, new) =
                if number.is_multiple_of(2) { (&second, &first) } else { (&first, &second) };
            assert!(found == old.as_bytes() || found == new.as_bytes());
            found == new.as_bytes()
        },
    );
    done(&shell, UNINSTALL);
    assert_eq!(shell.read("mcp.json"), CONFIG);
}
