//! The attacker presents tokens of other software: the official samples of the Biscuit project,
//! unchanged, cut and altered. None of them is a Deputize token, and each is refused for its own
//! reason.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::common::{NONCE, WINDOW, denied, now, planner, request, verifier_of};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::testing::{RawProof, RawToken};
use deputize::{
    DenyCode, Presentation, PublicKey, Report, Signer, SigningKey, Token, TokenError, TrustAnchor,
    Verdict,
};
use deputize_pages::report_page;
use serde_json::Value;

/// The number of samples in version 6.0.0.
const COUNT: usize = 38;

struct Samples {
    root: SigningKey,
    /// The bytes of each sample, by file name.
    tokens: BTreeMap<String, Vec<u8>>,
}

impl Samples {
    fn read() -> Self {
        let folder = biscuit_auth_folder().join("samples");
        let json: Value =
            serde_json::from_slice(&fs::read(folder.join("samples.json")).unwrap()).unwrap();
        let bytes = hex::decode(json["root_private_key"].as_str().unwrap()).unwrap();
        let root = SigningKey::from_bytes(&bytes.try_into().unwrap());
        let public = hex::encode(root.public_key().to_bytes());
        assert_eq!(json["root_public_key"], public.as_str());
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "bc"));
        let tokens: BTreeMap<_, _> = files
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                (name, fs::read(&path).unwrap())
            })
            .collect();
        assert_eq!(tokens.len(), COUNT);
        // As many as the list of the samples has, so no sample is missing.
        assert_eq!(json["testcases"].as_array().unwrap().len(), COUNT);
        Self { root, tokens }
    }

    /// The reason for which a verifier that trusts the samples' root key refuses this token.
    fn code(&self, raw: &RawToken) -> (Option<usize>, DenyCode) {
        code(&raw.to_bytes(), self.root.public_key()).unwrap()
    }

    /// The same contents, signed by the root key and by the planner, like a token of ours.
    fn signed_again(&self, raw: &RawToken) -> RawToken {
        let empty =
            RawToken { blocks: Vec::new(), proof: RawProof::FinalSignature(vec![0; 64]), ..*raw };
        let next = planner().public_key().to_bytes();
        raw.blocks.iter().fold(empty, |chain, block| {
            let signer = if chain.blocks.is_empty() { self.root.clone() } else { planner() };
            chain.block(&signer, block.content.clone(), &next)
        })
    }

    /// Each sample taken apart, with the hint that we write for its root key.
    fn hinted(&self) -> impl Iterator<Item = (&str, RawToken)> {
        let first = &self.root.public_key().to_bytes()[..4];
        let hint = u32::from_be_bytes(first.try_into().unwrap());
        self.tokens.iter().map(move |(name, bytes)| {
            let raw = RawToken::take_apart(bytes).unwrap();
            (name.as_str(), RawToken { root_hint: Some(hint.into()), ..raw })
        })
    }
}

