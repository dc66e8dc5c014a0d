//! The content of a checkpoint.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::checkpoint::error::CheckpointError;
use crate::checkpoint::origin::Origin;
use crate::tree::TreeHead;

/// The statement of a log: that its first `size` records have this root.
///
/// Its text is three lines: the origin, the size, and the root in base64. C2SP permits further
/// lines, and advises against them. Here they are refused: no log of this kind writes them, nobody
/// would know what they state, and not all cosignatures of witnesses cover them. So a checkpoint
/// has one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: Origin,
    head: TreeHead,
}

impl Checkpoint {
    /// States the head of a log.
    pub fn new(origin: Origin, head: TreeHead) -> Self {
        Self { origin, head }
    }

    /// Returns the name of the log.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the size and the root of its tree, to which proofs lead.
    pub fn head(&self) -> &TreeHead {
        &self.head
    }
}

/// Writes the text that is signed: three lines, each with a line feed.
impl Display for Checkpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { origin, head } = self;
        write!(f, "{origin}\n{}\n{}\n", head.size(), head.root())
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads what [`Display`] writes, in its one spelling. Nothing is verified.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<_> = text.split_inclusive('\n').take(4).collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(CheckpointError::Lines { found: text.split_inclusive('\n').count() });
        };
        let [origin, size, root] =
            [origin, size, root].map(|line| line.strip_suffix('\n').unwrap_or(line));
        let number: u64 =
            size.parse().map_err(|_| CheckpointError::Size { found: size.to_owned() })?;
        // `parse` accepts leading zeros and a plus sign.
        if number.to_string() != size {
            return Err(CheckpointError::Size { found: size.to_owned() });
        }
        let head = TreeHead::new(number, root.parse()?)?;
        Ok(Self { origin: origin.parse()?, head })
    }
}
