//! Names of logs.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use deputize::PublicKey;
use deputize::text::Backticked;
use thiserror::Error;

/// The beginning of every origin, and of no other signed note of Deputize: after `deputize` they have a
/// blank (docs/STATEMENTS.md). So no checkpoint is taken for one of them, nor the other way round.
const START: &str = "deputize/log/v1/";

/// The name of a log: `deputize/log/v1/KEY/ID`, with its key in 64 hexadecimal digits and a random
/// id in 32. It is the first line of its checkpoints, and the name of its key.
///
/// It names the key, so a checkpoint verifies by itself. Which log is meant is for the reader to
/// say: keep the origin that you trust, and compare.
///
/// ```
/// use deputize::{Signer, SigningKey};
/// use deputize_audit::Origin;
///
/// let key = SigningKey::generate()?.public_key();
/// let origin = Origin::generate(key)?;
/// assert_eq!(origin.to_string().parse::<Origin>()?, origin);
/// assert_eq!(origin.key(), &key);
/// // One key can have several logs.
/// assert_ne!(Origin::generate(key)?, origin);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    key: PublicKey,
    id: [u8; 16],
}

impl Origin {
    /// Names the log with this id. A key must not have two logs of one id: it would contradict
    /// itself.
    pub fn new(key: PublicKey, id: [u8; 16]) -> Self {
        Self { key, id }
    }

    /// Names a new log, with an id of random bytes from the operating system.
    ///
    /// # Errors
    ///
    /// [`OriginError::NoRandomness`].
    pub fn generate(key: PublicKey) -> Result<Self, OriginError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| OriginError::NoRandomness)?;
        Ok(Self { key, id })
    }

    /// Returns the key that signs the checkpoints of the log.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the id of the log among those of its key.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{START}{}/{}", hex::encode(self.key.to_bytes()), hex::encode(self.id))
    }
}

impl Debug for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Reads what [`Display`] writes, in its one spelling.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        // Upper-case digits are not written again alike.
        let origin = read(text).filter(|origin| origin.to_string() == text);
        origin.ok_or_else(|| OriginError::Text { found: text.to_owned() })
    }
}

fn read(text: &str) -> Option<Origin> {
    let (key, id) = text.strip_prefix(START)?.split_once('/')?;
    let (mut key_bytes, mut id_bytes) = ([0; 32], [0; 16]);
    hex::decode_to_slice(key, &mut key_bytes).ok()?;
    hex::decode_to_slice(id, &mut id_bytes).ok()?;
    Some(Origin { key: PublicKey::from_bytes(&key_bytes).ok()?, id: id_bytes })
}

/// The reason why there is no such origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// A text is not an origin.
    #[error(
        "{} is not the origin of a log; it must be `{START}KEY/ID`, with a public key in 64 hexadecimal digits in lower case, and an id in 32",
        Backticked(found)
    )]
    Text {
        /// The text.
        found: String,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes for the id of a log")]
    NoRandomness,
}
