//! Bounds on the records of decisions.

/// Maximum length of the core of a record, in bytes. Entries of a log that other tools read have at
/// most 65,535; a core with 64 commitments, 32 hops and 64 codes has some 9,000.
pub const MAX_CORE_BYTES: usize = 16 * 1024;

/// Maximum number of fields of a record, and of deny codes in it. A call with more arguments has one
/// field for the last of them.
pub const MAX_RECORD_FIELDS: usize = 64;

/// Maximum number of keys that may sign the erasures of a log, beside its own.
pub const MAX_ERASERS: usize = 16;

/// Maximum length of the openings of a record, in bytes: 64 values of the greatest length that is
/// recorded by default have some 70,000, and a chain of 32 hops 64,000.
pub const MAX_OPENINGS_BYTES: usize = 1024 * 1024;

/// Maximum length of the openings of a call that nobody presented, in bytes: a stranger chooses them. A dozen
/// arguments of the greatest length that is recorded by default fit.
pub const MAX_UNPRESENTED_BYTES: usize = 16 * 1024;

/// Maximum number of records in a log: at a million a second, it is full after nine years.
pub const MAX_RECORDS: u64 = 1 << 48;

/// Default length up to which the value of an argument is recorded, in bytes of canonical JSON: names,
/// paths and numbers, and not documents.
pub const DEFAULT_RECORDED_VALUE: usize = 1024;

/// Maximum length up to which a service can record values, in bytes of canonical JSON.
pub const MAX_RECORDED_VALUE: usize = 64 * 1024;

/// Maximum distance from a record to an earlier one whose values the line of its openings repeats. A
/// value of an agent that calls all the time is written once in so many records, and a reader keeps at
/// most so many lines.
pub const MAX_REPEAT_DISTANCE: u64 = 1024;

/// Maximum length in bytes of a line of openings whose values later lines repeat: with a chain of eight
/// hops it has some 14,000. So a reader keeps at most 16 MiB of lines, which are some 250 MB if they
/// are made of the smallest values.
pub const MAX_REPEATED_LINE: usize = 16 * 1024;

/// Length in bytes of the texts of the chains that a reader of records remembers: those of some
/// thousand agents. Twice as many are kept, each with its contents.
pub const MAX_RECORDED_CHAIN_BYTES: usize = 4 * 1024 * 1024;
