//! `deputize agents import` and `export`: nothing is lost on the way, and bad files are refused.

use deputize::{Agent, AgentStatus, ScimAgents};
use deputize_cli::commands::schema::Document;
use serde_json::{Value, json};

use crate::agents::{directory, done, hire, kept, listed, shell};
use crate::common::{agent, owner, writer};
use crate::shell::Shell;

fn exported(shell: &Shell) -> Value {
    serde_json::from_str(&shell.done("deputize agents export acme.agents")).unwrap()
}

#[test]
fn what_is_exported_is_imported_again() {
    let shell = shell();
    done(&shell, "suspend", "researcher");
    done(&shell, "review", "planner --next-review 90d");
    done(&shell, "retire", "planner");
    let own = directory(&shell, "acme.agents");
    let json = exported(&shell);
    jsonschema::validate(&Document::Agents.schema().to_value(), &json).unwrap();
    assert_eq!(serde_json::from_value::<Vec<Agent>>(json).unwrap(), own.agents());
    let scim = shell.run("deputize agents export --scim acme.agents");
    let ScimAgents(agents) = serde_json::from_str(&scim.out).unwrap();
    assert_eq!(agents, own.agents());
    assert!(scim.err.starts_with("note: SCIM agents are experimental"), "{}", scim.err);
    for option in ["", "--scim"] {
        shell.done(&format!("deputize agents export {option} acme.agents > agents.json"));
        // Nothing differs, so nothing is issued.
        let (out, _) = done(&shell, "import", &format!("{option} agents.json"));
        assert!(out.contains("unchanged, sequence 5,"), "{out}");
        // Into a directory of another issuer.
        shell.done(&format!("deputize agents import --new --at $NOW --key writer.key {option} other.agents agents.json"));
        let other = directory(&shell, "other.agents");
        assert_eq!((other.agents(), other.sequence()), (own.agents(), 1));
        shell.done("rm other.agents");
    }
    shell.done("deputize agents export acme.agents | deputize agents import --new --key writer.key other.agents -");
    assert_eq!(directory(&shell, "other.agents").agents(), own.agents());
}

#[test]
fn an_import_adds_and_replaces_and_keeps_the_others() {
    let shell = shell();
    let mut json = exported(&shell);
    let json = json.as_array_mut().unwrap();
    json.retain(|own| own["name"] == "planner");
    json[0]["accountable"] = json!({"name": "bob@acme.com", "kind": "human"});
    json[0]["status"] = "suspended".into();
    let new = Agent::new("urn:acme:writer", agent("writer", &writer()), owner()).unwrap();
    json.push(serde_json::to_value(&new).unwrap());
    shell.write("agents.json", serde_json::to_string(&json).unwrap());
    let researcher = listed(&shell, "researcher");
    let (out, err) = done(&shell, "import", "agents.json");
    assert_eq!(
        out,
        "changed: planner (8139770ea87d175f): accountable {\"kind\":\"human\",\"name\":\"alice@acme.com\"} → {\"kind\":\"human\",\"name\":\"bob@acme.com\"}, status active → suspended
added: writer (ca93ac1705187071)
acme.agents: sequence 3, next by 2026-11-24T18:00:00Z, 3 agents
"
    );
    assert_eq!(err, "note: an agent that the file does not have stays unchanged\n");
    assert_eq!(listed(&shell, "writer"), new);
    assert_eq!(listed(&shell, "researcher"), researcher);
    let planner = listed(&shell, "planner");
    assert_eq!(planner.status(), AgentStatus::Suspended);
    assert_eq!(planner.accountable().name(), "bob@acme.com");
}

