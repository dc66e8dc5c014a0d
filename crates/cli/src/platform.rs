//! Everything that differs between Unix and other systems: file types, file modes, owners of files,
//! locks, standard input, and the bytes of paths.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

/// The users who can read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner.
    Owner,
    /// Every user.
    Everyone,
}

/// Creates a file that does not exist yet. On Unix its mode is 0600 or 0644; elsewhere it has the
/// permissions of its directory.
///
/// # Errors
///
/// If the file exists, or cannot be created.
pub fn create_new(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    unix_or_other::set_mode(&mut options, readers);
    options.open(path)
}

/// Returns true for a file, and for a pipe such as a shell makes for `<(…)`: a key can be read from
/// either.
pub fn is_file_or_pipe(metadata: &Metadata) -> bool {
    metadata.is_file() || unix_or_other::is_pipe(metadata)
}

/// Returns the mode of a file that the group or other users can access, and `None` for any other
/// file and on systems without such modes.
pub fn mode_open_to_others(metadata: &Metadata) -> Option<u32> {
    unix_or_other::mode(metadata).filter(|mode| mode & 0o077 != 0)
}

/// Creates a directory, and those above it that do not exist. On Unix its mode is 0700.
///
/// # Errors
///
/// If it exists or cannot be created.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    unix_or_other::set_private(&mut builder);
    builder.create(path)
}

/// Syncs the entries of a directory, so that a file that was renamed in it survives a loss of
/// power. Systems other than Unix do so by themselves, or not at all.
///
/// # Errors
///
/// If the directory cannot be opened or written to disk.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    unix_or_other::sync_folder(path)
}

/// Opens a file to be locked, which is created if it does not exist. On Unix its mode is then 0600:
/// a user who can open it can lock it for ever. A link is refused.
///
/// # Errors
///
/// If the file cannot be opened or created.
pub fn open_lock(path: &Path) -> io::Result<File> {
    unix_or_other::open_lock(path)
}

/// Returns true if the open file is still the one at this path.
///
/// # Errors
///
/// If one of the two cannot be examined.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    unix_or_other::is_at(file, path)
}

/// Returns true if the file belongs to a user other than the one who runs the command. Always false
/// on systems without owners of files.
pub fn is_of_another_user(metadata: &Metadata) -> bool {
    unix_or_other::is_of_another_user(metadata)
}

/// Gives a file the group of another one. Nothing is done on systems without groups of files.
///
/// # Errors
///
/// If the user is not in that group.
pub fn keep_group(file: &File, like: &Metadata) -> io::Result<()> {
    unix_or_other::keep_group(file, like)
}

/// Returns true if the file has further names, which are hard links to it, as far as the system tells.
pub fn has_other_links(metadata: &Metadata) -> bool {
    unix_or_other::has_other_links(metadata)
}

/// Returns true for a file that somebody can execute. Every file can be where the system has no such
/// permission.
pub fn is_executable(metadata: &Metadata) -> bool {
    metadata.is_file() && unix_or_other::mode(metadata).is_none_or(|mode| mode & 0o111 != 0)
}

/// Returns standard input as a file, if the system provides it as one. Unlike [`std::io::stdin`],
/// it keeps no copy of the input, which may be a private key.
pub fn stdin_file() -> Option<File> {
    unix_or_other::stdin_file()
}

/// Returns true if the process was started with standard output closed (`>&-`), as far as the
/// system tells.
///
/// Rust's runtime opens `/dev/null` for reading and writing in its place, so that a write would
/// succeed and its text would be lost; a shell's `> /dev/null` opens it for writing only. A parent
/// process that opens it for both looks the same, and loses the text as well.
pub fn is_stdout_closed() -> bool {
    unix_or_other::is_stdout_closed()
}

/// Waits for this time. Returns true at once if standard output is a pipe that nobody reads any more, as
/// far as the system tells.
pub fn wait_or_stdout_unread(time: Duration) -> bool {
    unix_or_other::wait_or_stdout_unread(time)
}

/// Returns the bytes of a path or an argument. Where the system has none, they are UTF-8.
pub fn bytes_of(text: &OsStr) -> Cow<'_, [u8]> {
    unix_or_other::bytes_of(text)
}

