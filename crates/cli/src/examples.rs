//! The examples at the end of each help.

/// The whole story, for the help of `deputize` itself.
pub const STORY: &str = "\
Example: Alice delegates to a planner, the planner to a researcher, a service decides:
  for name in alice planner researcher; do deputize keygen $name; done
  deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \\
    --allow 'crm.read accounts/**' --expires 8h --max-hops 1 --purpose 'Q3 review' > planner.token
  deputize delegate --key planner.key --to researcher=researcher.pub \\
    --allow 'crm.read accounts/emea/*' --expires 15m --purpose 'EMEA' @planner.token > my.token
  deputize present --key researcher.key --operation crm.read --resource accounts/emea/42 \\
    --audience crm.acme.com @my.token > call.token
  deputize verify --trust alice.pub=alice@acme.com --operation crm.read \\
    --resource accounts/emea/42 --audience crm.acme.com @call.token
  deputize report --trust alice.pub=alice@acme.com @my.token

Exit status: 0 allowed or done, 1 denied, 2 what was given is no token, key, request or usage.";

/// For `keygen`.
pub const KEYGEN: &str = "\
Example:
  deputize keygen alice

OpenSSL reads and writes such keys: `openssl genpkey -algorithm ed25519` makes one too.";

/// For `mint`.
pub const MINT: &str = "\
Example:
  deputize mint --key alice.key --owner alice@acme.com --to planner=planner.pub \\
    --allow 'crm.read accounts/** limit<=100' --expires 8h --max-hops 3 \\
    --audience crm.acme.com --purpose 'Q3 review' > planner.token";

/// For `delegate`.
pub const DELEGATE: &str = "\
Where --audience, --not-before or --delegates are not given, those of the token hold on.

Example:
  deputize delegate --key planner.key --to researcher=researcher.pub \\
    --allow 'crm.read accounts/emea/** limit<=10' --expires 15m \\
    --purpose 'read the EMEA accounts' @planner.token > researcher.token";

/// For `present`.
pub const PRESENT: &str = "\
Example:
  deputize present --key researcher.key --operation crm.read --resource accounts/emea/42 \\
    --audience crm.acme.com --arg limit=5 @researcher.token > call.token";

/// For `verify`.
pub const VERIFY: &str = "\
RevocationPolicy is not checked, and this command remembers nothing: a presentation can be used again
until it is 30 seconds old. The report says so.

What of a --batch is no such line, token or request is answered with \"decision\":\"error\", and
the run goes on. Exit status: 2 if there was one of these, else 1 if a call was denied, else 0.
`deputize schema batch-line` and `deputize schema decision` tell the forms.

Example:
  deputize verify --trust alice.pub=alice@acme.com --operation crm.read \\
    --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @call.token
  deputize verify --trust alice.pub --batch < calls.jsonl > decisions.jsonl";

/// For `report`.
pub const REPORT: &str = "\
Exit status with --trust: 1 where the token is not to be believed, or has expired; 0 otherwise.

Each line of a --batch is answered with {\"report\":…}, or with \"decision\":\"error\" where it is
none. Exit status: 2, 1 and 0 as for verify --batch. `deputize schema report` tells the form.

Example:
  deputize report --trust alice.pub=alice@acme.com --format html @researcher.token > chain.html
  deputize report --trust alice.pub --batch < tokens.jsonl > reports.jsonl";

/// For `explain`.
pub const EXPLAIN: &str = "\
Example:
  deputize explain resource_not_granted";

/// For `completions`.
pub const COMPLETIONS: &str = "\
Example:
  deputize completions bash > ~/.local/share/bash-completion/completions/deputize";

/// For `man`.
pub const MAN: &str = "\
Example:
  mkdir -p ~/.local/share/man/man1 && deputize man ~/.local/share/man/man1";

/// For `schema`.
pub const SCHEMA: &str = "\
Example:
  deputize schema grant > grant.schema.json";

/// For `demo`.
pub const DEMO: &str = "\
Example:
  deputize demo";

/// A table above an example.
pub fn with(table: &str, example: &str) -> String {
    format!("{table}\n\n{example}")
}
