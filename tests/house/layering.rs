//! A module imports only modules that are declared above it, in `lib.rs` and inside every folder.
//!
//! Two rules, for the library and for the command. Between the modules that one file declares, an
//! import goes up the list. Between a folder's `mod.rs` and the files in it, imports may go either
//! way, but nowhere in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{ItemMod, ItemUse, Macro, UseTree, Visibility};

/// The files of a crate by their module paths; `lib.rs` has the empty path.
struct House(BTreeMap<Vec<String>, File>);

#[derive(Default)]
struct File {
    /// The modules that it declares, in order.
    declares: Vec<String>,
    /// The names that it passes on, with the paths from which it has them.
    passes_on: BTreeMap<String, Vec<String>>,
    /// The paths that its code names, absolute.
    names: Vec<Vec<String>>,
}

impl House {
    fn read(source: &Path) -> Self {
        let mut house = Self(BTreeMap::new());
        house.add(source, &[], "lib.rs");
        house
    }

    /// Reads a module and everything that it declares.
    fn add(&mut self, folder: &Path, own: &[String], file: &str) {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).expect(&path.display().to_string());
        let file = File::read(&text, own);
        for name in &file.declares {
            let inner = [own, std::slice::from_ref(name)].concat();
            let below = folder.join(name);
            if below.is_dir() {
                self.add(&below, &inner, "mod.rs");
            } else {
                self.add(folder, &inner, &format!("{name}.rs"));
            }
        }
        self.0.insert(own.to_vec(), file);
    }

    /// The file in which the thing behind a path is defined, as far as files tell.
    fn home(&self, path: &[String]) -> Vec<String> {
        let depth = (0..=path.len()).rev().find(|depth| self.0.contains_key(&path[..*depth]));
        let (module, rest) = path.split_at(depth.unwrap());
        let passed_on = rest.first().and_then(|name| self.0[module].passes_on.get(name));
        match passed_on {
            Some(from) if from[..] != *path => self.home(from),
            _ => module.to_vec(),
        }
    }

    /// Every file with the files that it imports from.
    fn imports(&self) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
        let of = |own: &Vec<String>, file: &File| {
            let homes = file.names.iter().map(|path| self.home(path));
            homes.filter(|home| home != own).collect::<BTreeSet<_>>()
        };
        self.0.iter().map(|(own, file)| (own.clone(), of(own, file))).collect()
    }

    /// Imports that go down the list of the file that declares both.
    fn downward(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (own, used) in self.imports() {
            for used in used {
                let shared = own.iter().zip(&used).take_while(|(a, b)| a == b).count();
                let (Some(from), Some(to)) = (own.get(shared), used.get(shared)) else { continue };
                let list = &self.0[&own[..shared]].declares;
                let place = |name: &String| list.iter().position(|other| other == name);
                if place(to) > place(from) {
                    wrong.push(format!("{} imports {}", own.join("::"), used.join("::")));
                }
            }
        }
        wrong
    }

    /// A circle of files, each of which imports the next.
    fn circle(&self) -> Option<Vec<String>> {
        let mut imports = self.imports();
        // What imports nothing that is left cannot be part of a circle.
        loop {
            let before = imports.len();
            let left: BTreeSet<_> = imports.keys().cloned().collect();
            imports.retain(|_, used| used.iter().any(|used| left.contains(used)));
            if imports.len() == before {
                break;
            }
        }
        let name = |path: &Vec<String>| format!("{}.rs", path.join("/"));
        let mut at = imports.keys().next()?.clone();
        let mut way = Vec::new();
        while !way.contains(&name(&at)) {
            way.push(name(&at));
            at = imports[&at].iter().find(|used| imports.contains_key(*used)).unwrap().clone();
        }
        // The way into the circle is not part of it.
        let start = way.iter().position(|step| *step == name(&at)).unwrap();
        Some(way.split_off(start))
    }
}

impl File {
    fn read(text: &str, own: &[String]) -> Self {
        let mut reader = Reader { own: own.to_vec(), file: Self::default() };
        reader.visit_file(&syn::parse_file(text).unwrap());
        reader.file
    }
}

