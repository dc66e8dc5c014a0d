//! Entry bundles: the entries of up to 256 leaves in one file, for readers of an exported log.

use crate::limits::TILE_WIDTH;
use crate::tiles::error::TileError;

/// Writes a bundle: for each entry the number of its bytes, in 16 bits with the high byte first,
/// and the bytes.
///
/// ```
/// use deputize_audit::{decode_bundle, encode_bundle};
///
/// let bundle = encode_bundle(&["one", "three"])?;
/// assert_eq!(bundle, b"\x00\x03one\x00\x05three");
/// assert_eq!(decode_bundle(&bundle)?, [&b"one"[..], b"three"]);
/// # Ok::<(), deputize_audit::TileError>(())
/// ```
///
/// # Errors
///
/// [`TileError::EntryCount`] if there are no entries or more than 256, [`TileError::EntryLength`]
/// if one has more than [`MAX_ENTRY_BYTES`](crate::MAX_ENTRY_BYTES).
pub fn encode_bundle(entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, TileError> {
    check_count(entries.len())?;
    let mut bytes = Vec::new();
    for (at, entry) in entries.iter().map(AsRef::as_ref).enumerate() {
        let found = entry.len();
        let length = u16::try_from(found);
        let length = length.map_err(|_| TileError::EntryLength { entry: at, found })?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

/// Reads a bundle. Whether an entry is in the log is seen from its [`leaf_hash`](crate::leaf_hash).
///
/// # Errors
///
/// [`TileError::Cut`] if it ends within an entry, [`TileError::EntryCount`] if it has none or more
/// than 256.
pub fn decode_bundle(bytes: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let (mut rest, mut entries) = (bytes, Vec::new());
    while !rest.is_empty() {
        check_count(entries.len().saturating_add(1))?;
        let split = rest.split_first_chunk().and_then(|(length, after)| {
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let (entry, after) = split.ok_or(TileError::Cut { entry: entries.len() })?;
        entries.push(entry);
        rest = after;
    }
    check_count(entries.len())?;
    Ok(entries)
}

fn check_count(found: usize) -> Result<(), TileError> {
    match (1..=usize::from(TILE_WIDTH)).contains(&found) {
        true => Ok(()),
        false => Err(TileError::EntryCount { found }),
    }
}
