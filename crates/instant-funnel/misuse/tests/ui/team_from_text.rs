use instant_funnel::Claim;

fn main() {
    let _ = Claim::new("5f8d0e1a-3b7c-4d2e-9f10-1a2b3c4d5e6f");
}
