//! Everything that differs between Unix and other systems: file modes, file identity, folders, free
//! room.

pub(super) use unix_or_other::{free_room, is_at, make_private_folder, private, sync_folder};

#[cfg(unix)]
mod unix_or_other {
    use std::fs::{self, DirBuilder, File, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;

    pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Files that other users cannot open: openings have values of calls.
    pub(crate) fn private() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.mode(0o600);
        options
    }

    pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Returns true if the open file is still the one at this path.
    pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
        let (own, other) = (file.metadata()?, fs::symlink_metadata(path)?);
        Ok((own.dev(), own.ino()) == (other.dev(), other.ino()))
    }

    /// Returns the free room of the file system, in bytes, for users without privileges.
    pub(crate) fn free_room(path: &Path) -> io::Result<u64> {
        let room = rustix::fs::statvfs(path)?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize))
    }
}

#[cfg(not(unix))]
mod unix_or_other {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    pub(crate) fn private() -> OpenOptions {
        OpenOptions::new()
    }

    /// Other systems cannot open a folder; they write its entries with the file's own data.
    pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Other systems do not delete a file that is open.
    pub(crate) fn is_at(_: &File, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    /// Other systems are not asked: a full disk is noticed when it is full.
    pub(crate) fn free_room(_: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}
