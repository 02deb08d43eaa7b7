#![deny(unused_must_use)]

fn main() {
    instant_funnel::Landing::new();
}
