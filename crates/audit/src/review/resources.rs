//! The resources of the calls of one operation.

use std::collections::BTreeSet;

use deputize::{Resource, ResourcePattern};

use crate::limits::{MAX_LISTED_BYTES, MAX_LISTED_VALUES};
use crate::review::room::take;

/// A summary of the resources, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Resources {
    /// The different resources, unless they are [too many](Self::is_many).
    pub(super) listed: BTreeSet<Resource>,
    /// True if resources are left out of the list.
    pub(super) is_many: bool,
    /// The segments that all of them share at the beginning.
    common: Vec<String>,
    /// The fewest and the most segments.
    lengths: Option<(usize, usize)>,
}

impl Resources {
    /// Adds the resource of one call. What is kept of it takes bytes from `room`.
    pub(super) fn add(&mut self, resource: &Resource, room: &mut usize) {
        let length = resource.segments().count();
        match self.lengths {
            None => {
                self.lengths = Some((length, length));
                // Without room, they share no segments.
                if take(room, resource.as_str().len()) {
                    self.common = resource.segments().map(str::to_owned).collect();
                }
            }
            Some((fewest, most)) => {
                self.lengths = Some((fewest.min(length), most.max(length)));
                let shared = self.common.iter().zip(resource.segments());
                let shared = shared.take_while(|(own, other)| own == other).count();
                self.common.truncate(shared);
            }
        }
        if self.listed.contains(resource) {
            return;
        }
        let bytes = resource.as_str().len();
        let has_room = self.listed.len() < MAX_LISTED_VALUES
            && bytes <= MAX_LISTED_BYTES
            && take(room, bytes.saturating_mul(2));
        if has_room {
            self.listed.insert(resource.clone());
        } else {
            self.is_many = true;
        }
    }

    /// Returns the narrowest pattern that covers all of them, `None` if it is not narrower than every
    /// resource, or a grant cannot have it.
    pub(super) fn pattern(&self) -> Option<ResourcePattern> {
        if let (false, 1, Some(only)) = (self.is_many, self.listed.len(), self.listed.first()) {
            return only.as_str().parse().ok();
        }
        let (fewest, most) = self.lengths?;
        // The resource itself is not below it.
        let length = self.common.len().min(fewest.saturating_sub(1));
        let stem = self.common.get(..length).filter(|stem| !stem.is_empty())?.join("/");
        let is_child = most == length.saturating_add(1);
        format!("{stem}/{}", if is_child { "*" } else { "**" }).parse().ok()
    }
}
