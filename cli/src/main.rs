//! The command `deputize`.

fn main() {}
