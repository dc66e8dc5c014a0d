//! The report as a Mermaid flowchart, which GitHub and many editors draw.

use std::fmt::{self, Display, Formatter, Write};

use crate::limits::MAX_SHOWN_DIAGRAM;
use crate::report::account::Report;
use crate::report::graph::{Detail, Graph, Look};

/// Levels of detail, for ever longer chains. The last one fits any chain.
const DETAILS: [Detail; 4] = [
    Detail::FULL,
    Detail { lines: 4, width: 48 },
    Detail { lines: 1, width: 32 },
    Detail { lines: 0, width: 16 },
];

/// The width at which Mermaid breaks lines, in pixels. The lines of a box are already short.
const WRAPPING_WIDTH: usize = 720;

impl Report {
    /// Returns the chain and the verdict as a Mermaid flowchart, with long text truncated.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::new();
        for detail in DETAILS {
            text = Mermaid(Graph::of(self, detail)).to_string();
            if text.len() <= MAX_SHOWN_DIAGRAM {
                break;
            }
        }
        text
    }
}

struct Mermaid(Graph);

impl Display for Mermaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "---\nconfig:\n  flowchart:\n    wrappingWidth: {WRAPPING_WIDTH}\n---")?;
        writeln!(f, "flowchart TD")?;
        for (index, node) in self.0.nodes.iter().enumerate() {
            write!(f, "  n{index}[\"")?;
            for (nth, line) in node.lines.iter().enumerate() {
                let start = if nth == 0 { "" } else { "<br/>" };
                write!(f, "{start}{}", Entities(line))?;
            }
            writeln!(f, "\"]")?;
        }
        for (from, (to, node)) in self.0.nodes.iter().enumerate().skip(1).enumerate() {
            let label = Entities(node.edge.as_deref().unwrap_or_default()).to_string();
            writeln!(f, "  n{from} -->|\"{label}\"| n{to}")?;
            if node.look == Look::Refused {
                writeln!(f, "  linkStyle {from} stroke:#cf222e")?;
            }
        }
        writeln!(f, "  classDef default fill:#f6f8fa,stroke:#57606a,color:#1f2328")?;
        writeln!(f, "  classDef allowed fill:#dafbe1,stroke:#1a7f37,color:#1f2328")?;
        writeln!(
            f,
            "  classDef refused fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-width:3px"
        )?;
        writeln!(f, "  classDef unverified stroke-dasharray:6 4")?;
        for (index, node) in self.0.nodes.iter().enumerate() {
            match node.look {
                Look::Allowed => writeln!(f, "  class n{index} allowed")?,
                Look::Refused => writeln!(f, "  class n{index} refused")?,
                Look::Plain | Look::Undecided => {}
            }
            if node.is_unverified {
                writeln!(f, "  class n{index} unverified")?;
            }
        }
        Ok(())
    }
}

/// Text with all but the plainest characters as numeric entities, so that nothing ends the label or
/// begins HTML, a directive or a link.
struct Entities<'a>(&'a str);

/// Pairs of characters that Mermaid interprets after it has decoded entities: line breaks, icons
/// (`fa:fa-car`), formulas (`$$x$$`), and its own placeholders for entities.
const INTERPRETED_PAIRS: [(char, char); 6] =
    [('\\', 'n'), ('\\', 'N'), (':', 'f'), ('$', '$'), ('ﬂ', '°'), ('¶', 'ß')];

/// An invisible character that keeps its neighbours on one line. Escaped text has none.
const WORD_JOINER: char = '\u{2060}';

impl Display for Entities<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut before = ' ';
        self.0.chars().try_for_each(|c| {
            if INTERPRETED_PAIRS.contains(&(before, c)) {
                write!(f, "#{};", u32::from(WORD_JOINER))?;
            }
            before = c;
            if c.is_ascii_alphanumeric() || c == ' ' {
                f.write_char(c)
            } else {
                write!(f, "#{};", u32::from(c))
            }
        })
    }
}
