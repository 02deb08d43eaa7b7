use std::time::Duration;

use otlp_journal::{Delivery, Priority};

let resource: Vec<u8> = Vec::new();
let (now, len) = (0, 0);
fn encode(buf: &mut [u8]) {}
