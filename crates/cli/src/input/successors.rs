//! Successor statements that commands read, and the trust anchors that follow them.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use deputize::text::Backticked;
use deputize::{PublicKey, Successor, TrustAnchor};

use crate::input::statement;
use crate::limits::MAX_SUCCESSOR_FILE_BYTES;
use crate::output::Error;

/// The option that names the file of a statement.
const OPTION: &str = "--successor";

/// Reads the statement in a file, or on standard input for `-`, and checks both signatures.
///
/// # Errors
///
/// If the file cannot be read, or is not a successor statement.
pub fn read(path: &Path) -> Result<Successor, Error> {
    let bytes = statement::read_bytes("successor statement", path, MAX_SUCCESSOR_FILE_BYTES)?;
    parse(&bytes).map_err(|why| statement::error(path, why))
}

/// Reads a statement from bytes.
///
/// # Errors
///
/// A sentence if it is not a successor statement.
pub fn parse(bytes: &[u8]) -> Result<Successor, String> {
    Successor::parse(bytes)
        .map_err(|why| format!("this is not a successor statement, or it was damaged: {why}"))
}

/// Lets each anchor follow the statements in these files, in whichever order they are given: those
/// that begin at its key, and those after them.
///
/// # Errors
///
/// If a file cannot be read or is not a statement, no anchor has the old key of one, or a key has two
/// successors or takes part in a circle.
pub fn followed(
    anchors: impl IntoIterator<Item = TrustAnchor>,
    paths: &[PathBuf],
) -> Result<Vec<TrustAnchor>, Error> {
    let mut statements: Vec<(&Path, Successor)> = Vec::new();
    for path in paths {
        let own = read(path).map_err(|why| Error::new(format_args!("{OPTION} {why}")))?;
        let other = statements
            .iter()
            .find(|(_, other)| (other.old() == own.old()) != (other.new_key() == own.new_key()));
        if let Some((other, _)) = other {
            let other = Backticked(&other.to_string_lossy()).to_string();
            let why = format!(
                "this and {other} give a key two successors or two predecessors, which makes both void; give the right one"
            );
            return Err(about(path, why));
        }
        statements.push((path, own));
    }
    let mut used = vec![false; statements.len()];
    let mut followed = Vec::new();
    for anchor in anchors {
        followed.push(follow(anchor, &statements, &mut used)?);
    }
    match statements.iter().zip(used).find(|(_, is_used)| !is_used) {
        None => Ok(followed),
        Some(((path, own), _)) => {
            let old = own.old().fingerprint();
            Err(about(
                path,
                format_args!(
                    "it is about a successor of the key {old}, which no trust anchor has; trust that key with --trust"
                ),
            ))
        }
    }
}

/// Appends the statements that follow from the key of one anchor.
fn follow(
    mut anchor: TrustAnchor,
    statements: &[(&Path, Successor)],
    used: &mut [bool],
) -> Result<TrustAnchor, Error> {
    let mut keys: Vec<PublicKey> = vec![anchor.key()];
    while let Some(latest) = keys.last().copied() {
        let mut found = statements.iter().zip(used.iter_mut());
        let Some(((path, own), is_used)) = found.find(|((_, own), _)| own.old() == latest) else {
            break;
        };
        if keys.contains(&own.new_key()) {
            return Err(about(
                path,
                "the keys succeed each other in a circle, which makes all void",
            ));
        }
        *is_used = true;
        keys.push(own.new_key());
        anchor = anchor.with_successor(own.clone()).map_err(|why| about(path, why))?;
    }
    Ok(anchor)
}

fn about(path: &Path, why: impl Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("{OPTION} {}", Backticked(&path)), why)
}
