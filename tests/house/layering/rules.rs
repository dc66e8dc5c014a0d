//! The rules for imports, and where a crate breaks them.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{Module, ModulePath};
use super::tree::Crate;

impl Crate {
    /// Imports that go down the list of the file that declares both modules.
    pub(super) fn downward(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (own, used) in self.imports() {
            for used in used {
                let shared = own.iter().zip(&used).take_while(|(a, b)| a == b).count();
                let (Some(from), Some(to)) = (own.get(shared), used.get(shared)) else { continue };
                let list = &self.module(&own[..shared]).declares;
                let place = |name: &String| list.iter().position(|other| other == name);
                if place(to) > place(from) {
                    wrong.push(format!("{} imports {}", own.join("::"), used.join("::")));
                }
            }
        }
        wrong
    }

    /// A cycle of files, each of which imports the next.
    pub(super) fn cycle(&self) -> Option<Vec<String>> {
        let mut imports = self.imports();
        // A file that imports none of the remaining ones is not part of a cycle.
        loop {
            let before = imports.len();
            let left: BTreeSet<_> = imports.keys().cloned().collect();
            imports.retain(|_, used| used.iter().any(|used| left.contains(used)));
            if imports.len() == before {
                break;
            }
        }
        let name = |path: &ModulePath| format!("{}.rs", path.join("/"));
        let mut at = imports.keys().next()?.clone();
        let mut steps = Vec::new();
        while !steps.contains(&name(&at)) {
            steps.push(name(&at));
            at = imports[&at].iter().find(|used| imports.contains_key(*used)).unwrap().clone();
        }
        // The path into the cycle is not part of it.
        let start = steps.iter().position(|step| *step == name(&at)).unwrap();
        Some(steps.split_off(start))
    }

    /// Forms that the other two rules cannot look behind, so that no file may have them.
    pub(super) fn hidden(&self) -> Vec<String> {
        let of = |(own, module): (&ModulePath, &Module)| {
            let own = [&["crate".to_owned()], &own[..]].concat().join("::");
            module.hidden.iter().map(|form| format!("{own} has {form}")).collect::<Vec<_>>()
        };
        self.modules().flat_map(of).collect()
    }

    /// Every file with the files that it imports from.
    fn imports(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut imports = BTreeMap::<_, BTreeSet<_>>::new();
        for (own, module) in self.modules() {
            let named = self.named_in(own, module);
            let files = named.iter().map(|path| &self.module(path).file);
            let others = files.filter(|file| **file != module.file).cloned();
            imports.entry(module.file.clone()).or_default().extend(others);
        }
        imports
    }

    /// The modules whose items a module names.
    fn named_in(&self, own: &[String], module: &Module) -> BTreeSet<ModulePath> {
        let mut named = BTreeSet::new();
        for import in &module.uses {
            let defining = self.defining(own, &import.path);
            // A folder presents the items of its files without a need for them.
            let is_presented =
                |path: &ModulePath| import.is_reexport && path.starts_with(&module.file);
            named.extend(defining.into_iter().filter(|path| !is_presented(path)));
        }
        for path in &module.paths {
            // A single word may be an imported name, but not a module: it may as well be a variable.
            if path.len() > 1 || module.uses.iter().any(|import| import.name == path[0]) {
                named.extend(self.defining(own, path));
            }
        }
        named
    }
}
