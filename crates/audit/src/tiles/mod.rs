//! Trees as files: tiles and entry bundles (C2SP `tlog-tiles`).

mod path;
mod error;
mod tile;
mod bundle;
mod read;
mod writer;
mod folder;

pub use bundle::{decode_bundle, encode_bundle};
pub use error::TileError;
pub use folder::{FolderTiles, Written};
pub use path::{Level, TilePath, TilePathError};
pub use read::{ReadTile, TiledHashes};
pub use tile::Tile;
pub use writer::TileWriter;