#[cfg(unix)]
mod unix_or_other {
    use std::borrow::Cow;
    use std::ffi::OsStr;
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io::{self, stdin};
    use std::os::fd::AsFd;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;

    use super::Readers;

    pub(super) fn bytes_of(text: &OsStr) -> Cow<'_, [u8]> {
        text.as_bytes().into()
    }

    pub(super) fn set_mode(options: &mut OpenOptions, readers: Readers) {
        // At creation: nobody must be able to open the file before its mode is set.
        options.mode(match readers {
            Readers::Owner => 0o600,
            Readers::Everyone => 0o644,
        });
    }

    pub(super) fn is_pipe(metadata: &Metadata) -> bool {
        metadata.file_type().is_fifo()
    }

    pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
        Some(metadata.mode() & 0o7777)
    }

    pub(super) fn set_private(builder: &mut DirBuilder) {
        builder.mode(0o700);
    }

    pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    pub(super) fn open_lock(path: &Path) -> io::Result<File> {
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.mode(0o600).custom_flags(no_link).open(path)
    }

    pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
        let (own, other) = (file.metadata()?, std::fs::symlink_metadata(path)?);
        Ok((own.dev(), own.ino()) == (other.dev(), other.ino()))
    }

    pub(super) fn is_of_another_user(metadata: &Metadata) -> bool {
        metadata.uid() != rustix::process::geteuid().as_raw()
    }

    pub(super) fn keep_group(file: &File, like: &Metadata) -> io::Result<()> {
        match file.metadata()?.gid() == like.gid() {
            true => Ok(()),
            false => std::os::unix::fs::fchown(file, None, Some(like.gid())),
        }
    }

    pub(super) fn has_other_links(metadata: &Metadata) -> bool {
        metadata.nlink() > 1
    }

    pub(super) fn stdin_file() -> Option<File> {
        stdin().as_fd().try_clone_to_owned().ok().map(File::from)
    }

    pub(super) fn wait_or_stdout_unread(time: Duration) -> bool {
        let out = io::stdout();
        // Without an event to wait for: the end of the reader is always told.
        let mut asked = [PollFd::new(&out, PollFlags::empty())];
        let timeout = Timespec::try_from(time).ok();
        match poll(&mut asked, timeout.as_ref()) {
            Ok(_) => asked.iter().any(|own| {
                own.revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
            }),
            Err(_) => false,
        }
    }

    #[cfg(target_os = "linux")]
    pub(super) fn is_stdout_closed() -> bool {
        let flags = std::fs::read_to_string("/proc/self/fdinfo/1").unwrap_or_default();
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        // The access mode `O_RDWR`.
        let is_read_and_written = flags.is_some_and(|flags| flags & 0o3 == 0o2);
        let file = std::fs::read_link("/proc/self/fd/1");
        is_read_and_written && file.is_ok_and(|file| file == Path::new("/dev/null"))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_stdout_closed() -> bool {
        false
    }
}

#[cfg(not(unix))]
mod unix_or_other {
    use std::borrow::Cow;
    use std::ffi::OsStr;
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    use super::Readers;

    pub(super) fn bytes_of(text: &OsStr) -> Cow<'_, [u8]> {
        text.to_string_lossy().into_owned().into_bytes().into()
    }

    pub(super) fn set_private(_: &mut DirBuilder) {}

    pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn open_lock(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).open(path)
    }

    pub(super) fn is_at(_: &File, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    pub(super) fn is_of_another_user(_: &Metadata) -> bool {
        false
    }

    pub(super) fn keep_group(_: &File, _: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn has_other_links(_: &Metadata) -> bool {
        false
    }

    pub(super) fn set_mode(_: &mut OpenOptions, _: Readers) {}

    pub(super) fn is_pipe(_: &Metadata) -> bool {
        false
    }

    pub(super) fn mode(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) fn stdin_file() -> Option<File> {
        None
    }

    pub(super) fn wait_or_stdout_unread(time: Duration) -> bool {
        std::thread::sleep(time);
        false
    }

    pub(super) fn is_stdout_closed() -> bool {
        false
    }
}
