//! Programs on the search path.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::output::Error;
use crate::platform;

/// Returns true if a client would find this program, on `path` or on that of this process. A relative
/// path depends on the directory of the client, and is taken for a program.
pub fn found_program(name: &str, path: Option<&str>) -> bool {
    if name.contains('/') || (cfg!(windows) && name.contains('\\')) {
        return !Path::new(name).is_absolute() || is_program(Path::new(name));
    }
    let own = env::var_os("PATH").unwrap_or_default();
    let path = path.map_or(own.as_os_str(), OsStr::new);
    env::split_paths(path).any(|folder| {
        let file = folder.join(name);
        let endings = if cfg!(windows) { ["", "exe", "cmd"].as_slice() } else { &[""] };
        endings.iter().any(|own| match own.is_empty() {
            true => is_program(&file),
            false => is_program(&file.with_extension(own)),
        })
    })
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
