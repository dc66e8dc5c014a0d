//! The keys in a text, in every form that is read.

use std::collections::BTreeSet;

use deputize::text::{Backticked, Visible};
use deputize::{KeyError, PublicKey, Signer, SigningKey};

use super::convert::Conversion;
use super::der::{Form, of_der};
use super::foreign::{Foreign, Half};
use super::pem::{self, Block};
use super::recognise::of_text;

/// The keys in a text, and what else looks like one.
#[derive(Default)]
pub(super) struct Found {
    pub(super) private: Vec<SigningKey>,
    pub(super) public: Vec<PublicKey>,
    /// Keys that are not read, such as encrypted ones.
    foreign: Vec<Foreign>,
    /// PEM blocks that are not keys, such as certificates.
    others: Vec<Foreign>,
    /// True if a key is in a form of OpenSSH.
    pub(super) is_ssh: bool,
    /// The number of lines outside PEM that are not keys.
    lines: usize,
    has_pem: bool,
}

/// The reason why a text has no key to use.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is a key of another program.
    Foreign(Foreign),
    /// A sentence about the text, which it does not quote.
    Sentence(String),
}

impl Fault {
    fn new(sentence: impl ToString) -> Self {
        Self::Sentence(sentence.to_string())
    }

    /// Returns a sentence about the file with this name, in the words of a shell, or about a text
    /// in an argument.
    pub(super) fn sentence(self, half: Half, file: Option<&str>) -> String {
        match self {
            Self::Foreign(foreign) => foreign.sentence(half, file),
            Self::Sentence(sentence) => sentence,
        }
    }
}

/// Finds the keys in a text, of which one `half` is needed.
pub(super) fn find(text: &str, half: Half) -> Result<Found, Fault> {
    let text = text.trim_start_matches('\u{feff}');
    let parts = pem::split(text).map_err(Fault::new)?;
    let mut found = Found { has_pem: !parts.blocks.is_empty(), ..Found::default() };
    for block in &parts.blocks {
        found.add_block(block, half)?;
    }
    for line in parts.lines {
        found.add_line(line)?;
    }
    Ok(found)
}

impl Found {
    /// Returns the one private key.
    pub(super) fn one_private(mut self, text: &str) -> Result<SigningKey, Fault> {
        self.require_one()?;
        match self.private.pop() {
            Some(key) if self.foreign.is_empty() => Ok(key),
            Some(_) => Err(different(self.foreign.len().saturating_add(1))),
            None => Err(self.why_not(text, Half::Private)),
        }
    }

    /// Returns the one public key.
    pub(super) fn one_public(mut self, text: &str) -> Result<PublicKey, Fault> {
        self.require_one()?;
        if !self.has_pem && self.lines > 0 && !self.public.is_empty() {
            return Err(Fault::new("this has more than one line; keep only the line of the key"));
        }
        match self.public.pop() {
            Some(key) => Ok(key),
            None if self.private.is_empty() => Err(self.why_not(text, Half::Public)),
            None => {
                let how = Conversion::PublicOfRead;
                Err(Fault::Foreign(Foreign::convert("a private key", how)))
            }
        }
    }

    /// Returns true if the text has public keys, and nothing private.
    pub(super) fn is_public(&self) -> bool {
        self.private.is_empty() && self.foreign.is_empty() && !self.public.is_empty()
    }

    /// Checks that all keys are the halves of one pair.
    fn require_one(&self) -> Result<(), Fault> {
        let public = self.private.iter().map(Signer::public_key).chain(self.public.iter().copied());
        match public.collect::<BTreeSet<_>>().len() {
            0 | 1 => Ok(()),
            count => Err(different(count)),
        }
    }

    fn why_not(self, text: &str, half: Half) -> Fault {
        let has_pem = self.has_pem;
        let named = self.foreign.into_iter().chain(self.others).next();
        match named.or_else(|| of_text(text, half).filter(|_| !has_pem)) {
            Some(foreign) => Fault::Foreign(foreign),
            None => Fault::new(match half {
                Half::Private => {
                    "this is not a private key, which is a PEM block `PRIVATE KEY` or `OPENSSH PRIVATE KEY`"
                }
                Half::Public => {
                    "this is not a public key, which is a PEM block `PUBLIC KEY`, `ed25519/<hex>` or a line `ssh-ed25519 AAAA…`"
                }
            }),
        }
    }

    fn add_block(&mut self, block: &Block<'_>, half: Half) -> Result<(), Fault> {
        let convert = |what: &str, private, public| match half {
            Half::Private => Foreign::convert(what.to_owned(), private),
            Half::Public => Foreign::convert(what.to_owned(), public),
        };
        match block.label {
            "PRIVATE KEY" if !block.is_encrypted => self.private.push(pkcs8(block, half)?),
            "PUBLIC KEY" => {
                self.public.push(PublicKey::from_pem(&block.to_pem(64)).map_err(Fault::new)?);
            }
            "OPENSSH PRIVATE KEY" => {
                self.is_ssh = true;
                match openssh(block)? {
                    Openssh::Read(key) => self.private.push(key),
                    Openssh::Encrypted => self.foreign.push(convert(
                        "an encrypted OpenSSH private key",
                        Conversion::EncryptedOpenssh,
                        Conversion::PublicOfOpenssh,
                    )),
                    Openssh::Another(Some(kind)) => {
                        let what = format!("an OpenSSH private key of type {}", Backticked(&kind));
                        self.foreign.push(Foreign::another(what));
                    }
                    Openssh::Another(None) => {
                        self.foreign
                            .push(Foreign::another("an OpenSSH private key of another type"));
                    }
                }
            }
            "ENCRYPTED PRIVATE KEY" | "PRIVATE KEY" => self.foreign.push(convert(
                "an encrypted private key",
                Conversion::Pem,
                Conversion::PublicOfPem,
            )),
            label if label.starts_with("PGP ") => {
                self.foreign.push(Foreign::another("a key of OpenPGP"));
            }
            label if label.ends_with("PRIVATE KEY") || label.ends_with("PUBLIC KEY") => {
                let what = format!("a key of another algorithm, a PEM block {}", Backticked(label));
                self.foreign.push(Foreign::another(what));
            }
            label if label.ends_with("CERTIFICATE") || label.ends_with("CERTIFICATE REQUEST") => {
                let (what, how) = match label.ends_with("REQUEST") {
                    true => ("a request for a certificate", Conversion::PublicOfRequest),
                    false => ("a certificate", Conversion::PublicOfCertificate),
                };
                self.others.push(match half {
                    Half::Private => Foreign::words(
                        what,
                        ", which has a public key, and the private one is needed",
                    ),
                    Half::Public => Foreign::convert(what, how),
                });
            }
            label => {
                let what = format!("a PEM block {}", Backticked(label));
                self.others.push(Foreign::words(what, ", and not a key"));
            }
        }
        Ok(())
    }

