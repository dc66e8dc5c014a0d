//! `--allow`: errors.

use crate::shell::{MINT, Outcome, Shell};

#[test]
fn an_error_names_the_option_and_points_at_the_character() {
    let shell = Shell::new();
    let line = MINT.replace(" > planner.token", "").replace("limit<=100", "limit<100");
    let Outcome { code, out, err } = shell.run(&line);
    assert_eq!((code, out.as_str()), (2, ""));
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(
        lines,
        [
            "error: --allow: `<` is not an operator; write `<=`, at character 27",
            "  crm.read accounts/** limit<100",
            "                            ^",
        ]
    );
}
