//! Keys as OpenSSL, `ssh-keygen`, editors and other programs write them: some are read, and the
//! others are named with the command that converts them.

use crate::common::key_of;
use crate::shell::{MINT, Shell};
use deputize::Signer;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "-----END PRIVATE KEY-----\n";

/// The seed of Alice's key.
const SEED: [u8; 32] = [1; 32];

/// Mints with this private key, and checks that it is Alice's.
fn sign_as_alice(shell: &Shell, file: &str) {
    shell.done(&format!("chmod 600 {file}"));
    shell.done(&MINT.replace("alice.key", file));
    shell.done("deputize report --at $NOW --trust alice.pub @planner.token");
}

/// Mints for the planner's key in this form, and checks that it is the planner's.
fn grant_to_planner(shell: &Shell, file: &str) {
    shell.done(&MINT.replace("planner.pub", file));
    let report = shell.done("deputize report --at $NOW --trust alice.pub @planner.token");
    let wanted = format!("(agent, {})", key_of("planner").public_key().fingerprint());
    assert!(report.contains(&wanted), "{file}: {report}");
}

/// The command between backticks after "with".
fn command_in(message: &str) -> &str {
    let (_, rest) = message.split_once("with `").unwrap();
    let (command, rest) = rest.split_once('`').unwrap();
    assert!(!rest.contains('`'), "{message}");
    command
}

