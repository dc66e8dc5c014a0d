//! Keys for which anybody can sign, tokens in second spellings, and names with escape sequences, in
//! every option and every format.

use crate::shell::{DELEGATE, MINT, Outcome, Shell, with_call};
use deputize::{KeyError, PublicKey, Signer};

const PUBLISHED: &str = "4573266f2d18482a7e5382eeb4dd68eba1fea7b6d66b866818175f6651fa8dd3";
const PUBLISHED_SECRET: &str = "b269fe37ebe3a968010400c31887b4e7ef2e4ac3eb0b8bab51602f8077da20f7";

/// A weak key, a key in a second spelling, bytes that are not a point, and the published key.
fn bad_keys() -> Vec<(&'static str, String)> {
    let is_no_point = |n: &u8| {
        let mut key = [0; 32];
        *key.first_mut().unwrap() = *n;
        PublicKey::from_bytes(&key) == Err(KeyError::NotAKey)
    };
    let no_point = (2..).find(is_no_point).unwrap();
    vec![
        ("weak", format!("01{}", "00".repeat(31))),
        ("second", format!("f0{}7f", "ff".repeat(30))),
        ("none", format!("{no_point:02x}{}", "00".repeat(31))),
        ("published", PUBLISHED.to_owned()),
    ]
}

/// Returns the key in every form that is read: text, an SSH line, and files with these or with PEM.
fn forms(shell: &Shell, name: &str, digits: &str) -> Vec<String> {
    let text = format!("ed25519/{digits}");
    let encoded = |prefix: &str| {
        shell.done(&format!("printf '%s' {prefix}{digits} | xxd -r -p | base64 -w0"))
    };
    let blob = encoded("0000000b7373682d6564323535313900000020");
    let line = format!("ssh-ed25519 {blob}");
    let der = encoded("302a300506032b6570032100");
    shell.write(&format!("{name}.hex"), format!("{text}\n"));
    shell.write(&format!("{name}.ssh"), format!("{line} {name}@acme\n"));
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    shell.write(&format!("{name}.pem"), pem);
    let files = ["hex", "ssh", "pem"].map(|form| format!("{name}.{form}"));
    [text, line].into_iter().chain(files).collect()
}

#[test]
fn bad_keys_are_refused_by_every_option_in_every_form() {
    let shell = Shell::with_tokens();
    for (name, digits) in bad_keys() {
        for form in forms(&shell, name, &digits) {
            let mint = MINT.replace(" > planner.token", "");
            let delegate = DELEGATE.replace(" > researcher.token", "");
            for line in [
                mint.replace("=planner.pub", &format!("='{form}'")),
                delegate.replace("=researcher.pub", &format!("='{form}'")),
                format!("{mint} --delegates '{form}'"),
                format!("{delegate} --delegates '{form}'"),
                with_call(&format!("verify --trust '{form}'")),
                with_call(&format!("verify --trust '{form}=alice@acme.com'")),
                format!("deputize report --trust '{form}' @planner.token"),
            ] {
                let printed = shell.refused(&line);
                let is_expected = ["weak keys", "secret is published", "not an Ed25519 public key"]
                    .iter()
                    .any(|why| printed.contains(why))
                    || (form.ends_with(".pem") && printed.contains("expected an Ed25519 key"));
                assert!(is_expected, "{line}\n{printed}");
            }
        }
    }
    // The forms themselves are valid: with a good key they are read.
    let own = crate::common::key_of("alice").public_key().to_string();
    let digits = own.strip_prefix("ed25519/").unwrap();
    for form in forms(&shell, "good", digits) {
        shell.done(&format!("deputize report --at $NOW --trust '{form}' @planner.token"));
    }
}

#[test]
fn the_published_secret_is_not_a_private_key() {
    let shell = Shell::with_tokens();
    let secret = format!("302e020100300506032b657004220420{PUBLISHED_SECRET}");
    let der = shell.done(&format!("printf '%s' {secret} | xxd -r -p | base64 -w0"));
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    shell.write("published.key", pem);
    shell.done("chmod 600 published.key");
    let printed = shell.refused(&MINT.replace("alice.key", "published.key"));
    assert!(printed.contains("whose secret is published"), "{printed}");
}

/// Text that is changed inside is not a token. White space around it comes from a shell, and is
/// trimmed.
#[test]
fn tokens_in_second_spellings_are_not_read() {
    let shell = Shell::with_tokens();
    shell.done(&with_call("present --key researcher.key @researcher.token > presented"));
    let (token, presented) = (shell.read("researcher.token"), shell.read("presented"));
    let spellings: [fn(&str) -> String; 7] = [
        |text| format!("{text}="),
        |text| format!("{text}=="),
        |text| text.replace('_', "/").replace('-', "+"),
        |text| format!("Bearer {text}"),
        |text| text.replacen('A', "A ", 1),
        |text| text.replacen('A', "A\n", 1),
        |text| format!("{text}{text}"),
    ];
    for spell in spellings {
        shell.write("t", spell(token.trim()));
        shell.write("p", spell(presented.trim()));
        shell.refused("deputize report @t");
        shell.refused("deputize report < t");
        shell.refused("deputize report -- \"$(cat t)\"");
        shell.refused(&with_call("present --key researcher.key @t"));
        shell.refused(&with_call("verify --trust alice.pub @p"));
        shell.refused(&with_call("verify --trust alice.pub < p"));
    }
    shell.write("p", format!("\n  {}\t\n", presented.trim()));
    shell.done(&with_call("verify --trust alice.pub @p"));
}

/// The names in a chain are plain text in every format and in every refusal.
#[test]
fn names_are_plain_text_everywhere() {
    let shell = Shell::new();
    let evil = r"$(printf 'a\033[2J\342\200\256<b>\302\233|`x`\n+1\b')";
    let mint = |name: &str| {
        format!(
            "deputize mint --at $NOW --key alice.key --owner \"{name}\" --to \"{name}=planner.pub\" \
             --allow 'crm.read accounts/**' --expires 8h --purpose \"{name}\""
        )
    };
    shell.done(&format!("{} > t", mint(r"+1 <b>|$(printf '\140x\140')")));
    let call = with_call("present --anyway --key planner.key @t")
        .replace("--arg", "--arg \"$E=$E\" --arg");
    shell.done(&format!("E=\"{evil}\"; {call} > p"));
    let verify = with_call("verify --trust alice.pub @p").replace("--arg", "--arg \"$E=$E\" --arg");
    let mut lines: Vec<String> = ["text", "markdown", "mermaid", "dot", "html", "json"]
        .map(|format| format!("deputize report --at $NOW --trust alice.pub --format {format} @t"))
        .into();
    lines.push("deputize report @t".to_owned());
    lines.push(mint(evil));
    lines.push(format!("E=\"{evil}\"; {verify}"));
    lines.push(format!("E=\"{evil}\"; {verify} --format json"));
    lines.push(format!("deputize verify --trust \"alice.pub={evil}\" \"{evil}\""));
    lines.push(format!("deputize mint --allow \"{evil}\""));
    lines.push(format!("deputize report --trust \"{evil}\" @t"));
    for line in lines {
        let Outcome { out, err, .. } = shell.run(&line);
        let shown = format!("{out}{err}");
        assert!(!shown.is_empty(), "{line}");
        let hostile = |c: &char| {
            (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}')
        };
        assert_eq!(shown.chars().find(hostile), None, "{line}\n{shown}");
        assert!(err.lines().all(|line| !line.starts_with('+')), "{line}\n{err}");
    }
}
