//! `deputize mcp doctor`: what keeps presenters and guards from their work is found.

use deputize_cli::commands::schema::Document;
use serde_json::Value;

use crate::mcp_install::{INSTALL, at_home, shell};
use crate::shell::{Outcome, Shell};

/// Runs `doctor`, and returns its exit status, its text and its JSON, which fits the schema.
fn doctor(shell: &Shell, options: &str) -> (i32, String, Value) {
    let run = |more: &str| at_home(shell, &format!("deputize mcp doctor {options}{more}"));
    let text = run("");
    let json = run(" --format json");
    assert_eq!(text.code, json.code);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = options.build(&Document::McpDoctor.schema().to_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
    assert_eq!(json["healthy"], text.code == 0, "{}", text.err);
    (text.code, text.out.replace(shell.path("").to_str().unwrap(), "[FOLDER]/"), json)
}

fn installed() -> Shell {
    let shell = shell();
    let Outcome { code, err, .. } = at_home(&shell, INSTALL);
    assert_eq!(code, 0, "{err}");
    shell
}

#[test]
fn a_presenter_that_can_present_is_healthy() {
    let shell = installed();
    let (code, text, json) = doctor(&shell, "--file mcp.json");
    assert_eq!(code, 0, "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "mcp.json");
    assert_eq!(lines[1], "  `time` is presented to `fs.acme.com`");
    let token = lines[2].strip_prefix("    for alice@acme.com, held by planner (agent, ").unwrap();
    assert!(token.contains("), until 20"), "{token}");
    assert_eq!(lines[3], "  `other` has no presenter");
    assert_eq!(lines.len(), 4, "{text}");
    let servers = json["clients"][0]["servers"].as_array().unwrap();
    assert_eq!((&servers[0]["presented"], &servers[1]["presented"]), (&true.into(), &false.into()));
    assert_eq!(servers[0]["tokens"][0]["trusted"], true);
    // At its usual place, it is found without an option.
    shell.done("mkdir -p home/.cursor && cp mcp.json home/.cursor/");
    let (code, text, json) = doctor(&shell, "");
    assert_eq!((code, &json["clients"][0]["client"]), (0, &"cursor".into()));
    assert!(text.starts_with("cursor, [FOLDER]/home/.cursor/mcp.json\n"), "{text}");
    assert_eq!(doctor(&shell, "--client cursor").1, text);
    shell.done("rm -r home/.cursor");
    let Outcome { code, err, .. } = at_home(&shell, "deputize mcp doctor");
    assert!(code == 0 && err.contains("no client has a configuration"), "{err}");
    assert_eq!(doctor(&shell, "--client cursor").0, 1);
}

#[test]
fn what_keeps_a_presenter_from_presenting_is_found() {
    let shell = installed();
    let good = shell.read("mcp.json");
    let program = env!("CARGO_BIN_EXE_deputize");
    shell.done("deputize keygen other && deputize keygen bob && cp planner.key open.key && chmod 640 open.key");
    let mint = |more: &str, file: &str| {
        shell.done(&format!(
            "deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub --allow 'a b' --purpose p {more} > {file}"
        ))
    };
    mint("--at 2026-01-01T00:00:00Z --expires 1h", "old.token");
    mint("--expires 10m", "short.token");
    mint("--expires 3h --audience crm.acme.com", "crm.token");
    for (old, new, why) in [
        (program, "/opt/none/deputize", "the program `/opt/none/deputize` is not found"),
        ("\"true\", \"--utc\"", "\"no-such-server\"", "the program `no-such-server` is not found"),
        ("/planner.key", "/none.key", "none.key`: No such file"),
        ("/planner.key", "/other.key", "the token is held by planner"),
        (
            "/planner.key",
            "/open.key",
            "other users can read or change this private key (mode 0640)",
        ),
        ("/planner.token", "/old.token", "the token has expired, at 2026-01-01T01:00:00Z"),
        ("/planner.token", "/crm.token", "the token is for `crm.acme.com`, and the audience is"),
        ("/alice.pub", "/bob.pub", "planner.token`:"),
        ("\"--audience=fs.acme.com\"", "\"--audiense=fs\"", "`--audiense=fs` is not an option"),
        ("\"--audience=fs.acme.com\", ", "", "--audience is missing"),
        ("{\"A\"", "{\"PATH\": \"/none\", \"A\"", "the program `true` is not found"),
        ("\"command\"", "\"comand\"", "has neither `command` nor `url`"),
        ("\"other\"", "\"time\"", "has `time` twice"),
        ("mcpServers", "mcpServer", "has no `mcpServers`"),
    ] {
        let changed = good.replace(old, new);
        assert_ne!(changed, good, "{old}");
        shell.write("mcp.json", changed);
        let (code, text, _) = doctor(&shell, "--file mcp.json");
        assert!(code == 1 && text.contains(why) && text.contains("PROBLEM: "), "{new}: {text}");
    }
    let folder = shell.path("");
    let folder = format!("{}/", folder.to_str().unwrap().trim_end_matches('/'));
    shell.write("mcp.json", good.replace(&folder, ""));
    let (code, text, _) = doctor(&shell, "--file mcp.json");
    assert!(code == 1 && text.contains("--key `planner.key`: the path is relative"), "{text}");
    // What is worth knowing is not wrong.
    shell.write("mcp.json", good.replace("/planner.token", "/short.token"));
    let (code, text, _) = doctor(&shell, "--file mcp.json");
    assert!(code == 0 && text.contains("note: the token ends soon, at 20"), "{text}");
    shell.write(
        "mcp.json",
        good.replace(&format!("\"--trust={folder}alice.pub=alice@acme.com\", "), ""),
    );
    let (code, text, _) = doctor(&shell, "--file mcp.json");
    assert!(code == 0 && text.contains("for alice@acme.com, which is only a claim"), "{text}");
}

#[test]
fn the_configuration_of_a_guard_is_examined() {
    let shell = shell();
    shell.done("deputize keygen log && deputize keygen lists");
    let config = |revocation: &str, log: &str, more: &str| {
        shell.write(
            "guard.toml",
            format!(
                "audience = \"fs.acme.com\"\nfolder = \"data\"\n[[trust]]\nkey = \"alice.pub\"\nowner = \"alice@acme.com\"\n\
                 [revocation]\n{revocation}\n[log]\n{log}\n{more}"
            ),
        );
    };
    let examined = |code: i32, why: &str| {
        let (found, text, json) = doctor(&shell, "--config guard.toml");
        assert!(found == code && text.contains(why), "{why}: {text}");
        json["guards"][0].clone()
    };
    let (by_expiry, log) = ("by_expiry = \"8h\"", "key = \"log.key\"");
    config(by_expiry, log, "");
    let found = examined(0, "note: the folder is not there; the first start makes it");
    assert_eq!((&found["enforces"], &found["records"]), (&true.into(), &true.into()));
    shell.done("deputize mcp-guard --config guard.toml --new -- true < /dev/null");
    examined(0, "guard of `fs.acme.com`, guard.toml\n");
    // It is not made, and a guard that runs is not disturbed.
    shell.done("mv data/used kept");
    examined(1, "it has no `used`: restore it");
    shell.done("mv kept data/used && chmod 750 data");
    examined(1, "other users can read or change it (mode 0750)");
    shell.done("chmod 700 data && chmod 640 log.key");
    examined(1, "others can read it; run chmod 600");
    shell.done("chmod 600 log.key");
    config(by_expiry, "record = false", "");
    assert_eq!(examined(0, "note: decisions are not recorded")["records"], false);
    config(by_expiry, log, "[observe]\nuntil = \"2100-01-01T00:00:00Z\"");
    let why = "PROBLEM: NOT ENFORCED: the guard observes, and refuses nothing before 2100-01-01T00:00:00Z";
    assert_eq!(examined(1, why)["enforces"], false);
    config(by_expiry, log, "[observe]\nuntil = \"2026-01-01T00:00:00Z\"");
    assert_eq!(examined(0, "note: enforced since 2026-01-01T00:00:00Z")["enforces"], true);
    // Lists: missing, damaged, fresh, stale.
    config(
        "max_stale = \"1h\"\nsources = [\"alice.revocations\", \"https://acme.com/a\"]",
        log,
        "",
    );
    examined(1, "No such file");
    shell.write("alice.revocations", "nothing");
    examined(1, "this is not a revocation list");
    shell.done(
        "rm alice.revocations && deputize revoke --new --key alice.key --list alice.revocations",
    );
    examined(0, "alice.revocations: issued at 20");
    examined(0, "https://acme.com/a: fetched by the guard, and not examined");
    shell.done("rm alice.revocations && deputize revoke --new --at 2026-01-01T00:00:00Z --key alice.key --list alice.revocations");
    examined(1, "which is stale: at most 1 h are accepted");
    config("max_stale = \"1h\"", log, "");
    examined(1, "give either `max_stale` and `sources`, or `by_expiry` alone");
    config(by_expiry, log, "[directory]\nmax_stale = \"1d\"\nsources = [\"agents.directory\"]");
    examined(1, "agents.directory`: No such file");
    config(by_expiry, log, "foo = 1");
    examined(1, "unknown field `foo`");
}
