//! The results.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::json;

use crate::story::Fallible;

pub(crate) struct Results {
    pub(crate) floor_ns: f64,
    pub(crate) sign_ns: f64,
    /// One signature checked with the library that `jsonwebtoken` uses.
    pub(crate) aws_lc_to_floor: f64,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) makings: Vec<Making>,
}

/// The time and size of one decision.
pub(crate) struct Decision {
    pub(crate) system: &'static str,
    pub(crate) hops: usize,
    pub(crate) median_ns: f64,
    /// As a multiple of the floor in the same round.
    pub(crate) to_floor: f64,
    pub(crate) wire_bytes: usize,
}

/// The time to mint or delegate a token.
pub(crate) struct Making {
    pub(crate) step: &'static str,
    /// The hops of the resulting token.
    pub(crate) hops: usize,
    pub(crate) median_ns: f64,
    pub(crate) to_sign: f64,
    /// The time without the signature.
    pub(crate) encoding_ns: f64,
    /// The time beyond encoding, in multiples of a signature in the same round.
    pub(crate) beyond_encoding: f64,
}

impl Results {
    pub(crate) fn find(&self, system: &str, hops: usize) -> Fallible<&Decision> {
        let is_it = |row: &&Decision| row.system == system && row.hops == hops;
        self.decisions
            .iter()
            .find(is_it)
            .ok_or_else(|| format!("{system} was not measured at {hops} hops").into())
    }

    /// The systems, each once, in the order in which they were measured.
    pub(crate) fn systems(&self) -> Vec<&'static str> {
        let mut systems: Vec<&str> = Vec::new();
        for row in &self.decisions {
            if !systems.contains(&row.system) {
                systems.push(row.system);
            }
        }
        systems
    }

    pub(crate) fn of_system(&self, system: &str) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(move |row| row.system == system)
    }

    /// Writes one JSON object per line.
    pub(crate) fn write(&self, path: &Path) -> Fallible<()> {
        let mut lines = BufWriter::new(File::create(path)?);
        for row in &self.decisions {
            let line = json!({
                "system": row.system,
                "hops": row.hops,
                "median_ns": row.median_ns,
                "floor_ns": self.floor_ns,
                "wire_bytes": row.wire_bytes,
            });
            writeln!(lines, "{line}")?;
        }
        Ok(lines.flush()?)
    }
}
