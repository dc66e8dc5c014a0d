//! The table of `README.md` has the numbers of the programs.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

use std::fs;
use std::path::Path;

/// Lines of code, of glue, and of glue that security depends on.
fn counted(program: &str) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut mark = None;
    for line in program.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line {
            "// GLUE {" | "// GLUE! {" => {
                assert_eq!(mark, None, "marks are not nested");
                mark = Some(line);
            }
            "// GLUE }" | "// GLUE! }" => {
                let begun = mark.take().unwrap();
                assert_eq!(begun.replace('{', "}"), line);
            }
            comment if comment.starts_with("//") => {}
            _ => {
                counts[0] += 1;
                counts[1] += usize::from(mark.is_some());
                counts[2] += usize::from(mark == Some("// GLUE! {"));
            }
        }
    }
    assert_eq!(mark, None);
    counts
}

#[test]
fn the_table_is_right_and_the_glue_is_a_third_of_what_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for program in ["service.rs", "agent_tree.rs", "mcp_server.rs"] {
        let text = fs::read_to_string(folder.join(program)).unwrap();
        let [lines, glue, critical] = counted(&text);
        let row = readme.lines().find(|row| {
            row.starts_with(&format!("| `{program}` |")) && row.matches('|').count() == 8
        });
        let cells: Vec<&str> = row.unwrap().split('|').map(str::trim).collect();
        let before: usize = cells[3].parse().unwrap();
        let percent = format!("{} %", (glue * 100 + before / 2) / before);
        assert_eq!(
            cells[4..8],
            [&*lines.to_string(), &*glue.to_string(), &*critical.to_string(), &*percent],
            "{program}"
        );
        assert!(glue * 3 <= before, "{program}: {glue} of {before}");
    }
}
