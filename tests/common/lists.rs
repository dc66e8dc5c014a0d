//! Revocation lists written by hand from `docs/STATEMENTS.md`, so that a test can have any.

#![allow(dead_code, reason = "every test file uses a part of this")]

use std::fmt::Write as _;

use deputize::{
    HopId, Note, PublicKey, RevocationList, Signer as _, SigningKey, StatementDigest,
    StatementError, Token,
};
use sha2::{Digest as _, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::common::now;

/// A list before it is signed. The lines must be in their order.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) issuer: SigningKey,
    pub(crate) scope: String,
    pub(crate) sequence: u64,
    pub(crate) issued: OffsetDateTime,
    pub(crate) next: OffsetDateTime,
    pub(crate) previous: Option<StatementDigest>,
    pub(crate) ends: Vec<StatementDigest>,
    pub(crate) hops: Vec<HopId>,
    /// The lines between the hops and the authority.
    pub(crate) lines: Vec<String>,
    pub(crate) authority: Option<Token>,
}

/// Lists are issued now, and a newer one is due tomorrow.
pub(crate) fn own(issuer: &SigningKey) -> Written {
    Written {
        issuer: issuer.clone(),
        scope: "own".to_owned(),
        sequence: 1,
        issued: now(),
        next: now() + Duration::DAY,
        previous: None,
        ends: vec![],
        hops: vec![],
        lines: vec![],
        authority: None,
    }
}

pub(crate) fn of_revoker(issuer: &SigningKey, root: &PublicKey) -> Written {
    Written { scope: format!("root {root}"), ..own(issuer) }
}

pub(crate) fn by_power(issuer: &SigningKey, authority: &Token) -> Written {
    let hop = authority.hops().last().unwrap().id();
    Written { scope: format!("power {hop}"), authority: Some(authority.clone()), ..own(issuer) }
}

pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap()
}

impl Written {
    pub(crate) fn at(self, sequence: u64, issued: OffsetDateTime) -> Self {
        Self { sequence, issued, ..self }
    }

    pub(crate) fn after(self, list: &RevocationList) -> Self {
        Self { sequence: list.sequence() + 1, previous: Some(list.digest()), ..self }
    }

    pub(crate) fn ending(mut self, list: &RevocationList) -> Self {
        self.ends.push(list.digest());
        self.ends.sort();
        self
    }

    pub(crate) fn hop(mut self, id: HopId) -> Self {
        self.hops.push(id);
        self
    }

    pub(crate) fn hops(mut self, ids: impl IntoIterator<Item = HopId>) -> Self {
        self.hops.extend(ids);
        self
    }

    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    pub(crate) fn compromised(self, key: &PublicKey) -> Self {
        let since = rfc3339(now());
        self.line(format!("key {key} compromised since {since}"))
    }

    pub(crate) fn text(&self) -> (String, Vec<u8>) {
        let mut ids: Vec<_> = self.hops.iter().map(|id| id.to_bytes()[..16].to_vec()).collect();
        ids.sort();
        ids.dedup();
        let since = u32::try_from(now().unix_timestamp()).unwrap().to_be_bytes();
        // When a hop expires is not known.
        let record = |id: &Vec<u8>| [&id[..], &since, &[0xff; 3]].concat();
        let body: Vec<u8> = ids.iter().flat_map(record).collect();
        let issuer = self.issuer.public_key();
        let [issued, next] = [self.issued, self.next].map(rfc3339);
        let mut text = format!(
            "deputize revocations v1 {issuer}\nscope {}\nsequence {}\nissued {issued}\nnext {next}\n",
            self.scope, self.sequence
        );
        let stated = self.previous.iter().map(|digest| ("previous", digest));
        for (word, digest) in stated.chain(self.ends.iter().map(|digest| ("ends", digest))) {
            writeln!(text, "{word} {digest}").unwrap();
        }
        writeln!(text, "hops {} {}", ids.len(), hex::encode(Sha256::digest(&body))).unwrap();
        for line in &self.lines {
            writeln!(text, "{line}").unwrap();
        }
        if let Some(token) = &self.authority {
            writeln!(text, "authority {token}").unwrap();
        }
        (text, body)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (text, body) = self.text();
        let name = self.issuer.public_key().to_string();
        let note = Note::new(text).unwrap().signed_by(name, &self.issuer).unwrap();
        [note.to_string().into_bytes(), body].concat()
    }

    pub(crate) fn signed(&self) -> RevocationList {
        self.read().unwrap()
    }

    pub(crate) fn read(&self) -> Result<RevocationList, StatementError> {
        RevocationList::parse(self.to_bytes())
    }
}
