//! Key files: never overwritten, never printed, read and written as OpenSSL and OpenSSH do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{PEOPLE, key_of};
use crate::shell::{MINT, Outcome, Shell, with_call};
use deputize::{Signer, Token};

fn chmod(shell: &Shell, name: &str, mode: u32) {
    fs::set_permissions(shell.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keygen_writes_two_files_with_the_right_modes() {
    let shell = Shell::empty();
    // Under any umask.
    shell.done("umask 0; deputize keygen alice");
    let mode = |name| fs::metadata(shell.path(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("alice.key"), mode("alice.pub")), (0o600, 0o644));
    assert!(shell.read("alice.key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(shell.read("alice.pub").starts_with("-----BEGIN PUBLIC KEY-----\n"));
    shell.done("mkdir keys && deputize keygen keys/a.b && test -f keys/a.b.key");
}

#[test]
fn keygen_never_overwrites() {
    for (there, other) in [("alice.key", "alice.pub"), ("alice.pub", "alice.key")] {
        let shell = Shell::empty();
        shell.write(there, "mine");
        let printed = shell.refused("deputize keygen alice");
        assert!(printed.starts_with(&format!("`{there}`: the file already exists")), "{printed}");
        assert_eq!(shell.read(there), "mine");
        assert!(!shell.path(other).exists());
        // A link to nowhere counts as a file.
        let shell = Shell::empty();
        shell.done(&format!("ln -s nowhere {there}"));
        shell.refused("deputize keygen alice");
        assert!(!shell.path("nowhere").exists() && !shell.path(other).exists());
    }
    let shell = Shell::empty();
    assert!(shell.refused("deputize keygen no/alice").contains("No such file"));
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let shell = Shell::new();
    for mode in [0o640, 0o604, 0o660, 0o644, 0o610, 0o601] {
        chmod(&shell, "alice.key", mode);
        let printed = shell.refused(MINT);
        assert!(
            printed.contains(&format!("(mode {mode:04o}); run `chmod 600 alice.key`")),
            "{printed}"
        );
        shell.done(&MINT.replace("--key", "--insecure-key-permissions --key"));
    }
    for mode in [0o600, 0o400, 0o700] {
        chmod(&shell, "alice.key", mode);
        shell.done(MINT);
    }
}

#[test]
fn a_lost_public_key_comes_from_its_private_key() {
    let shell = Shell::new();
    assert_eq!(shell.done("deputize pubkey alice.key"), shell.read("alice.pub"));
    assert_eq!(shell.done("deputize pubkey - < alice.key"), shell.read("alice.pub"));
    let both = shell.read("planner.pub") + &shell.read("alice.pub");
    assert_eq!(shell.done("deputize pubkey planner.key alice.key"), both);
    shell.done("ssh-keygen -q -t ed25519 -N '' -f ssh");
    let printed = shell.run("deputize pubkey ssh > ssh.pem");
    assert!(printed.err.starts_with("note: this is a key of SSH"), "{}", printed.err);
    let holder = |public: &str| {
        shell.done(&MINT.replace("planner.pub", public));
        Token::parse(shell.read("planner.token").trim()).unwrap().holder().key()
    };
    assert_eq!(holder("ssh.pem"), holder("ssh.pub"));
    // One that cannot be read: nothing of the others is printed.
    shell.refused("deputize pubkey alice.key planner.pub");
    shell.done("chmod 644 planner.key");
    let printed = shell.run("deputize pubkey planner.key");
    assert_eq!(printed.out, shell.read("planner.pub"));
    let why = "note: `planner.key`: other users can read or change this private key (mode 0644); run `chmod 600 planner.key`\n";
    assert_eq!(printed.err, why);
    let printed = shell.refused("deputize pubkey alice.pub");
    assert!(printed.starts_with("`alice.pub`: this is a public key"), "{printed}");
    let printed = shell.refused("deputize pubkey missing.key");
    assert!(printed.starts_with("`missing.key`: No such file"), "{printed}");
    // The message about a private key in the place of a public one prints the command.
    let printed = shell.refused(&MINT.replace("planner.pub", "alice.key"));
    assert!(printed.contains("`deputize pubkey alice.key > NEW.pub`"), "{printed}");
}

#[test]
fn an_error_says_why_a_file_is_not_a_private_key() {
    let shell = Shell::new();
    let with = |file: &str| shell.refused(&MINT.replace("alice.key", file));
    shell.done("chmod 600 planner.pub");
    assert!(with("planner.pub").contains("this is a public key"));
    shell.done("ssh-keygen -q -t ed25519 -N '' -f ssh");
    shell.done("chmod 600 ssh.pub");
    assert!(with("ssh.pub").contains("this is a public key"));
    shell.done("openssl pkey -in alice.key -aes256 -passout pass:secret -out locked.key && chmod 600 locked.key");
    assert!(with("locked.key").contains("encrypted private key"));
    shell.done("openssl genpkey -algorithm rsa -out rsa.key && chmod 600 rsa.key");
    assert!(with("rsa.key").contains("the key is of another algorithm"));
    shell.write("empty", "");
    shell.write("long", "x".repeat(70_000));
    shell.write("binary", [0xff, 0xfe]);
    shell.done("chmod 600 empty long binary");
    assert!(with("empty").contains("this is an empty file"));
    assert!(with("long").contains("no key is longer than 65536 bytes"));
    assert!(with("binary").contains("this is text in UTF-16LE"));
    assert!(with("missing").contains("No such file"));
}

#[test]
fn openssl_reads_our_keys_and_we_read_its() {
    let shell = Shell::empty();
    let printed = shell.done("deputize keygen ours");
    let hex = printed.trim().strip_prefix("ed25519/").unwrap();
    assert_eq!(shell.done("openssl pkey -in ours.key -pubout"), shell.read("ours.pub"));
    let text = shell.done("openssl pkey -pubin -in ours.pub -noout -text");
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    assert!(digits.contains(hex), "{text}");
    shell.write("message", "a message");
    shell.done("openssl pkeyutl -sign -rawin -inkey ours.key -in message -out signature");
    shell.done(
        "openssl pkeyutl -verify -rawin -pubin -inkey ours.pub -in message -sigfile signature",
    );

    shell.done("umask 077; openssl genpkey -algorithm ed25519 -out theirs.key && openssl pkey -in theirs.key -pubout -out theirs.pub");
    shell.done("deputize mint --key theirs.key --owner a --to ours=ours.pub --allow 'a b' --expires 1h --purpose x > t");
    shell.done("deputize report --trust theirs.pub @t");
    assert!(shell.done("openssl version").starts_with("OpenSSL"));
}

/// The planner's public key in every form that is read.
#[test]
fn public_keys_come_in_several_forms() {
    let shell = Shell::new();
    let planner = key_of("planner").public_key();
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    shell.write("planner.hex", format!("  {planner}\n"));
    shell.write("planner.ssh", format!("{line} planner@acme\n"));
    let forms = [
        "planner.pub".to_owned(),
        planner.to_string(),
        "planner.hex".to_owned(),
        line.to_owned(),
        format!("{line} planner@acme with a comment"),
        "planner.ssh".to_owned(),
    ];
    for form in forms {
        shell.done(&format!("deputize mint --at $NOW --key alice.key --owner a --to 'planner={form}' --delegates '{form}' --allow 'a b' --expires 1h --purpose x > t"));
        let printed = shell.done("deputize report --at $NOW --trust alice.pub @t");
        assert!(
            printed.contains(&format!("planner (agent, {})", planner.fingerprint())),
            "{printed}"
        );
    }
    // A new key from `ssh-keygen`.
    shell.done("ssh-keygen -q -t ed25519 -N '' -C 'me@there' -f new");
    shell.done("deputize mint --key alice.key --owner a --to new=new.pub --allow 'a b' --expires 1h --purpose x");
    shell.done("ssh-keygen -q -t rsa -b 2048 -N '' -f rsa");
    let mint = |to: &str| {
        shell.refused(&format!("deputize mint --key alice.key --owner a --to '{to}' --allow 'a b' --expires 1h --purpose x"))
    };
    assert!(mint("r=rsa.pub").contains("type `ssh-rsa`, and only Ed25519 keys are used"));
    assert!(mint("p=alice.key").contains("this is a private key, and a public key in PEM"));
    assert!(mint("p=new").contains("this is a private key"));
    assert!(mint("planner.pub").contains("write NAME=KEY"));
    assert!(mint("p=ed25519/00").contains("64 lower-case hexadecimal digits"));
    assert!(
        mint("p=nowhere.pub").contains("a key is a file, `ed25519/<hex>` or `ssh-ed25519 AAAA…`")
    );
    assert!(mint(&format!("p={line}AAAA")).contains("cannot be read"));
}

#[test]
fn weak_keys_are_refused_by_every_option() {
    let shell = Shell::new();
    let identity = format!("ed25519/01{}", "0".repeat(62));
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let terminal = "ed25519/4573266f2d18482a7e5382eeb4dd68eba1fea7b6d66b866818175f6651fa8dd3";
    for weak in [identity.as_str(), ssh, terminal] {
        let line = format!(
            "deputize mint --key alice.key --owner a --to 'p={weak}' --allow 'a b' --expires 1h --purpose x"
        );
        let printed = shell.refused(&line);
        assert!(
            printed.contains("weak keys") || printed.contains("secret is published"),
            "{printed}"
        );
        let printed = shell.refused(&with_call(&format!("verify --trust '{weak}'")));
        assert!(printed.starts_with("--trust: "), "{printed}");
    }
}

/// A private key of any kind that was pasted as an argument.
#[test]
fn a_pasted_private_key_is_not_printed() {
    let shell = Shell::new();
    shell.done("openssl genpkey -algorithm rsa -out rsa && ssh-keygen -q -t ed25519 -N '' -f ssh");
    for key in ["rsa", "ssh", "alice.key"] {
        for command in ["report", "report --", "", "report --trust", "keygen --color"] {
            let printed = shell.refused(&format!("deputize {command} \"$(cat {key})\""));
            assert!(!printed.contains("KEY-----"), "{printed}");
        }
    }
}

/// Commands that fail in many ways, with keys in the wrong places.
#[test]
fn private_keys_are_never_printed() {
    let shell = Shell::with_tokens();
    let report = "deputize report @researcher.token";
    let lines = [
        MINT.replace("> planner.token", ""),
        with_call("present --key researcher.key @researcher.token"),
        report.to_owned(),
        format!("{report} --trust alice.key"),
        format!("{report} --trust \"$(cat alice.key)\""),
        format!("{report} --trust \"$(sed -n 2p alice.key)\""),
        "deputize report @alice.key".to_owned(),
        "deputize report < alice.key".to_owned(),
        "deputize report \"$(cat alice.key)\"".to_owned(),
        "deputize report -- \"$(cat alice.key)\"".to_owned(),
        "deputize \"$(cat alice.key)\"".to_owned(),
        "deputize keygen --color \"$(cat alice.key)\"".to_owned(),
        MINT.replace("alice.key", "\"$(cat alice.key)\"").replace("> planner.token", ""),
        MINT.replace("planner.pub", "alice.key"),
        MINT.replace("planner.pub", "\"$(cat alice.key)\""),
        MINT.replace("'Q3 review'", "x --capabilities alice.key"),
        with_call("verify --trust alice.pub --request alice.key"),
        "deputize verify --trust alice.pub --request alice.key".to_owned(),
        "deputize verify --trust alice.pub --request alice.key --format json < researcher.token"
            .to_owned(),
        "deputize keygen alice".to_owned(),
    ];
    for line in &lines {
        let Outcome { out, err, .. } = shell.run(line);
        for (name, seed) in PEOPLE {
            let pem = key_of(name).to_pem().unwrap();
            let base64 = pem.lines().nth(1).unwrap();
            let hex = format!("{seed:02x}").repeat(32);
            let is_printed =
                [base64, &base64[22..], &hex].iter().any(|s| out.contains(s) || err.contains(s));
            assert!(!is_printed, "{line}\n{out}{err}");
        }
    }
}

#[test]
fn a_file_with_two_public_keys_is_refused() {
    let shell = Shell::new();
    let line = |name: &str| {
        let key = key_of(name).public_key();
        format!("{key}\n")
    };
    shell.write("two.pub", format!("{}{}", line("alice"), line("thief")));
    let printed = shell.run("deputize report --trust two.pub x").err;
    assert!(
        printed.starts_with("error: --trust `two.pub`: this has 2 different keys"),
        "{printed}"
    );
    shell.done("ssh-keygen -q -t ed25519 -N '' -f a; (cat a.pub; echo 'and more') > two.sshpub");
    let printed = shell.run("deputize report --trust two.sshpub x").err;
    assert!(printed.contains("more than one line"), "{printed}");
    assert_eq!(shell.run("deputize report --trust a.pub x").code, 2);
    assert!(shell.run("deputize report --trust a.pub x").err.starts_with("error: token: "));
}

#[test]
fn the_content_of_a_key_file_is_judged_before_its_mode() {
    let shell = Shell::with_tokens();
    let printed = |key: &str| {
        let line = format!(
            "deputize delegate --key {key} --to a=thief.pub --allow 'a b' --expires 1h --purpose p @planner.token"
        );
        shell.run(&line).err
    };
    assert!(printed("planner.pub").contains("this is a public key"), "{}", printed("planner.pub"));
    for odd in [".", "/dev/null"] {
        assert_eq!(printed(odd), format!("error: --key `{odd}`: this is not a file\n"));
    }
    shell.done("openssl genpkey -algorithm x25519 -out x.key && chmod 600 x.key");
    assert!(printed("x.key").contains("the key is of another algorithm"), "{}", printed("x.key"));
    assert!(shell.run("mkdir d; deputize keygen d/").err.contains("name of the key is missing"));
}
