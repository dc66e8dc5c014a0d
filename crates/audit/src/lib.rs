#![doc = include_str!("../README.md")]
// Denies calls that can panic, outside tests. `Cargo.toml` denies further ones everywhere, and
// `clippy.toml` lists the functions.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::string_slice,
        clippy::get_unwrap,
        clippy::unwrap_in_result,
        clippy::panic_in_result_fn
    )
)]

// Each module imports only modules that are declared above it.
mod limits;
mod tree;
mod tiles;
mod checkpoint;
mod erasure;
mod files;
mod expander;
mod log;
mod verify;
mod export;
mod newest;
mod proof;
mod bundle;
mod series;
mod review;
mod watch;
mod codes;

pub use bundle::{Bundle, BundleDraft, BundleError, BundleFault, BundleFinding, BundleVerdict};
pub use checkpoint::{
    Checkpoint, CheckpointError, Cosignature, Origin, OriginError, SignedCheckpoint, Witness,
};
pub use erasure::{ErasedRange, Erasure, ErasureError, ErasureReason};
pub use export::export_tiles;
pub use files::{FolderFiles, LogFiles};
pub use limits::{
    MAX_BUNDLE_BYTES, MAX_BUNDLE_PARTS, MAX_BUNDLE_RECORDS, MAX_ENTRY_BYTES,
    MAX_PRESENTED_LINE_BYTES, MAX_PROOF_BYTES, MAX_STRIKES, MAX_TREE_SIZE, TILE_WIDTH,
};
pub use log::{
    Call, Durability, Log, LogError, LogSettings, ObservedCall, Recorded, RefusalRecord, Written,
};
pub use proof::{ProofError, RecordProof};
pub use review::{
    ArgReview, Beyond, Coverage, CrowdedKey, HopReview, KeyReview, NewlyRefused, OperationReview,
    Proposal, Records, Replay, Review, ReviewError, Reviewer, RightReview, Take, TakeFault, Taken,
    Unpresented, UnpresentedTool, Usage,
};
pub use series::{
    DoubledNumber, Gap, Matched, NumberedSeries, PresentedLine, PresentedLineError, SeriesMatcher,
};
pub use tiles::{
    FolderTiles, Level, ReadTile, Tile, TileError, TilePath, TilePathError, TileWriter,
    TiledHashes, Written as WrittenTiles, decode_bundle, encode_bundle,
};
pub use tree::{
    ConsistencyProof, Hash, HashError, InclusionProof, ReadHash, RightEdge, TreeError, TreeHead,
    leaf_hash, node_hash,
};
pub use verify::{Fault, Finding, LogReader, LogVerifier, ReadRecord, Signatures, Verdict};
#[cfg(feature = "metrics")]
pub use watch::MetricsSink;
#[cfg(feature = "tracing")]
pub use watch::TracingSink;
pub use watch::{
    CallVerdict, DenialStreak, Event, EventSink, LogTail, Monitor, MonitorTable, QueuedSink,
    StrikePolicy, StrikePolicyError, WatchedCall, WatchedLog, WatchedObservedCall, WatchedRecord,
};
