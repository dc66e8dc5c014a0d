//! An agent's life by the command: hired, suspended, resumed, rekeyed, retired. After each step, the
//! rules of verifiers judge a chain of the agent by the directory in the file.

use deputize::{
    Directory, DirectoryRules, Parties, PublicKey, Signer, Successions, Successor, Token,
};
use time::{Duration, OffsetDateTime};

use crate::agents::directory;
use crate::common::{now, planner, writer};
use crate::shell::{MINT, Shell};

/// The faults of the delegates of a token, by the directory.
fn judged(shell: &Shell, token: &str, parties: &Parties, at: OffsetDateTime) -> Vec<String> {
    let token = Token::parse(shell.read(token).trim()).unwrap();
    let directory: Directory = directory(shell, "acme.agents");
    let rules = DirectoryRules::new([directory]);
    let found = rules.judge(token.hops(), parties, at);
    found.into_iter().map(|own| format!("{}: {}", own.hop, own.fault)).collect()
}

fn holder(shell: &Shell, token: &str) -> PublicKey {
    Token::parse(shell.read(token).trim()).unwrap().holder().key()
}

#[test]
fn an_agent_is_hired_rests_changes_its_key_and_ends() {
    let shell = Shell::new();
    shell.done(MINT);
    let alone = Parties::default();
    let by = |command: &str, rest: &str| {
        shell.done(&format!(
            "deputize agents {command} --at $NOW --key alice.key acme.agents {rest}"
        ))
    };
    let faults = |token: &str, parties: &Parties| judged(&shell, token, parties, now());
    // Hired.
    by(
        "add",
        "--new --agent planner=planner.pub --id spiffe://acme.com/planner --accountable alice@acme.com --next-review 90d",
    );
    assert_eq!(faults("planner.token", &alone), Vec::<String>::new());
    let due = now() + Duration::days(90);
    assert_eq!(
        judged(&shell, "planner.token", &alone, due),
        ["0: had to be reviewed by 2027-02-21T18:00:00Z, by the directory"]
    );
    by("suspend", "planner");
    assert_eq!(faults("planner.token", &alone), ["0: is suspended in the directory"]);
    by("resume", "spiffe://acme.com/planner");
    assert_eq!(faults("planner.token", &alone), Vec::<String>::new());

    // A new key, which gets what the old one had.
    shell.done(
        "deputize rotate --at $NOW --key planner.key --new-key writer.key \
         --successor planner.successor --token @planner.token > new.token",
    );
    assert_eq!(holder(&shell, "new.token"), writer().public_key());
    let stranger = faults("new.token", &alone);
    assert!(stranger.contains(&"1: is not in the directory".to_owned()), "{stranger:?}");
    by("rekey", "planner.successor");
    let statement = Successor::parse(shell.read("planner.successor").as_bytes()).unwrap();
    assert_eq!(
        (statement.old(), statement.new_key()),
        (planner().public_key(), writer().public_key())
    );
    let mut successions = Successions::default();
    successions.add(statement).unwrap();
    let parties = successions.resolve(|_| false);
    assert_eq!(faults("new.token", &parties), Vec::<String>::new());
    // Without the statement, it could be somebody who took the name.
    let shared = faults("new.token", &alone);
    assert!(
        shared.len() == 2 && shared.iter().all(|own| own.contains("shares its name")),
        "{shared:?}"
    );

    // The old key ends, and then the agent.
    by("retire", &planner().public_key().to_string());
    assert_eq!(
        faults("planner.token", &parties),
        [
            "0: is retired in the directory",
            "0: may act until 2026-11-23T18:00:00Z, by the directory"
        ]
    );
    by("retire", &writer().public_key().to_string());
    assert!(faults("new.token", &parties).contains(&"1: is retired in the directory".to_owned()));
    assert_eq!(directory(&shell, "acme.agents").sequence(), 6);
}
