//! The declarations, imports and names of one file.

use std::collections::{BTreeMap, BTreeSet};

use syn::buffer::TokenBuffer;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, Ident, ItemExternCrate, ItemMacro, ItemMod, ItemUse, Lit, LitStr, Macro, Meta,
    MetaNameValue, Type, UseTree, Visibility, WherePredicate,
};

use super::scan::{Scan, unraw};

/// The names on the way from the root of a crate to a module; `lib.rs` has the empty path.
pub(super) type ModulePath = Vec<String>;

#[derive(Default)]
pub(super) struct Module {
    /// The file that contains it: an inline module has the file of the module around it.
    pub(super) file: ModulePath,
    /// The modules that it declares, in order.
    pub(super) declares: Vec<String>,
    /// The names that it imports, also those inside its functions.
    pub(super) uses: Vec<Use>,
    /// The paths in its code, as they are written.
    pub(super) paths: Vec<Vec<String>>,
    /// The forms in it that hide what it imports.
    pub(super) hidden: Vec<&'static str>,
}

/// One name of a `use` declaration.
pub(super) struct Use {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    pub(super) is_reexport: bool,
}

/// Reads the file of a module: the module, and the inline modules in it.
pub(super) fn read(text: &str, file: &[String]) -> BTreeMap<ModulePath, Module> {
    let mut reader = Reader { file, own: file.to_vec(), ..Reader::default() };
    reader.module();
    reader.visit_file(&syn::parse_file(text).unwrap());
    if reader.defines_macro && !declared_files(&reader.modules).is_empty() {
        // The files below could call it without a path.
        reader.hides("a macro in a file that declares others");
    }
    reader.modules
}

/// The modules that the modules of one file declare in files of their own.
pub(super) fn declared_files(modules: &BTreeMap<ModulePath, Module>) -> BTreeSet<ModulePath> {
    let declared = modules.iter().flat_map(|(own, module)| {
        let names = module.declares.iter();
        names.map(|name| inner(own, name))
    });
    declared.filter(|path| !modules.contains_key(path)).collect()
}

/// The path of a module that the module at `own` declares.
pub(super) fn inner(own: &[String], name: &String) -> ModulePath {
    [own, std::slice::from_ref(name)].concat()
}

#[derive(Default)]
struct Reader<'f> {
    file: &'f [String],
    /// The module that is being read.
    own: ModulePath,
    modules: BTreeMap<ModulePath, Module>,
    defines_macro: bool,
}

impl Reader<'_> {
    fn module(&mut self) -> &mut Module {
        let new = || Module { file: self.file.to_vec(), ..Module::default() };
        self.modules.entry(self.own.clone()).or_insert_with(new)
    }

    fn hides(&mut self, form: &'static str) {
        self.module().hidden.push(form);
    }

    /// Collects the names of a `use` declaration: `a::{b, c::D as E}` imports `b` and `E`.
    fn import(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        let with = |ident: &Ident| [before, &[unraw(ident)]].concat();
        let (path, name) = match tree {
            UseTree::Path(step) => return self.import(&step.tree, &with(&step.ident), is_reexport),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.import(item, before, is_reexport));
            }
            UseTree::Glob(_) => return self.hides("a glob import"),
            // `a::{self}` imports `a`.
            UseTree::Name(last) if last.ident == "self" => (before.to_vec(), before.last()),
            UseTree::Name(last) => (with(&last.ident), None),
            UseTree::Rename(last) => (with(&last.ident), Some(&unraw(&last.rename))),
        };
        let name = name.or(path.last()).unwrap().clone();
        self.module().uses.push(Use { name, path, is_reexport });
    }

    /// Reads a string in an attribute, such as the one in `#[serde(with = "crate::b")]`.
    fn string(&mut self, text: &LitStr) {
        if let Ok(named) = text.parse::<Type>() {
            self.visit_type(&named);
            if let Type::Path(named) = &named {
                // Unlike a single word in code, one in a string may be a module of this file.
                let words = named.path.segments.iter().map(|word| unraw(&word.ident));
                self.module().paths.push(std::iter::once("self".to_owned()).chain(words).collect());
            }
        } else if let Ok(bound) = text.parse::<WherePredicate>() {
            self.visit_where_predicate(&bound);
        }
    }

    fn tokens(&mut self, tokens: Scan) {
        for path in tokens.paths {
            // They would need a scope of their own.
            if path.iter().any(|word| ["use", "mod", "extern"].contains(&word.as_str())) {
                self.hides("`use`, `mod` or `extern` inside a macro");
            }
            self.module().paths.push(path);
        }
        tokens.strings.iter().for_each(|text| self.string(text));
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if item.attrs.iter().any(is_for_tests_or_documentation) {
            return;
        }
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        let name = unraw(&item.ident);
        self.module().declares.push(name.clone());
        if let Some((_, items)) = &item.content {
            self.own.push(name);
            self.module();
            items.iter().for_each(|item| self.visit_item(item));
            self.own.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &[], is_reexport);
    }

    fn visit_item_extern_crate(&mut self, _: &'a ItemExternCrate) {
        self.hides("`extern crate`");
    }

    /// A visibility such as `pub(super)` is not an import.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let words = path.segments.iter().map(|word| unraw(&word.ident)).collect();
        self.module().paths.push(words);
        visit::visit_path(self, path);
    }

    fn visit_item_macro(&mut self, item: &'a ItemMacro) {
        self.defines_macro |= item.ident.is_some();
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        if call.path.is_ident("include") {
            self.hides("`include!`");
        }
        self.tokens(Scan::of_macro(&TokenBuffer::new2(call.tokens.clone())));
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        let path = attribute.path();
        self.visit_path(path);
        if ["path", "macro_use", "macro_export"].iter().any(|name| path.is_ident(name)) {
            self.hides("`path`, `macro_use` or `macro_export`");
        }
        match &attribute.meta {
            Meta::List(list) => {
                let arguments = TokenBuffer::new2(list.tokens.clone());
                self.tokens(Scan::of_attribute(&path.segments[0].ident, &arguments));
            }
            Meta::NameValue(MetaNameValue { value: Expr::Lit(value), .. }) => match &value.lit {
                Lit::Str(text) if !path.is_ident("doc") => self.string(text),
                _ => {}
            },
            Meta::NameValue(pair) => self.visit_expr(&pair.value),
            Meta::Path(_) => {}
        }
    }
}

fn is_for_tests_or_documentation(attribute: &Attribute) -> bool {
    let condition = attribute.path().is_ident("cfg").then(|| attribute.parse_args::<Ident>());
    condition.is_some_and(|name| name.is_ok_and(|name| name == "test" || name == "doc"))
}
