//! The token that gives the power to issue a statement.

use crate::statement::error::StatementError;
use crate::statement::lines::Lines;
use crate::statement::series::StatementScope;
use crate::token::Token;

/// Reads the last line of a statement with the scope `power`: the token whose last hop the scope
/// names.
///
/// The caller has verified the signature of the statement: reading a token costs signature checks.
pub(crate) fn read_authority(
    lines: &mut Lines<'_>,
    scope: StatementScope,
) -> Result<Option<Token>, StatementError> {
    let text = lines.optional("authority", "authority TOKEN", Some)?;
    let (text, hop) = match (text, scope) {
        (Some(text), StatementScope::Power(hop)) => (text, hop),
        (None, StatementScope::Power(_)) => {
            let why = "is missing; the scope `power HOP` needs it";
            return Err(StatementError::AuthorityNotOfScope { why });
        }
        (None, _) => return Ok(None),
        (Some(_), _) => {
            let why = "is only for the scope `power HOP`";
            return Err(StatementError::AuthorityNotOfScope { why });
        }
    };
    let token =
        Token::parse(text).map_err(|why| StatementError::Authority { why: why.to_string() })?;
    if token.delegations().last_id() != hop {
        let why = "has a token with another last hop than the scope";
        return Err(StatementError::AuthorityNotOfScope { why });
    }
    Ok(Some(token))
}
