//! One funnel is installed in the place of another: nobody waits for the old one's delivery. A process of its own,
//! since what is installed is the process's.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use instant_funnel::{Backend, Funnel, Landing, Record, Sink, Verdict};

/// For a wait that ends at once unless something is broken.
const LONG: Duration = Duration::from_secs(60);

/// Stays inside `accept` until it is let go, and says on which thread it was dropped.
struct Held {
    inside: Sender<()>,
    go: Mutex<Receiver<()>>,
    dropped: Sender<ThreadId>,
}

impl Sink for Held {
    fn accept(&self, _: &Record<'_>) -> Verdict {
        self.inside.send(()).unwrap();
        let _ = self.go.lock().unwrap().recv_timeout(LONG);
        Verdict::Delivered
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.dropped.send(std::thread::current().id());
    }
}

#[test]
fn the_old_funnel_is_let_go_on_no_threads_that_records_or_installs() {
    let me = std::thread::current().id();
    for through_a_clone in [false, true] {
        let (inside, is_inside) = channel();
        let (let_go, go) = channel();
        let (dropped, dropped_on) = channel();
        let sink = Held { inside, go: Mutex::new(go), dropped };
        let old = Funnel::builder().backend(Backend::Custom(Arc::new(sink))).build().unwrap();
        old.install();
        let recording = std::thread::spawn(move || {
            if through_a_clone {
                instant_funnel::global().record(Landing::new());
            } else {
                instant_funnel::record(Landing::new());
            }
            std::thread::current().id()
        });
        is_inside.recv_timeout(LONG).unwrap();
        // The recording thread holds the last handle from here on.
        let (new, recorder) = Funnel::recording();
        new.install();
        drop(old);
        assert!(dropped_on.try_recv().is_err(), "it is still in use");
        let_go.send(()).unwrap();
        let recorder_thread = recording.join().unwrap();
        let thread = dropped_on.recv_timeout(LONG).unwrap();
        assert!(thread != recorder_thread && thread != me, "a request or the installer did the waiting");
        instant_funnel::record(Landing::new());
        assert_eq!(recorder.take().len(), 1);
    }
    // Nobody uses the one before: its end is not the installer's work either.
    let (dropped, dropped_on) = channel();
    let sink = Held { inside: channel().0, go: Mutex::new(channel().1), dropped };
    Funnel::builder().backend(Backend::Custom(Arc::new(sink))).build().unwrap().install();
    Funnel::noop().install();
    assert_ne!(dropped_on.recv_timeout(LONG).unwrap(), me);
    // Installing it again is not a farewell.
    let (funnel, recorder) = Funnel::recording();
    funnel.install();
    funnel.install();
    instant_funnel::record(Landing::new());
    assert_eq!(recorder.take().len(), 1);
}
