#![doc = include_str!("../README.md")]

mod inert;
pub mod limits;

mod json;
mod key;
mod principal;
mod value;
mod arguments;
mod pattern;
mod request;

pub use arguments::ArgumentError;
pub use key::{KeyError, PublicKey, Signature, Signer, SignerError, SigningKey};
pub use pattern::{Operation, OperationPattern, PatternError, Resource, ResourcePattern};
pub use principal::{Kind, NameError, Owner, Principal};
pub use request::{Request, RequestError};
pub use value::Value;
