//! Stable codes of the errors of this crate.

use deputize::CodedError;

use crate::bundle::BundleError;
use crate::checkpoint::{CheckpointError, OriginError};
use crate::erasure::ErasureError;
use crate::log::LogError;
use crate::proof::ProofError;
use crate::review::{ReviewError, TakeFault};
use crate::series::PresentedLineError;
use crate::tiles::{TileError, TilePathError};
use crate::tree::{HashError, TreeError};
use crate::watch::StrikePolicyError;

impl CodedError for HashError {
    fn code(&self) -> &'static str {
        "tree_hash"
    }
}

impl CodedError for TreeError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "tree_too_large",
            Self::NotEmpty { .. } => "tree_not_empty",
            Self::EdgeLength { .. } => "tree_edge_length",
            Self::NoLeaf { .. } => "tree_no_leaf",
            Self::NoSubtree { .. } => "tree_no_subtree",
            Self::Shrunk { .. } => "tree_shrunk",
            Self::ProofLength { .. } => "tree_proof_length",
            Self::OtherRoot { .. } => "tree_other_root",
        }
    }
}

impl CodedError for TilePathError {
    fn code(&self) -> &'static str {
        "tile_path"
    }
}

impl CodedError for TileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tree(inner) => inner.code(),
            Self::Path(inner) => inner.code(),
            Self::Missing { .. } => "tile_missing",
            Self::Length { .. } => "tile_length",
            Self::Read { .. } => "tile_read",
            Self::Write { .. } => "tile_write",
            Self::EntryLength { .. } => "bundle_entry_length",
            Self::EntryCount { .. } => "bundle_entry_count",
            Self::Cut { .. } => "bundle_cut",
        }
    }
}

impl CodedError for OriginError {
    fn code(&self) -> &'static str {
        match self {
            Self::Text { .. } => "log_origin",
            Self::NoRandomness => "log_no_randomness",
        }
    }
}

impl CodedError for CheckpointError {
    fn code(&self) -> &'static str {
        match self {
            Self::Note(inner) => inner.code(),
            Self::Origin(inner) => inner.code(),
            Self::Root(inner) => inner.code(),
            Self::Tree(inner) => inner.code(),
            Self::Lines { .. } => "checkpoint_lines",
            Self::Size { .. } => "checkpoint_size",
            Self::OtherLog { .. } => "checkpoint_other_log",
            Self::OtherKey { .. } => "checkpoint_other_key",
            Self::Witness { .. } => "witness_key",
            Self::WitnessName { .. } => "witness_name",
            Self::TooFewWitnesses { .. } => "checkpoint_too_few_witnesses",
        }
    }
}

impl CodedError for ErasureError {
    fn code(&self) -> &'static str {
        match self {
            Self::Note(inner) => inner.code(),
            Self::NotAnErasure => "erasure_lines",
            Self::Spelling => "erasure_spelling",
            Self::OtherKey => "erasure_other_key",
            Self::Range { .. } => "erasure_range",
            Self::Left { .. } => "erasure_left",
            Self::MayNotErase { .. } => "erasure_other_eraser",
            Self::Authority { .. } => "erasure_authority",
            Self::Reason { .. } => "erasure_reason",
            Self::TooLong { .. } => "erasure_too_long",
        }
    }
}

impl CodedError for LogError {
    fn code(&self) -> &'static str {
        match self {
            Self::Record(inner) => inner.code(),
            Self::Checkpoint(inner) => inner.code(),
            Self::Origin(inner) => inner.code(),
            Self::Erasure(inner) => inner.code(),
            Self::Tile(inner) => inner.code(),
            Self::Tree(inner) => inner.code(),
            Self::Io { .. } => "log_io",
            Self::Exists { .. } => "log_exists",
            Self::NotEmpty { .. } => "log_export_not_empty",
            Self::NotALog { .. } => "not_a_log",
            Self::Locked { .. } => "log_locked",
            Self::Damaged { .. } => "log_damaged",
            Self::SetBack { .. } => "log_set_back",
            Self::OtherLog { .. } => "log_other",
            Self::Outcome => "log_outcome",
            Self::Closed => "log_closed",
            Self::Panicked => "log_panicked",
            Self::MayNotErase => "log_may_not_erase",
        }
    }
}

impl CodedError for TakeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::NoCalls { .. } => "take_no_calls",
            Self::NoArgument { .. } => "take_no_argument",
            Self::AnyValue { .. } => "take_any_value",
            Self::NotGrantable => "take_not_grantable",
        }
    }
}

impl CodedError for ReviewError {
    fn code(&self) -> &'static str {
        match self {
            Self::Log(inner) => inner.code(),
            Self::Key(inner) => inner.code(),
        }
    }
}

impl CodedError for ProofError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoRecord { .. } => "proof_no_record",
            Self::NotOfTheTree { .. } => "proof_not_of_the_tree",
            Self::TooLong { .. } => "proof_too_long",
            Self::NotAProof { .. } => "not_a_proof",
            Self::OtherIndex { .. } => "proof_other_index",
            Self::Log(inner) => inner.code(),
            Self::Record(inner) => inner.code(),
            Self::Checkpoint(inner) => inner.code(),
            Self::Tile(inner) => inner.code(),
            Self::Tree(inner) => inner.code(),
        }
    }
}

impl CodedError for StrikePolicyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Strikes { .. } => "strike_policy_strikes",
            Self::Within { .. } => "strike_policy_within",
        }
    }
}
impl CodedError for BundleError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooManyRecords => "bundle_too_many_records",
            Self::TooManyParts => "bundle_too_many_parts",
            Self::TooLong { .. } => "bundle_too_long",
            Self::NotOfTheTree { .. } => "bundle_not_of_the_tree",
            Self::Contradicts { .. } => "bundle_contradicts_checkpoint",
            Self::NotABundle { .. } => "not_a_bundle",
            Self::Spelling => "bundle_spelling",
            Self::Version { .. } => "bundle_version",
            Self::Log(inner) => inner.code(),
            Self::Record(inner) => inner.code(),
            Self::Checkpoint(inner) => inner.code(),
            Self::Statement(inner) => inner.code(),
            Self::Tile(inner) => inner.code(),
            Self::Tree(inner) => inner.code(),
        }
    }
}

impl CodedError for PresentedLineError {
    fn code(&self) -> &'static str {
        "presented_line"
    }
}
