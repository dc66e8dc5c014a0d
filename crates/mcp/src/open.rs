//! The ids of requests that have no answer yet.

use std::collections::BTreeMap;

use deputize::CodedError;
use thiserror::Error;

use crate::answer::{self, INVALID_REQUEST};
use crate::id::{Id, IdValue};
use crate::limits::{MAX_ID_BYTES, MAX_OPEN_BYTES, MAX_OPEN_IDS};

/// The requests of one side of a connection that have no answer yet, each with a fact about it, such
/// as the method that was asked for.
///
/// Two ids that are not the same to every SDK, such as `7` and `"7"`, are never open together.
#[derive(Debug, Clone)]
pub struct OpenIds<T>(BTreeMap<IdValue, (Id, T)>);

impl<T> Default for OpenIds<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> OpenIds<T> {
    /// Creates a table without requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a request.
    ///
    /// # Errors
    ///
    /// [`OpenIdError`]. The request is refused, and the table is unchanged.
    pub fn open(&mut self, id: &Id, fact: T) -> Result<(), OpenIdError> {
        if id.raw().len() > MAX_ID_BYTES {
            return Err(OpenIdError::TooLong { bytes: id.raw().len() });
        }
        let slot = id.slot();
        if self.0.contains_key(&slot) {
            return Err(OpenIdError::StillOpen { id: id.raw().to_owned() });
        }
        if self.0.len() >= MAX_OPEN_IDS {
            return Err(OpenIdError::TooMany);
        }
        self.0.insert(slot, (id.clone(), fact));
        Ok(())
    }

    /// Returns the fact about the open request that an answer with this id is for, which has the same
    /// type and value.
    pub fn get(&self, id: &Id) -> Option<&T> {
        let (own, fact) = self.0.get(&id.slot())?;
        (own.value() == id.value()).then_some(fact)
    }

    /// Returns the fact about the open request that an answer with this id is for, to change it.
    pub fn get_mut(&mut self, id: &Id) -> Option<&mut T> {
        let (own, fact) = self.0.get_mut(&id.slot())?;
        (own.value() == id.value()).then_some(fact)
    }

    /// Returns the open requests.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &T)> {
        self.0.values().map(|(id, fact)| (id, fact))
    }

    /// Returns true if no further request can be noted.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MAX_OPEN_IDS
    }

    /// Forgets the requests whose facts do not satisfy the predicate.
    pub fn retain(&mut self, keeps: impl Fn(&T) -> bool) {
        self.0.retain(|_, (_, fact)| keeps(fact));
    }

    /// Takes all requests, such as when the other side has ended.
    pub fn take_all(&mut self) -> Vec<(Id, T)> {
        std::mem::take(&mut self.0).into_values().collect()
    }

    /// Forgets the request that an answer with this id is for, and returns the fact about it; `None`
    /// if no such request is open.
    pub fn close(&mut self, id: &Id) -> Option<T> {
        self.get(id)?;
        self.0.remove(&id.slot()).map(|(_, fact)| fact)
    }

    /// Returns the number of open requests.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if no request is open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The reason why a request cannot be open beside the others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenIdError {
    /// A request with this id, as a string or an integer, has no answer yet.
    #[error("a request with the id {id} has no answer yet; use another id")]
    StillOpen {
        /// The JSON text of the id.
        id: String,
    },
    /// [`MAX_OPEN_IDS`] requests have no answer yet.
    #[error("{MAX_OPEN_IDS} requests have no answer yet; wait for one")]
    TooMany,
    /// The requests that have no answer yet would have more than [`MAX_OPEN_BYTES`] with this one.
    #[error(
        "the requests that have no answer yet would have {bytes} bytes, and at most {MAX_OPEN_BYTES} are kept; wait for one"
    )]
    TooLarge {
        /// The length of their lines.
        bytes: usize,
    },
    /// The id is longer than [`MAX_ID_BYTES`].
    #[error("the id has {bytes} bytes, and at most {MAX_ID_BYTES} are kept; use a shorter one")]
    TooLong {
        /// The length of its JSON text.
        bytes: usize,
    },
}

impl OpenIdError {
    /// Returns the line of the JSON-RPC error that answers the request with this id, with the LF. Of
    /// an id that is still open, it has `null`: otherwise the error would answer the open request.
    pub fn answer(&self, id: &Id) -> String {
        let id = (!matches!(self, Self::StillOpen { .. })).then_some(id);
        answer::error(id, INVALID_REQUEST, self.code(), &format!("Not accepted: {self}."))
    }
}
