//! All modules of a crate, and the module that a path leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{self, Module, ModulePath, Use, inner};

pub(super) struct Crate(BTreeMap<ModulePath, Module>);

impl Crate {
    /// Reads a crate; `text` returns the text of a module's file.
    pub(super) fn read(text: &dyn Fn(&[String]) -> String) -> Self {
        let mut krate = Self(BTreeMap::new());
        krate.add(text, &[]);
        krate
    }

    /// Reads a file and all files that it declares.
    fn add(&mut self, text: &dyn Fn(&[String]) -> String, file: &[String]) {
        let modules = reader::read(&text(file), file);
        let files = reader::declared_files(&modules);
        self.0.extend(modules);
        for file in files {
            self.add(text, &file);
        }
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = (&ModulePath, &Module)> {
        self.0.iter()
    }

    /// The module at a path that [`defining`](Self::defining) returned, or a part of that path.
    pub(super) fn module(&self, path: &[String]) -> &Module {
        &self.0[path]
    }

    /// The modules that may define the item `path` in the module `own`. Namespaces are not kept
    /// apart, so there may be several; a path into another crate has none.
    pub(super) fn defining(&self, own: &[String], path: &[String]) -> BTreeSet<ModulePath> {
        self.resolve(own, path, &[])
    }

    /// Reads a path from its first word on. The imports in `followed` are being resolved already:
    /// in `use time::time`, the first `time` is not the imported one.
    fn resolve(&self, own: &[String], path: &[String], followed: &[&Use]) -> BTreeSet<ModulePath> {
        let in_scope = match path[0].as_str() {
            "crate" | "self" | "super" => true,
            first => {
                let module = self.module(own);
                module.declares.contains(&path[0])
                    || module.imported(first, followed).next().is_some()
            }
        };
        if in_scope { self.resolve_inside(own, path, followed) } else { BTreeSet::new() }
    }

    /// Reads the rest of a path that has led to the module `at`.
    fn resolve_inside(
        &self,
        at: &[String],
        path: &[String],
        followed: &[&Use],
    ) -> BTreeSet<ModulePath> {
        let Some((first, rest)) = path.split_first() else { return BTreeSet::from([at.to_vec()]) };
        let keyword = match first.as_str() {
            "crate" => Some(&at[..0]),
            "self" => Some(at),
            "super" => Some(&at[..at.len().saturating_sub(1)]),
            _ => None,
        };
        if let Some(module) = keyword {
            return self.resolve_inside(module, rest, followed);
        }
        let module = self.module(at);
        let imported = module.imported(first, followed).map(|import| {
            let path = [&import.path, rest].concat();
            self.resolve(at, &path, &[followed, &[import]].concat())
        });
        let mut ways: Vec<_> = imported.collect();
        if module.declares.contains(first) {
            ways.push(self.resolve_inside(&inner(at, first), rest, followed));
        }
        if ways.is_empty() {
            // An item of this module, or one that a macro makes in it.
            return BTreeSet::from([at.to_vec()]);
        }
        ways.into_iter().flatten().collect()
    }
}

impl Module {
    /// The imports of a name, also the private ones: the files below a module see them.
    fn imported<'a>(&'a self, name: &str, followed: &[&Use]) -> impl Iterator<Item = &'a Use> {
        let is_new = |import: &Use| !followed.iter().any(|other| std::ptr::eq(*other, import));
        self.uses.iter().filter(move |import| import.name == name && is_new(import))
    }
}
