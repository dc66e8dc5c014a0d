//! The folder of a guard: its lock, and its state, which is replaced as a whole.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{At, OpenError};
use crate::platform::{
    is_at, is_open_to_others, lock_of, make_private_folder, open_lock_of, private, sync_folder,
};

const FIRST_LINE: &str = "deputize replays v1";

/// The time between two attempts to lock. A use takes some milliseconds, most of it for the disk.
pub(crate) const PAUSE: Duration = Duration::from_micros(500);

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// The lock of a folder, which is released when it is dropped.
#[derive(Debug)]
pub(crate) struct Locked<'f> {
    file: File,
    folder: &'f Folder,
}

/// The facts about a folder that are not about one presentation, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// Random, so that another folder in the same place has another id.
    pub(crate) id: [u8; 16],
    /// The start of the guard, if presentations may have been used before it.
    pub(crate) began: Option<u64>,
    /// The latest end of presentations that were forgotten.
    pub(crate) forgotten: Option<u64>,
}

impl Folder {
    /// Creates the folder if it does not exist, durably. It must be the user's own.
    pub(crate) fn create(path: &Path) -> Result<Self, OpenError> {
        make_folder(path)?;
        let metadata = fs::metadata(path).at(path)?;
        if !metadata.is_dir() {
            return Err(OpenError::io(path, "this is a file, and must be a folder"));
        }
        match is_open_to_others(&metadata) {
            false => Ok(Self { path: path.to_owned() }),
            true => Err(OpenError::NotPrivate { path: path.to_owned() }),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the names of the files in the folder that are Unicode.
    pub(crate) fn names(&self) -> Result<Vec<String>, OpenError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).at(&self.path)? {
            names.extend(entry.at(&self.path)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Waits for the lock until `deadline`. The folder is opened each time, so that the lock
    /// excludes other threads and forked processes, too.
    pub(crate) fn lock(&self, deadline: Instant) -> Result<Locked<'_>, OpenError> {
        let path = lock_of(&self.path);
        let file = open_lock_of(&self.path).at(&path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Locked { file, folder: self }),
                Err(TryLockError::Error(why)) => return Err(OpenError::io(&path, why)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(OpenError::Locked { path });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    /// Reads the state, or returns `None` if the folder has no state yet.
    pub(crate) fn state(&self) -> Result<Option<State>, OpenError> {
        let path = self.file("state");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(OpenError::io(&path, why)),
        };
        let state = State::parse(&text);
        state.map(Some).ok_or_else(|| OpenError::damaged(&path, "not a state of this version"))
    }

    /// Replaces the state, durably.
    pub(crate) fn write_state(&self, state: State) -> Result<(), OpenError> {
        let (path, temporary) = (self.file("state"), self.file("state.new"));
        let mut file =
            private().create(true).write(true).truncate(true).open(&temporary).at(&temporary)?;
        file.write_all(state.to_string().as_bytes()).at(&temporary)?;
        file.sync_all().map_err(|why| OpenError::sync(&temporary, why))?;
        fs::rename(&temporary, &path).at(&path)?;
        self.sync()
    }

    /// Makes the names of new files durable.
    pub(crate) fn sync(&self) -> Result<(), OpenError> {
        sync_folder(&self.path).map_err(|why| OpenError::sync(&self.path, why))
    }
}

impl Locked<'_> {
    /// Checks that the folder at the path is still the locked one. If it was replaced, another
    /// process may have locked the new one, and the operation does not count.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        let path = lock_of(&self.folder.path);
        match is_at(&self.file, &path).at(&path)? {
            true => Ok(()),
            false => Err(OpenError::io(&path, "another folder was made in its place")),
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing it would not unlock it while a forked process has it open, too.
        let _ = self.file.unlock();
    }
}

/// Creates a folder and its ancestors, and makes their names durable. An existing folder may have
/// been made a moment ago, so its name is synced as well.
fn make_folder(path: &Path) -> Result<(), OpenError> {
    let above = match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        // The root of the file system, which exists.
        None => return Ok(()),
    };
    match make_private_folder(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => {
            make_folder(above)?;
            make_private_folder(path).at(path)?;
        }
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
        made => made.at(path)?,
    }
    match sync_folder(above) {
        // A user who may not read the folder above did not make this one.
        Err(why) if why.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced.map_err(|why| OpenError::sync(above, why)),
    }
}

impl State {
    /// Returns true if presentations that end at `until` may have been forgotten.
    pub(crate) fn may_have_forgotten(&self, until: u64) -> bool {
        self.forgotten.is_some_and(|last| until <= last)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FIRST_LINE).then_some(())?;
        let id = lines.next()?.strip_prefix("id ")?;
        let id = u128::from_str_radix(id, 16).ok()?.to_be_bytes();
        let mut number = |name: &str| -> Option<Option<u64>> {
            match lines.next()?.strip_prefix(name)?.strip_prefix(' ')? {
                "-" => Some(None),
                digits => Some(Some(digits.parse().ok()?)),
            }
        };
        let state = Self { id, began: number("began")?, forgotten: number("forgotten")? };
        // A state has one spelling.
        (state.to_string() == text).then_some(state)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |at: Option<u64>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let (began, forgotten) = (number(self.began), number(self.forgotten));
        let id = u128::from_be_bytes(self.id);
        write!(f, "{FIRST_LINE}\nid {id:032x}\nbegan {began}\nforgotten {forgotten}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_one_spelling() {
        for (began, forgotten) in [(None, None), (Some(0), None), (Some(5), Some(u64::MAX))] {
            let state = State { id: [7; 16], began, forgotten };
            assert_eq!(State::parse(&state.to_string()), Some(state));
        }
        let id = "00000000000000000000000000000abc";
        let good = format!("deputize replays v1\nid {id}\nbegan 5\nforgotten -\n");
        assert!(State::parse(&good).is_some());
        for (from, to) in [
            (good.as_str(), ""),
            ("v1", "v2"),
            ("forgotten -\n", ""),
            ("-\n", "-"),
            ("5", "05"),
            ("5", "+5"),
            ("5", "-5"),
            ("\n", "\r\n"),
            ("-\n", "-\n\n"),
            ("abc", "ABC"),
            ("0abc", "abc"),
            ("began 5\n", ""),
            ("id 0", "id +"),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good);
            assert_eq!(State::parse(&bad), None, "{bad:?}");
        }
    }
}
