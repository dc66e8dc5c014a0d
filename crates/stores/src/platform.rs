//! Everything that differs between Unix and other systems: file modes, owners of files, locks.

pub(crate) use unix_or_other::{
    can_be_changed_by_others, is_at, is_open_to_others, lock_of, make_private_folder,
    open_lock_file, open_lock_of, private, sync_folder,
};

#[cfg(unix)]
mod unix_or_other {
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::{Path, PathBuf};

    use rustix::fs::OFlags;

    pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    /// Files that other users cannot open.
    pub(crate) fn private() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.mode(0o600);
        options
    }

    /// Other users could make a guard forget, or lock it for ever.
    pub(crate) fn is_open_to_others(folder: &Metadata) -> bool {
        folder.mode() & 0o077 != 0 || folder.uid() != rustix::process::geteuid().as_raw()
    }

    /// Returns true if a user other than the one who runs the service, and root, can change the
    /// file, or the entries of the folder.
    pub(crate) fn can_be_changed_by_others(metadata: &Metadata) -> bool {
        let own = [0, rustix::process::geteuid().as_raw()];
        metadata.mode() & 0o022 != 0 || !own.contains(&metadata.uid())
    }

    /// The folder itself is locked. A lock file in it could be replaced, and two processes would
    /// then have locked two files.
    pub(crate) fn lock_of(folder: &Path) -> PathBuf {
        folder.to_owned()
    }

    pub(crate) fn open_lock_of(folder: &Path) -> io::Result<File> {
        File::open(folder)
    }

    /// Opens a file to be locked, which is created if it does not exist. A user who can
    /// open it can keep it locked, so other users cannot. A link is refused.
    pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut options = private();
        options.read(true).write(true).create(true).truncate(false);
        options.custom_flags(no_link).open(path)
    }

    /// Returns true if the open file is still the one at this path.
    pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
        let (own, other) = (file.metadata()?, fs::symlink_metadata(path)?);
        Ok((own.dev(), own.ino()) == (other.dev(), other.ino()))
    }

    pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

#[cfg(not(unix))]
mod unix_or_other {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    pub(crate) fn private() -> OpenOptions {
        OpenOptions::new()
    }

    pub(crate) fn is_open_to_others(_: &Metadata) -> bool {
        false
    }

    pub(crate) fn can_be_changed_by_others(_: &Metadata) -> bool {
        false
    }

    /// Other systems do not lock folders, and do not delete a file that is open.
    pub(crate) fn lock_of(folder: &Path) -> PathBuf {
        folder.join("lock")
    }

    pub(crate) fn open_lock_of(folder: &Path) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(lock_of(folder))
    }

    pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(path)
    }

    pub(crate) fn is_at(_: &File, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    /// Other systems cannot open a folder; they write its entries with the file's own data.
    pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
