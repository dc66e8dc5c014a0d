//! The delegations and the presentation that a record has among its values.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::{FieldKind, Token};
use serde_json::Value;

use crate::verify::ReadRecord;

/// Checks the signatures of the recorded chain. Returns false if the chain is not shown.
///
/// This is the place to compare the presentation with the record (`docs/EVIDENCE.md` section 7, 1 to 4).
pub(super) fn check_chain(record: &ReadRecord) -> Result<bool, String> {
    let Some(chain) = record.value(FieldKind::Chain) else { return Ok(false) };
    let bytes = chain.as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let bytes = bytes.ok_or("it is not base64url")?;
    let token = Token::from_delegations(&bytes).map_err(|why| why.to_string())?;
    let ids = token.hops().iter().map(|hop| Value::from(hop.id().to_string()));
    match record.value(FieldKind::Hops) {
        Some(hops) if hops.as_array().is_none_or(|hops| !ids.eq(hops.iter().cloned())) => {
            Err("its hops are not those of the record".to_owned())
        }
        _ => Ok(true),
    }
}
