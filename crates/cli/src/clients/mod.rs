//! The configurations of MCP clients, in which `mcp-present` is put in front of a server.
//!
//! A configuration belongs to a program of somebody else, and often to a repository. So it is edited as
//! text: only the values that change are replaced, and every other byte stays. For an entry
//! `{"command": C, "args": [A, …]}`, the options of the presenter and `C` are inserted before `A`. So the
//! entry itself says how it was, and `uninstall` needs no other file.
//!
//! What the entry does not say is kept in [`Originals`], a file in the user's state folder: the bytes that
//! were replaced, under the digest of the entry that was written. They are used only for an entry with
//! this digest, and only if they mean the same as what the entry says, so a lost or forged file
//! can change the spelling of an entry and nothing else.
//!
//! **Order.** The originals are written before the configuration, and forgotten after it. After a crash, the
//! configuration is the old or the new one, and the originals of both are there.

mod known;
mod document;
mod presenting;
mod entry;
mod splice;
mod originals;
mod edit;
mod search;
mod held;
mod config_file;

pub use config_file::{ConfigFile, LockedConfig, read};
pub use document::{Document, Server};
pub use edit::{Installed, Uninstalled, install, uninstall};
pub use entry::{Behind, Presented};
pub use held::{HeldToken, Holding};
pub use known::{Client, PlaceArgs};
pub use originals::{Original, Originals};
pub use presenting::{Held, Presenting};
pub use search::{found_program, is_this_program, own_program, startable};