#[test]
fn what_is_around_a_key_does_not_matter() {
    let shell = Shell::new();
    let (pem, public) = (shell.read("alice.key"), shell.read("alice.pub"));
    let body = pem.strip_prefix(BEGIN).unwrap().strip_suffix(END).unwrap().trim();
    let (head, tail) = body.split_at(20);
    for (nth, text) in [
        format!("\u{feff}{pem}"),
        format!("\n\n{pem}\n \n"),
        pem.trim_end().to_owned(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        pem.replace('\n', "  \n"),
        pem.replace('\n', "\n    "),
        format!("{BEGIN}\n{head}\n\n\t{tail}\n\n{END}"),
        format!("{} {body} {}", BEGIN.trim(), END.trim()),
        format!("# the key of alice\n{pem}"),
        format!("Bag Attributes\n    friendlyName: alice\nKey Attributes: <No Attributes>\n{pem}"),
        format!("{pem}{public}"),
        format!("{public}{pem}"),
        format!("{pem}\n{pem}"),
        format!("{pem}{}\n", key_of("alice").public_key()),
        format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("form{nth}.key");
        shell.write(&name, text);
        sign_as_alice(&shell, &name);
    }
    shell.done("openssl pkey -in alice.key -text > text.key");
    sign_as_alice(&shell, "text.key");
    shell.done(&format!("{} < alice.key", MINT.replace("alice.key", "-")));
}

#[test]
fn public_keys_are_read_in_the_same_way() {
    let shell = Shell::new();
    let (pem, public) = (shell.read("planner.key"), shell.read("planner.pub"));
    let key = key_of("planner").public_key();
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    for (nth, text) in [
        format!("\u{feff}{public}"),
        public.replace('\n', "\r\n"),
        format!("\n{public}\n\n"),
        format!("{pem}{public}"),
        format!("{public}{pem}"),
        format!("\u{feff}{key}\r\n"),
        format!("\n{key}\n\n{key}\n"),
        format!("{}\n", line.replace(' ', "\t")),
        format!("{}  me@there  \r\n", line.replace(' ', " \t ")),
        format!("# my key\n\n{line} a comment\n"),
        format!("{public}{line}\n"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("form{nth}.pub");
        shell.write(&name, text);
        grant_to_planner(&shell, &name);
    }
    shell.done("openssl pkey -pubin -in planner.pub -text > text.pub");
    grant_to_planner(&shell, "text.pub");
    shell.done(&format!("{} < planner.pub", MINT.replace("planner.pub", "-")));
    shell.done("cp planner.pub a=b.pub");
    grant_to_planner(&shell, "a=b.pub");
}

#[test]
fn keys_of_openssh_are_read_and_said_to_serve_nothing_else() {
    let shell = Shell::new();
    shell.done("ssh-keygen -q -t ed25519 -N '' -C 'me@there' -f ssh && cat ssh.pub ssh > both");
    shell.done("chmod 600 both; sed 's/$/\\r/' ssh > crlf; chmod 600 crlf");
    for key in ["ssh", "both", "crlf"] {
        let minted = shell.run(&MINT.replace("alice.key", key));
        assert_eq!(minted.code, 0, "{}", minted.err);
        assert!(minted.err.contains("\nnote: this is a key of SSH;"), "{}", minted.err);
        shell.done("deputize report --at $NOW --trust ssh.pub @planner.token");
    }
    // Once, however many such keys there are.
    shell.done("ssh-keygen -q -t ed25519 -N '' -f other");
    let minted = shell.run(&MINT.replace("alice.key", "ssh").replace("planner.pub", "other.pub"));
    assert_eq!(minted.err.matches("key of SSH").count(), 1, "{}", minted.err);
    // A key of our own is not one of SSH.
    assert!(!shell.run(MINT).err.contains("note"));
    assert_eq!(shell.run("deputize report --at $NOW --trust ssh.pub @planner.token").code, 1);
}

#[test]
fn different_keys_in_one_file_are_refused() {
    let shell = Shell::new();
    shell.done("ssh-keygen -q -t ed25519 -N '' -f ssh; openssl genpkey -algorithm rsa -out rsa");
    for (files, count) in [
        ("alice.key planner.key", 2),
        ("alice.key planner.pub", 2),
        ("alice.key planner.pub thief.pub", 3),
        ("alice.key ssh", 2),
        ("alice.key ssh.pub", 2),
    ] {
        shell.done(&format!("cat {files} > two; chmod 600 two"));
        let why = format!("this has {count} different keys");
        let printed = shell.refused(&MINT.replace("alice.key", "two"));
        assert!(printed.starts_with(&format!("--key `two`: {why}")), "{printed}");
        let printed = shell.refused(&MINT.replace("planner.pub", "two"));
        assert!(printed.starts_with(&format!("--to `two`: {why}")), "{printed}");
    }
    shell.done("ssh-keygen -q -t ed25519 -N secret -f locked; cat alice.key locked > two");
    let printed = shell.refused(&MINT.replace("alice.key", "two"));
    assert!(printed.contains("this has 2 different keys"), "{printed}");
}

/// A private key of another program: how its file is made, its name, and what the command of the
/// message needs besides.
#[test]
fn private_keys_of_other_programs_are_named_and_converted() {
    let shell = Shell::new();
    let hex = "01".repeat(32);
    let public = key_of("alice").public_key().to_bytes();
    let pair = hex.clone() + &public.iter().map(|b| format!("{b:02x}")).collect::<String>();
    shell.write("seed", SEED);
    shell.write("pair", [SEED, public].concat());
    // PKCS#8 version 2, as ring writes it: the public half has an explicit tag.
    let ring = [
        b"\x30\x53\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
        &SEED,
        b"\xa1\x23\x03\x21\x00",
        &public,
    ]
    .concat();
    shell.write("ring.der", ring);
    shell.done(&format!(
        "(echo '{}'; openssl base64 -in ring.der; echo '{}') > ring.pem",
        BEGIN.trim(),
        END.trim()
    ));
    shell.done("openssl pkey -in alice.key -outform DER -out plain.der");
    shell.done("openssl pkcs8 -topk8 -in alice.key -passout pass:s -outform DER -out locked.der");
    let base64 = "openssl base64 -A -in";
    let jwk = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w\",\"d\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}";
    let pretty = jwk.replace(',', ",\n  ").replace(':', " : ");
    let numbers = format!("[{}]", [1; 32].map(|n: u8| n.to_string()).join(", "));
    for (make, name, answer) in [
        ("iconv -t UTF-16 alice.key".to_owned(), "text in UTF-16", ""),
        ("iconv -t UTF-16LE alice.key".to_owned(), "text in UTF-16LE", ""),
        ("iconv -t UTF-16BE alice.key".to_owned(), "text in UTF-16BE", ""),
        ("iconv -t UTF-32 alice.key".to_owned(), "text in UTF-32", ""),
        (
            "openssl pkey -in alice.key -aes256 -passout pass:s".to_owned(),
            "an encrypted private key",
            " -passin pass:s",
        ),
        (
            "ssh-keygen -q -p -f ssh -N s > log && cat ssh".to_owned(),
            "an encrypted OpenSSH private key",
            " -P s",
        ),
        ("cat plain.der".to_owned(), "a private key (PKCS#8) in DER", ""),
        ("cat locked.der".to_owned(), "an encrypted private key in DER", " -passin pass:s"),
        (format!("{base64} plain.der"), "a private key (PKCS#8) in base64", ""),
        ("openssl base64 -in plain.der".to_owned(), "a private key (PKCS#8) in base64", ""),
        ("cat ring.der".to_owned(), "as ring writes it (PKCS#8 version 2) in DER", ""),
        ("cat ring.pem".to_owned(), "as ring writes it (PKCS#8 version 2) in PEM", ""),
        (format!("{base64} ring.der"), "as ring writes it (PKCS#8 version 2) in base64", ""),
        (format!("echo '{jwk}'"), "a JSON Web Key (JWK)", ""),
        (format!("echo '{pretty}'"), "a JSON Web Key (JWK)", ""),
        (format!("echo '{{\"keys\":[{jwk}]}}'"), "a JSON Web Key in a set (JWK)", ""),
        ("cat seed".to_owned(), "a seed in raw bytes", ""),
        ("cat pair".to_owned(), "a seed in raw bytes", ""),
        (format!("echo {hex}"), "a seed in hexadecimal", ""),
        (format!("printf %s {hex}"), "a seed in hexadecimal", ""),
        (format!("echo 0x{}", hex.to_uppercase()), "a seed in hexadecimal", ""),
        (format!("echo {hex} | sed 's/../&:/g;s/:$//'"), "a seed in hexadecimal", ""),
        (format!("echo {pair}"), "a seed and its public key in hexadecimal", ""),
        (format!("{base64} seed"), "a seed in base64", ""),
        (format!("{base64} seed | tr -d ="), "a seed in base64", ""),
        (format!("{base64} pair | tr -- +/ -_"), "a seed and its public key in base64", ""),
        (format!("{base64} pair | tr -- +/ -_ | tr -d ="), "a seed and its public key", ""),
        (format!("echo '{numbers}'"), "a seed as a list of numbers", ""),
        (format!("echo ed25519-private/{hex}"), "a private key of the Biscuit command", ""),
        ("sed '/---/d' ssh2".to_owned(), "an OpenSSH private key without the lines of PEM", ""),
        (
            "openssl req -x509 -key alice.key -subj /CN=a -out a.crt && openssl pkcs12 -export -inkey alice.key -in a.crt -passout pass:s".to_owned(),
            "a key store (PKCS#12)",
            " -passin pass:s",
        ),
    ] {
        // OpenSSH writes only keys that it made, so these are compared with themselves.
        shell.done("rm -f ssh* NEW.key; ssh-keygen -q -t ed25519 -N '' -f ssh; cp ssh ssh2");
        let root = if make.contains("ssh") { "ssh.pub" } else { "alice.pub" };
        shell.done(&format!("({make}) > 'my $(it).key'; chmod 600 'my $(it).key'"));
        let printed = shell.refused(&MINT.replace("alice.key", "'my $(it).key'"));
        assert!(printed.contains(&format!("this is {name}")) || printed.contains(name), "{make}\n{printed}");
        let command = command_in(&printed);
        let verb = ["pkey ", "pkcs12 ", "-keygen "].into_iter().find(|verb| command.contains(verb));
        let verb = verb.unwrap_or_default().trim();
        let command = match answer {
            "" => command.to_owned(),
            answer => command.replace(verb, &format!("{verb}{answer}")),
        };
        shell.done(&command);
        shell.done("test $(stat -c %a NEW.key) = 600");
        shell.done(&MINT.replace("alice.key", "NEW.key"));
        shell.done(&format!("deputize report --at $NOW --trust {root} @planner.token"));
    }
}

#[test]
fn public_keys_of_other_programs_are_named_and_converted() {
    let shell = Shell::new();
    let key = key_of("planner").public_key();
    let hex = key.to_string().replace("ed25519/", "");
    shell.write("raw", key.to_bytes());
    shell.done("openssl pkey -pubin -in planner.pub -outform DER -out plain.der");
    shell.done("openssl pkey -in planner.key -outform DER -out private.der");
    shell.done("openssl req -x509 -key planner.key -subj /CN=a -out a.crt");
    shell.done("openssl req -new -key planner.key -subj /CN=a -out a.csr");
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    shell.write("line.pub", format!("{line}\n"));
    let base64 = "openssl base64 -A -in";
    for (make, name) in [
        ("iconv -t UTF-16 planner.pub".to_owned(), "text in UTF-16"),
        ("iconv -t UTF-16LE line.pub".to_owned(), "text in UTF-16LE"),
        ("cat plain.der".to_owned(), "a public key in DER"),
        (format!("{base64} plain.der"), "a public key in base64"),
        ("cat private.der".to_owned(), "a private key (PKCS#8) in DER"),
        ("cat planner.key".to_owned(), "a private key"),
        ("cat raw".to_owned(), "a public key in raw bytes"),
        (format!("echo {hex}"), "a key in hexadecimal"),
        (format!("echo 0x{}", hex.to_uppercase()), "a key in hexadecimal"),
        (format!("echo {hex} | sed 's/../&:/g;s/:$//'"), "a key in hexadecimal"),
        (format!("{base64} raw"), "a key in base64"),
        (format!("{base64} raw | tr -- +/ -_ | tr -d ="), "a key in base64"),
        (
            format!(
                "printf '{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}}' $({base64} raw | tr -- +/ -_ | tr -d =)"
            ),
            "a JSON Web Key (JWK)",
        ),
        ("cat a.crt".to_owned(), "a certificate"),
        ("cat a.csr".to_owned(), "a request for a certificate"),
        ("ssh-keygen -e -f line.pub".to_owned(), "a public key in the file format of RFC 4716"),
        (format!("echo {}", line.replace("ssh-ed25519 ", "")), "without the word `ssh-ed25519`"),
    ] {
        shell.done(&format!("rm -f NEW.pub; ({make}) > ./-it\\'s.pub"));
        let printed = shell.refused(&MINT.replace("planner.pub", "\"-it's.pub\""));
        assert!(printed.contains(name), "{make}\n{printed}");
        shell.done(command_in(&printed.replace("without the word `ssh-ed25519`", "")));
        grant_to_planner(&shell, "NEW.pub");
    }
    shell.done("ssh-keygen -q -t ed25519 -N '' -f ssh");
    let printed = shell.refused(&MINT.replace("planner.pub", "ssh"));
    shell.done(command_in(&printed));
    shell.done(&MINT.replace("planner.pub", "NEW.pub"));
}

#[test]
fn what_is_not_a_key_is_named_for_what_it_is() {
    let shell = Shell::new();
    shell.done("openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec");
    shell.done("ssh-keygen -q -t rsa -b 2048 -N '' -f rsa; ssh-keygen -q -t ecdsa -N '' -f ecdsa");
    for (make, why) in [
        ("printf ''", "this is an empty file"),
        ("printf '\\n \\n'", "this is an empty file"),
        ("echo hello", "this is not a private key"),
        ("printf '\\377\\376\\001'", "this is "),
        ("printf 'a\\377b'", "this is not text: byte 2 is not UTF-8, and keys are read in PEM"),
        ("echo '{\"a\":1}'", "this is JSON, and not a key"),
        ("echo '{\"kty\":\"RSA\",\"n\":\"x\"}'", "a JSON Web Key of another algorithm"),
        (
            "echo '{\"kty\":\"OKP\",\"crv\":\"X25519\",\"d\":\"x\"}'",
            "a JSON Web Key of another algorithm",
        ),
        ("echo '{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"x\"}'", "the private one is needed"),
        ("echo AGE-SECRET-KEY-1AAAA", "this is a key of age"),
        ("echo secp256r1-private/00", "on another curve"),
        ("echo 'untrusted comment: minisign'", "this is a key of minisign or signify"),
        (
            "printf 'PuTTY-User-Key-File-3: ssh-ed25519\\nEncryption: none\\n'",
            "this is a key of PuTTY",
        ),
        ("openssl pkey -in alice.key -text -noout", "leave out `-noout`"),
        ("cat ec", "the key is of another algorithm"),
        ("cat rsa", "an OpenSSH private key of type `ssh-rsa`, and only Ed25519"),
        ("cat ecdsa", "an OpenSSH private key of another type, and only Ed25519"),
        ("openssl rsa -in rsa -traditional 2>&1 || cat rsa", "only Ed25519 keys are used"),
        ("head -2 alice.key", "its block `PRIVATE KEY` has no line"),
        ("sed 's/MC4C/!!!!/' alice.key", "the PEM block `PRIVATE KEY` has text that is not base64"),
        ("sed 's/$/\\\\n/' alice.key | tr -d '\\n'", "has text that is not base64"),
        (
            "printf -- '-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n'",
            "this is a certificate, which has a public key",
        ),
        (
            "printf -- '-----BEGIN X-----\\nAAAA\\n-----END X-----\\n'",
            "this is a PEM block `X`, and not a key",
        ),
        (
            "openssl pkey -in alice.key -pubout -outform DER",
            "this is a public key in DER, and the private one is needed",
        ),
    ] {
        shell.done(&format!("({make}) > odd; chmod 600 odd"));
        let printed = shell.refused(&MINT.replace("alice.key", "odd"));
        assert!(printed.starts_with("--key `odd`: ") && printed.contains(why), "{make}\n{printed}");
        assert!(!printed.contains("NUL") && !printed.contains("encapsulation"), "{printed}");
    }
    for (text, why) in [
        ("restrict ssh-ed25519 AAAA", "a line of `authorized_keys` or `known_hosts`"),
        ("ssh-rsa AAAA", "an OpenSSH key of type `ssh-rsa`, and only Ed25519 keys are used"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "a certificate of OpenSSH"),
        ("did:key:z6Mk", "a decentralised identifier"),
        ("hello", "this is not a public key"),
        ("ed25519/00", "64 lower-case hexadecimal digits"),
    ] {
        shell.write("odd", text);
        let printed = shell.refused(&MINT.replace("planner.pub", "odd"));
        assert!(printed.starts_with("--to `odd`: ") && printed.contains(why), "{printed}");
    }
    // As an argument, where the name of a file was expected.
    let hex = "01".repeat(32);
    let printed = shell.refused(&MINT.replace("planner.pub", &hex));
    assert!(printed.starts_with("--to: this is a key in hexadecimal"), "{printed}");
}

#[test]
fn standard_input_is_read_once() {
    let shell = Shell::with_tokens();
    let mint = MINT.replace("> planner.token", "");
    let two = mint.replace("alice.key", "-").replace("planner.pub", "-");
    let printed = shell.refused(&format!("{two} < planner.pub"));
    assert!(printed.contains("standard input was read already, for --to;"), "{printed}");
    let line = "deputize report --at $NOW --trust=-=alice@acme.com @planner.token < alice.pub";
    shell.done(line);
    let printed = shell.refused("deputize report --trust - < alice.pub");
    assert_eq!(
        printed,
        "standard input: standard input was read already, for --trust; give one of the two as a file"
    );
    shell.done("cp alice.key ./-");
    sign_as_alice(&shell, "./-");
    shell.done("chmod 644 alice.key");
    let printed = shell.refused(&format!("{} < alice.key", mint.replace("alice.key", "-")));
    assert!(printed.contains("other users can read") && printed.contains("`chmod 600 FILE`"));
}
