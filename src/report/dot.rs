//! The report as a graph in DOT, for Graphviz.

use std::fmt::{self, Display, Formatter, Write};

use crate::report::account::Report;
use crate::report::graph::{Detail, Graph, Look, Node};

impl Report {
    /// Returns the chain and the verdict as a graph in DOT, with long text truncated.
    pub fn to_dot(&self) -> String {
        Dot(Graph::of(self, Detail::FULL)).to_string()
    }
}

struct Dot(Graph);

impl Display for Dot {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let font = "fontname=\"Helvetica,Arial,sans-serif\", fontsize=11";
        writeln!(f, "digraph deputize {{")?;
        writeln!(f, "  graph [rankdir=TB, bgcolor=\"#ffffff\", charset=\"UTF-8\"]")?;
        writeln!(f, "  node [shape=box, margin=\"0.2,0.1\", {font}]")?;
        writeln!(f, "  edge [color=\"#57606a\", {font}]")?;
        for (index, node) in self.0.nodes.iter().enumerate() {
            write!(f, "  n{index} [{}, label=\"", style(node))?;
            node.lines.iter().try_for_each(|line| write!(f, "{}\\l", Label(line)))?;
            writeln!(f, "\"]")?;
        }
        for (from, (to, node)) in self.0.nodes.iter().enumerate().skip(1).enumerate() {
            let label = node.edge.as_deref().unwrap_or_default();
            let color = if node.look == Look::Refused { ", color=\"#cf222e\"" } else { "" };
            writeln!(f, "  n{from} -> n{to} [label=\" {}\"{color}]", Label(label))?;
        }
        writeln!(f, "}}")
    }
}

fn style(node: &Node) -> String {
    let (fill, line, width) = match node.look {
        Look::Plain | Look::Undecided => ("#f6f8fa", "#57606a", 1),
        Look::Allowed => ("#dafbe1", "#1a7f37", 1),
        Look::Refused => ("#ffebe9", "#cf222e", 3),
    };
    let dashes = if node.is_unverified { "filled,dashed" } else { "filled" };
    format!("style=\"{dashes}\", fillcolor=\"{fill}\", color=\"{line}\", penwidth={width}")
}

/// Text in a quoted label. A quote would end it, a backslash would begin an escape (`\N` is the
/// name of the node), and Graphviz decodes HTML entities in it.
struct Label<'a>(&'a str);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' | '\\' => write!(f, "\\{c}"),
            '&' => f.write_str("&amp;"),
            c => f.write_char(c),
        })
    }
}
