//! Records that no decision made, by whoever has the key of a log: an honest one, with other values.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::{Decision, Record, RecordRules};
use deputize_audit::Signatures;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cast::Service;
use crate::forge::{Forged, verified};

/// The lines of a record, which are changed.
#[derive(Clone)]
pub(crate) struct Lines {
    pub(crate) core: Value,
    /// The salts and the values.
    pub(crate) open: Vec<Value>,
}

impl Lines {
    /// An honest record.
    pub(crate) fn of(decision: &Decision, rules: &RecordRules) -> Self {
        let (core, openings) = Record::of(decision, rules).unwrap().to_lines(1).unwrap();
        let openings: Value = serde_json::from_str(&openings).unwrap();
        let open = openings["open"].as_array().unwrap().clone();
        Self { core: serde_json::from_str(&core).unwrap(), open }
    }

    pub(crate) fn honest(number: u32) -> Self {
        Self::of(&Service::new().allowed(number), &RecordRules::default())
    }

    pub(crate) fn place(&self, kind: &str) -> usize {
        let fields = self.core["fields"].as_array().unwrap();
        fields.iter().position(|own| own[0] == kind).unwrap()
    }

    pub(crate) fn value(&self, kind: &str) -> Value {
        self.open[self.place(kind)][1].clone()
    }

    /// Gives a field another value, and commits to it.
    pub(crate) fn set(&mut self, kind: &str, value: Value) -> &mut Self {
        let place = self.place(kind);
        self.core["fields"][place][1] = commitment(kind, &self.open[place][0], &value).into();
        self.open[place][1] = value;
        self
    }

    /// Adds a field behind those of its kind.
    pub(crate) fn add(&mut self, kind: &str, value: Value) -> &mut Self {
        let place = self.place(kind) + 1;
        let salt = json!("AAAAAAAAAAAAAAAAAAAAAA");
        let field = json!([kind, commitment(kind, &salt, &value)]);
        self.core["fields"].as_array_mut().unwrap().insert(place, field);
        self.open.insert(place, json!([salt, value]));
        self
    }

    pub(crate) fn remove(&mut self, kind: &str) -> &mut Self {
        let place = self.place(kind);
        self.core["fields"].as_array_mut().unwrap().remove(place);
        self.open.remove(place);
        self
    }

    /// Takes a value away without a statement.
    pub(crate) fn lose(&mut self, kind: &str) -> &mut Self {
        let place = self.place(kind);
        self.open[place] = Value::Null;
        self
    }

    /// Sets a member of the core.
    pub(crate) fn core(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.core[name] = value.into();
        self
    }

    /// A log that has this record and nothing else.
    pub(crate) fn in_a_log(&self) -> Forged {
        let mut log = Forged::new(Vec::new());
        let openings = json!({ "index": 1, "open": self.open });
        log.add_lines(&self.core.to_string(), &openings.to_string());
        log.cover();
        log
    }

    /// The codes of the faults, and what the signatures show.
    pub(crate) fn judged(&self) -> (Vec<&'static str>, Signatures) {
        let verdict = verified(&self.in_a_log().files);
        assert!(verdict.findings.iter().all(|own| own.record == Some(1)), "{:?}", verdict.findings);
        let codes = verdict.findings.iter().map(|own| own.fault.code()).collect();
        (codes, verdict.signatures.unwrap())
    }

    pub(crate) fn code(&self) -> &'static str {
        let (codes, signatures) = self.judged();
        let [code] = codes[..] else { panic!("{codes:?} {signatures:?}") };
        assert_eq!(signatures, Signatures::default());
        code
    }

    /// Calls, presentations, chains, and records without a signature, of a log that is whole.
    pub(crate) fn shown(&self) -> [u64; 4] {
        let (codes, own) = self.judged();
        assert!(codes.is_empty(), "{codes:?}");
        [own.calls, own.presentations, own.chains, own.nothing]
    }
}

fn commitment(kind: &str, salt: &Value, value: &Value) -> String {
    let salt = URL_SAFE_NO_PAD.decode(salt.as_str().unwrap()).unwrap();
    let hash = Sha256::new()
        .chain_update(b"deputize/evidence/field/v1\0")
        .chain_update([u8::try_from(kind.len()).unwrap()])
        .chain_update(kind)
        .chain_update(salt)
        .chain_update(value.to_string());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}
