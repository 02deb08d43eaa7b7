#![deny(unused_must_use)]

fn main() {
    instant_funnel::Funnel::from_env().guard();
}
