//! What was decided about is what can be carried out.

fn swap(permit: &mut deputize::Permit, other: deputize::Request) {
    permit.request = other;
}

fn main() {}
