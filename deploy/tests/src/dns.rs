//! A name server that knows one answer: every name is 127.0.0.1.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A running name server; it ends with its value.
#[derive(Debug)]
pub struct Dns {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Dns {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let (address, stop) = (socket.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut buffer = [0; 512];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((length, asker)) = socket.recv_from(&mut buffer) {
                    let _ = socket.send_to(&answer(&buffer[..length]), asker);
                }
            }
        });
        Self { address, stop }
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn answer(question: &[u8]) -> Vec<u8> {
    // The same id and question, the bits of an answer, one record, no other sections.
    let mut answer = [&question[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &question[12..]].concat();
    // The name as a pointer to the question, type A, class IN, one second to live, four bytes.
    answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    answer
}