    fn add_line(&mut self, line: &str) -> Result<(), Fault> {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        match (first, words.next()) {
            ("ssh-ed25519", Some(key)) => {
                self.public.push(ssh_key(key)?);
                self.is_ssh = true;
            }
            (kind, Some(_)) if is_ssh_kind(kind) => self.foreign.push(of_ssh_kind(kind)),
            (first, _) if first.starts_with("ed25519/") => {
                self.public.push(line.parse().map_err(|e: KeyError| Fault::new(e))?);
            }
            (first, _) if first.starts_with('#') => {}
            _ if !self.has_pem && line.contains("ssh-ed25519 AAAA") => {
                let words = "; keep only the text from `ssh-ed25519` on";
                let what = "a line of `authorized_keys` or `known_hosts`";
                self.foreign.push(Foreign::words(what, words));
            }
            _ => self.lines = self.lines.saturating_add(1),
        }
        Ok(())
    }
}

fn different(count: usize) -> Fault {
    Fault::new(format_args!("this has {count} different keys; keep only one, or its two halves"))
}

/// Returns true if a text is a key, or begins like one, and is not the name of a file.
pub(super) fn is_key_text(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_ssh = is_ssh_kind(first) && words.next().is_some();
    text.contains("-----BEGIN") || first.starts_with("ed25519/") || is_ssh
}

fn is_ssh_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| word.starts_with(start))
}

fn of_ssh_kind(kind: &str) -> Foreign {
    if kind.contains("-cert-v") {
        let words = "; give the key that it certifies, a line `ssh-ed25519 AAAA…`";
        return Foreign::words("a certificate of OpenSSH", words);
    }
    Foreign::another(format!("an OpenSSH key of type {}", Backticked(kind)))
}

/// Reads the base64 of an SSH line.
fn ssh_key(base64: &str) -> Result<PublicKey, Fault> {
    let key = ssh_key::PublicKey::from_openssh(&format!("ssh-ed25519 {base64}"))
        // The error quotes the type of key that the line states.
        .map_err(|e| format!("the ssh-ed25519 line cannot be read: {}", Visible(&e.to_string())))
        .map_err(Fault::new)?;
    let key = key.key_data().ed25519();
    let key = key.ok_or("the line says ssh-ed25519, but its key is of another type");
    PublicKey::from_bytes(&key.map_err(Fault::new)?.0).map_err(Fault::new)
}

/// Reads a block of PKCS#8.
fn pkcs8(block: &Block<'_>, half: Half) -> Result<SigningKey, Fault> {
    SigningKey::from_pem(&block.to_pem(64)).map_err(|error| {
        // The parser reads version 2 with the public half as in RFC 5958, and not as ring writes it.
        let der = block.content().filter(|der| der.get(2..5) == Some(b"\x02\x01\x01"));
        match (error, der.and_then(|der| of_der(&der, half, "in PEM", Form::Pem))) {
            (KeyError::Pem { .. }, Some(foreign)) => Fault::Foreign(foreign),
            (error, _) => Fault::new(error),
        }
    })
}

/// The content of a block of OpenSSH.
enum Openssh {
    Read(SigningKey),
    Encrypted,
    /// A key of another algorithm, with its name if the parser knows it.
    Another(Option<String>),
}

fn openssh(block: &Block<'_>) -> Result<Openssh, Fault> {
    // The width of the lines that OpenSSH writes, which the parser requires.
    let key = match ssh_key::PrivateKey::from_openssh(block.to_pem(70).as_bytes()) {
        Ok(key) => key,
        Err(ssh_key::Error::AlgorithmUnknown) => return Ok(Openssh::Another(None)),
        Err(error) => {
            let error = error.to_string();
            return Err(Fault::new(format_args!(
                "the OpenSSH private key cannot be read: {}",
                Visible(&error)
            )));
        }
    };
    let kind = key.algorithm();
    if kind != ssh_key::Algorithm::Ed25519 {
        return Ok(Openssh::Another(Some(kind.to_string())));
    }
    if key.is_encrypted() {
        return Ok(Openssh::Encrypted);
    }
    let pair = key.key_data().ed25519().ok_or("the OpenSSH private key has no Ed25519 key");
    let seed = pair.map_err(Fault::new)?.private.as_ref();
    // The check that it is not a published key is that of every import.
    let pem = SigningKey::from_bytes(seed).to_pem().map_err(Fault::new)?;
    SigningKey::from_pem(&pem).map(Openssh::Read).map_err(Fault::new)
}
