//! Programs on the search path.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf, Prefix};

use crate::output::Error;
use crate::platform;

/// Returns true if a client would find this program, on `path` or on that of this process. A relative
/// path depends on the directory of the client, and is taken for a program. So is what may be on another
/// machine, which is not asked.
pub fn found_program(name: &str, path: Option<&str>) -> bool {
    if is_path(name) {
        let file = Path::new(name);
        return !file.is_absolute() || is_remote(file) || is_program(file);
    }
    searched(name, path).is_some() || folders(path).iter().any(|own| is_remote(own))
}

/// Returns true if a client would start this very program, as far as can be told.
pub fn is_this_program(name: &str, path: Option<&str>) -> bool {
    let file = match is_path(name) {
        true => Some(PathBuf::from(name)).filter(|own| own.is_absolute() && !is_remote(own)),
        false => searched(name, path),
    };
    let real = |file: PathBuf| fs::canonicalize(file).ok();
    let own = env::current_exe().ok().and_then(real);
    own.is_some() && file.and_then(real) == own
}

/// Returns the program to start for a name. Windows looks for `NAME.exe` alone, and launchers such as `npx` are
/// `npx.cmd`; so the search of [`found_program`] is used there.
pub fn startable(name: &str) -> PathBuf {
    let searched = (cfg!(windows) && !is_path(name)).then(|| searched(name, None)).flatten();
    searched.unwrap_or_else(|| PathBuf::from(name))
}

/// Returns true for a path on another machine, or of a device, where a system has such paths. Merely to
/// look whether it is there sends the user's credentials.
pub(super) fn is_remote(path: &Path) -> bool {
    match path.components().next() {
        Some(Component::Prefix(own)) => {
            !matches!(own.kind(), Prefix::Disk(_) | Prefix::VerbatimDisk(_))
        }
        _ => false,
    }
}

fn is_path(name: &str) -> bool {
    name.contains('/') || (cfg!(windows) && name.contains(['\\', ':']))
}

fn folders(path: Option<&str>) -> Vec<PathBuf> {
    let own = env::var_os("PATH").unwrap_or_default();
    env::split_paths(path.map_or(own.as_os_str(), OsStr::new)).collect()
}

/// Looks for a program on the search path.
fn searched(name: &str, path: Option<&str>) -> Option<PathBuf> {
    let names = file_names(name, cfg!(windows));
    let folders = folders(path).into_iter().filter(|own| !is_remote(own));
    let mut files =
        folders.flat_map(|own| names.iter().map(move |name| own.join(name)).collect::<Vec<_>>());
    files.find(|file| is_program(file))
}

/// Returns the names that the file of a program can have. Windows starts only files with certain endings:
/// beside `npx.cmd` is an `npx`, which is a script for a shell.
fn file_names(name: &str, is_windows: bool) -> Vec<String> {
    let ending = name.rsplit_once('.').map(|(_, own)| own.to_ascii_lowercase());
    match (is_windows, ending.as_deref()) {
        (false, _) | (true, Some("exe" | "com" | "cmd" | "bat")) => vec![name.to_owned()],
        (true, _) => ["exe", "cmd", "bat"].map(|own| format!("{name}.{own}")).to_vec(),
    }
}

/// Returns the absolute path of this program: as it is found on the search path, since that stays the same
/// when another version is installed; otherwise as it was started.
///
/// # Errors
///
/// If the system does not tell it, or its name is not Unicode.
pub fn own_program() -> Result<String, Error> {
    let error = |why: &dyn std::fmt::Display| Error::about("the path of this program", why);
    let own = env::current_exe().map_err(|why| error(&why))?;
    let real = fs::canonicalize(&own).map_err(|why| error(&why))?;
    let path = env::var_os("PATH").unwrap_or_default();
    let named =
        |folder: PathBuf| folder.join(if cfg!(windows) { "deputize.exe" } else { "deputize" });
    let found = env::split_paths(&path).filter(|folder| folder.is_absolute()).map(named);
    let found = { found }.find(|file| fs::canonicalize(file).is_ok_and(|own| own == real));
    let program = found.unwrap_or(own).into_os_string().into_string();
    program.map_err(|_| error(&"it is not Unicode; install the program elsewhere"))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| platform::is_executable(&metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_starts_files_with_certain_endings() {
        assert_eq!(file_names("npx", true), ["npx.exe", "npx.cmd", "npx.bat"]);
        assert_eq!(
            file_names("server.v1", true),
            ["server.v1.exe", "server.v1.cmd", "server.v1.bat"]
        );
        assert_eq!(file_names("npx.CMD", true), ["npx.CMD"]);
        assert_eq!(file_names("npx", false), ["npx"]);
    }
}
