//! The tables of `SECURITY.md` list every direct dependency, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn the_tables_of_security_name_every_direct_dependency() {
    let security = Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md");
    let security = fs::read_to_string(security).unwrap();
    let (_, tables) = security.split_once("\n## Dependencies\n").unwrap();
    let (library, tables) = tables.split_once("Behind features").unwrap();
    let (features, tables) = tables.split_once("The command").unwrap();
    let (command, tests) = tables.split_once("The tests alone").unwrap();

    let always = declared("deputize", |own| own["kind"].is_null() && own["optional"] == false);
    let optional = declared("deputize", |own| own["optional"] == true);
    let own = &always | &optional;
    let runs = |package| declared(package, |own| own["kind"].is_null());
    let cli = &(&runs("deputize-cli") | &runs("deputize-pages")) - &own;
    let packages = [
        "deputize",
        "deputize-audit",
        "deputize-cli",
        "deputize-compile-fail",
        "deputize-hsm",
        "deputize-instructions",
        "deputize-notes",
        "deputize-pages",
        "deputize-tlog",
    ];
    let dev = packages.iter().flat_map(|package| declared(package, |own| own["kind"] == "dev"));
    let known = &own | &cli;
    assert_eq!(named(library), always);
    assert_eq!(named(features), optional);
    assert_eq!(named(command), cli);
    assert_eq!(named(tests), &dev.collect() - &known);
}

/// A service that shows no pages is not to be built with them.
#[test]
fn pages_are_a_dependency_of_the_command_and_the_doors_alone() {
    let uses = |own: &Value, name: &str| {
        let mut dependencies = own["dependencies"].as_array().unwrap().iter();
        dependencies.any(|own| own["name"] == name && own["kind"].is_null())
    };
    let users = |name: &str| -> Vec<String> {
        let packages = metadata()["packages"].as_array().unwrap().clone();
        let users = packages.iter().filter(|own| uses(own, name));
        users.map(|own| own["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(users("maud"), ["deputize-pages"]);
    assert_eq!(users("deputize-pages"), ["deputize-cli"]);
}

/// The crates in the first column of a table, without the features in parentheses.
fn named(tables: &str) -> BTreeSet<String> {
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split(['|', '(']).next().unwrap());
    let names = cells.flat_map(|cell| cell.split(','));
    names.map(|name| name.trim().trim_matches('`').to_owned()).collect()
}

/// The dependencies of a package that match `is_meant`, without our own packages.
fn declared(package: &str, is_meant: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let metadata = metadata();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|own| own["name"] == package).unwrap();
    let meant = package["dependencies"].as_array().unwrap().iter().filter(|own| is_meant(own));
    let names = meant.map(|own| own["name"].as_str().unwrap().to_owned());
    names.filter(|name| !name.starts_with("deputize")).collect()
}

/// The packages of the workspace, and what they declare.
fn metadata() -> Value {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    serde_json::from_slice(&metadata.stdout).unwrap()
}
