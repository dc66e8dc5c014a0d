//! Without the feature `cache` nothing is remembered.

use std::sync::Arc;

use crate::chain::Authentic;
use crate::key::PublicKey;

/// There is none.
#[derive(Debug, Clone)]
pub(crate) enum ChainCache {}

impl ChainCache {
    pub(crate) fn place<'a>(&'a self, _: &'a [u8]) -> Option<Place<'a>> {
        match *self {}
    }
}

pub(crate) struct Place<'a>(&'a ChainCache);

impl Place<'_> {
    pub(crate) fn get(&self, _: &[PublicKey]) -> Option<Arc<Authentic>> {
        match *self.0 {}
    }

    pub(crate) fn insert(&self, _: usize, _: Arc<Authentic>) {
        match *self.0 {}
    }
}