/// An old export must not undo what happened since.
#[test]
fn an_import_revives_nobody() {
    let shell = shell();
    shell.write("old.json", exported(&shell).to_string());
    done(&shell, "suspend", "researcher");
    let (code, why) = kept(&shell, "import", "old.json");
    assert_eq!(code, 1);
    assert!(
        why.starts_with(
            "the file would let researcher (ed4928c628d1c2c6) act again, and it may not act now: suspended\n"
        ),
        "{why}"
    );
    let (out, _) = done(&shell, "import", "--anyway old.json");
    assert!(
        out.contains("changed: researcher (ed4928c628d1c2c6): status suspended → active\n"),
        "{out}"
    );
    done(&shell, "retire", "planner");
    for option in ["", "--anyway"] {
        let (code, why) = kept(&shell, "import", &format!("{option} old.json"));
        assert!(
            code == 2 && why.contains("is retired, which is for good; add it under a new key"),
            "{why}"
        );
    }
    // Nor may one that ended go on.
    done(&shell, "retire", "researcher --from 1h");
    let mut json = exported(&shell);
    let json = json.as_array_mut().unwrap();
    json.retain(|own| own["name"] == "researcher");
    json[0].as_object_mut().unwrap().remove("valid_until").unwrap();
    shell.write("alone.json", serde_json::to_string(&json).unwrap());
    let late = "--at 2026-11-23T19:00:00Z --key alice.key acme.agents alone.json";
    let printed = shell.run(&format!("deputize agents import {late}"));
    assert_eq!(printed.code, 1);
    assert!(
        printed.err.contains("act again, and it may not act now: ended at 2026-11-23T19:00:00Z\n")
    );
    // An identity provider suspends, and does not resume.
    shell.done("deputize agents export --scim acme.agents > scim.json");
    let scim = shell.read("scim.json").replace("\"active\": true", "\"active\": false");
    shell.write("scim.json", scim);
    done(&shell, "import", "--scim scim.json");
    assert_eq!(listed(&shell, "researcher").status(), AgentStatus::Suspended);
    let scim = shell.read("scim.json").replace("\"active\": false", "\"active\": true");
    shell.write("scim.json", scim);
    shell.run("deputize agents import --scim --at $NOW --key alice.key acme.agents scim.json");
    assert_eq!(listed(&shell, "planner").status(), AgentStatus::Retired);
}

#[test]
fn what_is_not_a_list_of_agents_is_refused() {
    let shell = shell();
    let own = exported(&shell);
    let with = |member: &str, value: Value| {
        let mut own = own.clone();
        own[1][member] = value;
        own.to_string()
    };
    let twice = Value::from(vec![own[0].clone(), own[1].clone(), own[0].clone()]).to_string();
    for (text, why) in [
        (twice.as_str(), "it has the key ed25519/8139770e"),
        (&with("more", json!(1)), "unknown field `more`"),
        (&with("status", json!("Active")), "unknown variant `Active`"),
        (&with("next_review", Value::Null), "invalid type: null"),
        (&with("id", json!("planner")), "is not a URI"),
        (&own[0].to_string(), "invalid type: map, expected a sequence"),
        ("", "EOF while parsing"),
        ("[] []", "trailing characters"),
    ] {
        shell.write("agents.json", text);
        let (code, error) = kept(&shell, "import", "agents.json");
        assert!(
            code == 2 && error.starts_with("error: `agents.json`: ") && error.contains(why),
            "{error}"
        );
    }
    shell.write("agents.json", own.to_string());
    let (_, why) = kept(&shell, "import", "--scim agents.json");
    assert!(why.contains("expected a JSON object"), "{why}");
    let (_, why) = kept(&shell, "import", "missing.json");
    assert!(why.contains("`missing.json`: No such file"), "{why}");
    // Two that could be taken for each other, as `add` refuses them.
    let text = own.to_string().replace("\"researcher\"", "\"planner\"");
    shell.write("agents.json", text);
    let (code, why) = kept(&shell, "import", "agents.json");
    assert!(code == 1 && why.contains("resembles that of planner"), "{why}");
    let (out, _) = done(&shell, "add", &hire("writer"));
    assert!(out.contains("sequence 3"), "{out}");
}