/// The folder of the sources of `biscuit-auth` that the tests are built with.
fn biscuit_auth_folder() -> PathBuf {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let about = String::from_utf8(Command::new(compiler).arg("-vV").output().unwrap().stdout);
    let about = about.unwrap();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        // The dependencies of other platforms may not have been downloaded.
        .args(["--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "cargo metadata: {stderr}");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let found: Vec<_> = packages.filter(|package| package["name"] == "biscuit-auth").collect();
    assert_eq!(found.len(), 1, "one `biscuit-auth` is in the tree");
    assert_eq!(found[0]["version"], "6.0.0", "samples of another version: review them");
    PathBuf::from(found[0]["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

/// The reason for which a verifier that trusts this key refuses these bytes; `None` if they are not
/// a Biscuit.
fn code(bytes: &[u8], root: PublicKey) -> Option<(Option<usize>, DenyCode)> {
    let presentation = Presentation::from_bytes(bytes.to_vec()).ok()?;
    let verifier = verifier_of(TrustAnchor::for_any_owner(root));
    let denial = denied(verifier.decide(presentation, request(), now()));
    let codes = crate::common::codes(&denial);
    assert_eq!(codes.len(), 1, "{codes:?}");
    codes.first().copied()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// None of them states a root key as our tokens do, so no key is tried, not even the right one.
#[test]
fn unchanged_samples_state_no_root_key() {
    let samples = Samples::read();
    for (name, bytes) in &samples.tokens {
        for root in [samples.root.public_key(), crate::common::alice().public_key()] {
            assert_eq!(code(bytes, root), Some((Some(0), DenyCode::NotCanonical)), "{name}");
        }
        // Nor can they be read as held tokens.
        assert_eq!(Token::parse(&text(bytes)).err(), Some(TokenError::AnotherBiscuit), "{name}");
        let report = Report::of_bytes(bytes.clone(), None, now());
        assert_eq!(report, Err(TokenError::AnotherBiscuit), "{name}");
    }
}

/// With the hint of a trusted root key, with our signature version, and presented with the secret
/// that they carry.
#[test]
fn samples_in_a_container_like_ours_are_refused() {
    let samples = Samples::read();
    let mut presented = 0;
    for (name, mut raw) in samples.hinted() {
        assert_eq!(samples.code(&raw), (Some(0), DenyCode::NotCanonical), "{name}");
        if let RawProof::NextSecret(_) = raw.proof
            && raw.blocks.iter().all(|block| block.version == 1 && block.algorithm == 0)
        {
            presented += 1;
            let closed = presented_by_its_own_secret(raw.clone());
            assert_eq!(samples.code(&closed), (Some(0), DenyCode::NotCanonical), "{name}");
        }
        for block in &mut raw.blocks {
            (block.version, block.external_signature) = (1, None);
        }
        let closed = raw.present(&planner(), &request(), now(), WINDOW, NONCE);
        assert_eq!(samples.code(&closed), (Some(0), DenyCode::NotCanonical), "{name}");
    }
    assert_eq!(presented, 8);
}

fn presented_by_its_own_secret(raw: RawToken) -> RawToken {
    let RawProof::NextSecret(secret) = &raw.proof else {
        panic!("a sealed token has no secret");
    };
    let holder = SigningKey::from_bytes(&secret.as_slice().try_into().unwrap());
    raw.present(&holder, &request(), now(), WINDOW, NONCE)
}

/// Their contents, signed again as ours are: only the content is left to refuse.
#[test]
fn contents_of_samples_in_a_chain_of_ours_are_refused() {
    let samples = Samples::read();
    for (name, raw) in samples.hinted() {
        let held = samples.signed_again(&raw);
        let closed = held.clone().present(&planner(), &request(), now(), WINDOW, NONCE);
        assert_eq!(samples.code(&closed), (Some(0), DenyCode::NotCanonical), "{name}");
        assert_eq!(Token::parse(&held.to_text()), Err(TokenError::AnotherBiscuit), "{name}");
        // They are refused after a hop of ours, too.
        let own = crate::common::mint(crate::common::first());
        let behind = raw.blocks.iter().fold(own, |own, block| {
            own.block(&planner(), block.content.clone(), &planner().public_key().to_bytes())
        });
        let closed = behind.present(&planner(), &request(), now(), WINDOW, NONCE);
        let alice = crate::common::alice().public_key();
        assert_eq!(
            code(&closed.to_bytes(), alice),
            Some((Some(1), DenyCode::NotCanonical)),
            "{name}"
        );
    }
}

/// An unverified token has a report, which is marked as such.
#[test]
fn reports_of_samples_are_marked_unverified() {
    let samples = Samples::read();
    for (name, raw) in samples.hinted() {
        let closed =
            samples.signed_again(&raw).present(&planner(), &request(), now(), WINDOW, NONCE);
        for bytes in [&samples.tokens[name], &raw.to_bytes(), &closed.to_bytes()] {
            let shown = Presentation::from_bytes(bytes.clone()).unwrap();
            let report = Report::unverified_presentation(&shown, now());
            assert_eq!(report.verdict, Verdict::Unverified, "{name}");
            assert!(report.hops.iter().all(|hop| !hop.trusted), "{name}");
            for form in [report.to_string(), report.to_markdown(), report_page(&report)] {
                assert!(form.contains("UNVERIFIED"), "{name}: {form}");
            }
            assert!(report.to_json().unwrap().contains("\"unverified\""), "{name}");
            assert!(!report.to_mermaid().is_empty() && !report.to_dot().is_empty());
        }
    }
}

/// Each sample, cut at every byte and altered in every bit, is refused.
#[test]
fn cut_or_altered_samples_are_refused() {
    let samples = Samples::read();
    let hinted: BTreeMap<_, _> = samples.hinted().collect();
    let anew = samples.signed_again(&hinted["test001_basic"]);
    let tokens = [
        hinted["test020_sealed"].clone(),
        hinted["test024_third_party"].clone(),
        hinted["test036_secp256r1"].clone(),
        presented_by_its_own_secret(hinted["test034_array_map"].clone()),
        anew.present(&planner(), &request(), now(), WINDOW, NONCE),
    ];
    let (mut cut, mut read, mut unread) = (0, 0, 0);
    for token in tokens.map(|token| token.to_bytes()) {
        for length in 0..token.len() {
            assert_eq!(code(&token[..length], samples.root.public_key()), None, "cut to {length}");
            assert!(Token::parse(&text(&token[..length])).is_err());
            cut += 1;
        }
        for bit in 0..token.len() * 8 {
            let mut altered = token.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(Token::parse(&text(&altered)).is_err());
            // `code` panics if anything is allowed.
            if code(&altered, samples.root.public_key()).is_none() {
                unread += 1;
                continue;
            }
            read += 1;
            // A report costs much more than a refusal.
            if bit % 16 == 0 {
                let shown = Presentation::from_bytes(altered).unwrap();
                let report = Report::unverified_presentation(&shown, now());
                assert!(report.to_string().contains("UNVERIFIED"), "bit {bit}");
            }
        }
    }
    // Enough inputs of each kind, so that no part of the test is vacuous.
    assert!(cut >= 1_500 && read >= 10_000 && unread >= 500, "{cut} {read} {unread}");
}
