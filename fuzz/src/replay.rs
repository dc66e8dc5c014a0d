//! Replays the kept inputs of a target: the finds in `fuzz/finds` and the seeds in its archive. The
//! tests of the main workspace use this, the targets do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Panics if an input fails the check, or if the target has no seeds.
pub(crate) fn replay(target: &str, check: fn(&[u8])) {
    let finds = fuzz().join("finds").join(target);
    // A target without finds has no folder.
    if finds.exists() {
        check_all(&finds, check);
    }
    let seeds = check_all(&unpacked(target), check);
    assert!(seeds > 0, "the archive of seeds of {target} is empty");
}

/// The folder `fuzz`, from the root of the repository or from `crates/cli`.
fn fuzz() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find_map(|own| Some(own.join("fuzz")).filter(|own| own.is_dir())).expect("a checkout")
}

/// A folder with the seeds of a target.
fn unpacked(target: &str) -> PathBuf {
    let archive = fuzz().join("seeds").join(format!("{target}.tar.gz"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seeds").join(target);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    let tar = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder).status();
    assert!(tar.unwrap().success(), "{} is not unpacked", archive.display());
    folder
}

/// Checks all inputs in a folder, and returns their number.
fn check_all(folder: &Path, check: fn(&[u8])) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check(&fs::read(path).unwrap());
        count += 1;
    }
    count
}