/// Walks through the code of one file.
struct Reader {
    own: Vec<String>,
    file: File,
}

impl<'a> Visit<'a> for Reader {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if item.content.is_none() {
            self.file.declares.push(item.ident.to_string());
        } else if item.ident != "tests" {
            // An inline module: its `super` is this file.
            self.own.push(item.ident.to_string());
            syn::visit::visit_item_mod(self, item);
            self.own.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        for (name, path) in leaves(&item.tree, &[]) {
            let Some(path) = self.absolute(&path) else { continue };
            if matches!(item.vis, Visibility::Inherited) {
                self.file.names.push(path);
            } else {
                self.file.passes_on.insert(name, path);
            }
        }
    }

    /// Who may see something is not an import.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let words: Vec<_> = path.segments.iter().map(|word| word.ident.to_string()).collect();
        if words.len() > 1 {
            self.file.names.extend(self.absolute(&words));
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        let code = call.tokens.to_string().replace(" :: ", "::");
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        for word in words.filter(|word| word.starts_with("crate::")) {
            let words: Vec<_> = word.split("::").map(str::to_owned).collect();
            self.file.names.extend(self.absolute(&words));
        }
        syn::visit::visit_macro(self, call);
    }
}

impl Reader {
    /// The path from the root of the crate; none for another crate's.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.own.clone(),
            first if self.file.declares.iter().any(|name| name == first) => self.own.clone(),
            _ => return None,
        };
        for word in path {
            match word.as_str() {
                "crate" | "self" => {}
                "super" => drop(base.pop()),
                _ => base.push(word.clone()),
            }
        }
        Some(base)
    }
}

/// Every name that a `use` brings, with its path: `a::{b, c::D as E}` brings `b` and `E`.
fn leaves(tree: &UseTree, before: &[String]) -> Vec<(String, Vec<String>)> {
    let path = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
    match tree {
        UseTree::Path(step) => leaves(&step.tree, &path(&step.ident)),
        UseTree::Name(last) => vec![(last.ident.to_string(), path(&last.ident))],
        UseTree::Rename(last) => vec![(last.rename.to_string(), path(&last.ident))],
        UseTree::Glob(_) => vec![("*".to_owned(), before.to_vec())],
        UseTree::Group(group) => group.items.iter().flat_map(|item| leaves(item, before)).collect(),
    }
}

fn house(source: &str) -> House {
    House::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(source))
}

#[test]
fn no_module_imports_one_that_is_declared_below_it() {
    for source in ["src", "crates/cli/src"] {
        let wrong = house(source).downward();
        assert!(wrong.is_empty(), "{source}: {wrong:#?}");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for source in ["src", "crates/cli/src"] {
        assert_eq!(house(source).circle(), None, "{source}");
    }
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let text = "mod b;\npub(crate) mod c;\npub use b::{B, inner::C};\nuse super::x::{Y, z::Z};\n\
                use std::fmt;\n/// [`D`](crate::D)\nfn f() { crate::d_e::f() } // crate::no\n\
                mod tests { use crate::no; }\n";
    let file = File::read(text, &["a".to_owned()]);
    assert_eq!(file.declares, ["b", "c"]);
    assert_eq!(file.passes_on["C"], ["a", "b", "inner", "C"]);
    let names: Vec<_> = file.names.iter().map(|path| path.join("::")).collect();
    assert_eq!(names, ["x::Y", "x::z::Z", "d_e::f"]);
}

#[test]
fn a_circle_inside_a_folder_is_found() {
    let file = |text: &str, own: &[&str]| {
        let own: Vec<_> = own.iter().map(|name| (*name).to_owned()).collect();
        (own.clone(), File::read(text, &own))
    };
    let files = [
        file("mod a;", &[]),
        file("mod b;\nmod c;\npub use c::C;", &["a"]),
        file("use crate::a::C;", &["a", "b"]),
        file("use super::b::B;", &["a", "c"]),
    ];
    let house = House(BTreeMap::from(files));
    assert_eq!(house.downward(), ["a::b imports a::c"]);
    assert_eq!(house.circle().unwrap(), ["a/b.rs", "a/c.rs"]);
}
