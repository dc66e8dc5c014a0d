//! Bounds, each with the reason for its number.

use std::time::Duration;

use deputize::limits::MAX_DIRECTORY_BYTES;

/// Maximum size of a statement that is fetched: that of a directory, which is larger than the
/// largest revocation list. It is checked before a statement is read.
pub const MAX_STATEMENT_BYTES: usize = MAX_DIRECTORY_BYTES;

/// Default time between two readings of a source. A revoked hop can be used until the list arrives;
/// lists are small, and unchanged ones are not sent again.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Default deadline of one reading: the largest list in 30 s takes 2 MB/s.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);

/// The shortest interval. A shorter one would be a load for the source, and gain little.
pub const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The first pause after a reading that failed. It doubles up to the interval.
pub const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Maximum number of redirects that one reading follows. Publishers redirect once, such as to the
/// newest release.
pub const MAX_REDIRECTS: usize = 3;

/// Maximum length of a validator (`ETag`) that is sent back.
pub const MAX_ETAG_BYTES: usize = 256;

/// Maximum size of a configuration: some thousand trust anchors.
pub const MAX_CONFIG_BYTES: usize = 1024 * 1024;

/// Time between two looks at the checkpoint of a log, to keep the newest one outside its folder. An older
/// copy of the log is noticed if it lacks what was recorded more than this before a guard was
/// killed; a guard that ends keeps its last checkpoint.
pub const CHECKPOINT_KEPT: Duration = Duration::from_secs(10);

/// Maximum size of a checkpoint that is read, with the signatures of its witnesses, each of some hundred bytes.
pub const MAX_CHECKPOINT_BYTES: u64 = 1_000_000;
