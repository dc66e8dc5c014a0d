//! A permit is for the request that was decided about.

fn swap(permit: &mut deputize::Permit, other: deputize::Request) {
    permit.request = other;
}

fn main() {}
