//! How many tools of the published servers can be called and limited. The page has the table:
//! `UPDATE_FIGURES=1 cargo test -p deputize-mcp --test words figures` writes it.

use std::fmt::Write as _;
use std::fs;

use crate::judged::{By, calls_without_limits, judge, that_matter};
use crate::servers::{ALL, folder};

/// The tools of a server, counted.
#[derive(Default)]
struct Count {
    tools: usize,
    calls: usize,
    without_arguments: usize,
    only_data: usize,
    by_word: usize,
    by_capability: usize,
    not_limited: usize,
}

impl Count {
    fn row(&self, name: &str) -> String {
        let Self {
            tools,
            calls,
            without_arguments,
            only_data,
            by_word,
            by_capability,
            not_limited,
        } = self;
        format!(
            "| {name} | {tools} | {calls} of {} | {without_arguments} | {only_data} | {by_word} | {by_capability} | {not_limited} |\n",
            tools * 2
        )
    }

    fn add(&mut self, other: &Self) {
        self.tools += other.tools;
        self.calls += other.calls;
        self.without_arguments += other.without_arguments;
        self.only_data += other.only_data;
        self.by_word += other.by_word;
        self.by_capability += other.by_capability;
        self.not_limited += other.not_limited;
    }
}

#[test]
fn the_figures_of_the_page_are_true() {
    let mut table = concat!(
        "| server | tools | calls permitted | without arguments | only data | limited by a word | by a capability | not limited |\n",
        "|---|---|---|---|---|---|---|---|\n",
    )
    .to_owned();
    let (mut all, mut data, mut not_limited) = (Count::default(), Vec::new(), Vec::new());
    for server in ALL.iter() {
        let mut count = Count { tools: server.tools.len(), ..Count::default() };
        for (tool, schema) in &server.tools {
            count.calls += calls_without_limits(tool, schema);
            let (_, arguments) = server.words.tools().find(|(name, _)| name == tool).unwrap();
            if arguments.is_empty() {
                count.without_arguments += 1;
            } else if that_matter(arguments).is_empty() {
                count.only_data += 1;
                let names: Vec<_> = arguments.keys().map(|name| format!("`{name}`")).collect();
                data.push(format!("`{tool}` ({})", names.join(", ")));
            } else {
                match judge(&server.words, tool, schema) {
                    Ok(By::Word) => count.by_word += 1,
                    Ok(By::Capability) => count.by_capability += 1,
                    Err(why) => {
                        count.not_limited += 1;
                        not_limited.push(format!("`{tool}`: {why}"));
                    }
                }
            }
        }
        table.push_str(&count.row(server.name));
        all.add(&count);
    }
    table.push_str(&all.row("**all**"));
    let limited = all.by_word + all.by_capability;
    let could_be = limited + all.not_limited;
    let per_cent = 100.0 * f64::from(u32::try_from(limited).unwrap())
        / f64::from(u32::try_from(could_be).unwrap());
    let none = if not_limited.is_empty() { "none".to_owned() } else { not_limited.join("; ") };
    write!(
        table,
        "\nOf {could_be} tools with an argument that matters, {limited} are limited in each of them: {per_cent:.0} %. \
         Not limited: {none}. Only data: {}.\n",
        data.join(", ")
    )
    .unwrap();

    assert_eq!(all.calls, 2 * all.tools, "each call is a request, and permitted");
    assert!(per_cent >= 95.0, "{not_limited:#?}");

    let path = folder().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- figures -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of figures -->\n").unwrap();
    let written = format!("{before}<!-- figures -->\n{table}<!-- end of figures -->\n{after}");
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        fs::write(&path, &written).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), written, "UPDATE_FIGURES=1 writes the table");
}
