//! A token as it stands there, read as far as it can be.

use crate::container::{Container, block_id};
use crate::datalog::{Closing, Delegation, Symbols};
use crate::key::TERMINAL_KEY;
use crate::report::PartyReport;
use crate::revocation::HopId;

/// What the blocks of a token say, as far as they can be read, with nothing proven.
pub(super) struct Raw {
    pub(super) owner: Option<PartyReport>,
    pub(super) token_id: Option<String>,
    pub(super) hops: Vec<(Delegation, HopId)>,
    pub(super) closing: Option<Closing>,
    /// How many blocks there are besides.
    pub(super) unread: usize,
}

impl Raw {
    /// Reads the first `most` blocks.
    pub(super) fn read(bytes: &[u8], most: usize) -> Self {
        let mut raw =
            Self { owner: None, token_id: None, hops: Vec::new(), closing: None, unread: 0 };
        let Ok(container) = Container::parse(bytes) else {
            return raw;
        };
        let mut symbols = Symbols::default();
        let mut id = [0; 32];
        for block in container.blocks.iter().take(most) {
            if block.next_key == TERMINAL_KEY {
                raw.closing = Closing::from_block(block.content, &mut symbols).ok();
                break;
            }
            let Some(key) = block.delegate() else { break };
            let Ok(hop) = Delegation::from_block(block.content, key, &mut symbols) else {
                break;
            };
            // The first block alone says whose token it is: a later one must not put itself there.
            if hop.origin.is_some() != raw.hops.is_empty() {
                break;
            }
            id = block_id(&id, block.content, block.next_key);
            if let Some(origin) = &hop.origin {
                raw.owner = Some(PartyReport::of_owner(&origin.owner));
                raw.token_id = Some(hex::encode(origin.token_id));
            }
            raw.hops.push((hop, HopId::from_bytes(id)));
        }
        let read = raw.hops.len().saturating_add(usize::from(raw.closing.is_some()));
        raw.unread = container.blocks.len().saturating_sub(read);
        raw
    }
}
