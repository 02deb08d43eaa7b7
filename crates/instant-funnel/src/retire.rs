//! A thread that drops the previously installed funnel.
//!
//! The last handle of a funnel ends its delivery, which waits for the endpoint. Whoever is recording while another
//! funnel is installed may hold that handle, and must not do the waiting.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use crate::net::caught;

type Leaving = Box<dyn Any + Send>;

static THREAD: OnceLock<Option<Sender<Leaving>>> = OnceLock::new();

/// Starts the thread unless it runs, so that [`let_go`] costs its caller no start.
pub(crate) fn prepare() {
    let _ = thread();
}

fn thread() -> Option<&'static Sender<Leaving>> {
    let start = || {
        let (sender, leaving) = channel::<Leaving>();
        let run = move || {
            for one in leaving {
                let _ = caught(|| drop(one));
            }
        };
        let thread = std::thread::Builder::new().name("instant-funnel-retire".to_owned());
        thread.spawn(run).is_ok().then_some(sender)
    };
    THREAD.get_or_init(start).as_ref()
}

/// Drops `leaving` on the thread. Without one it stays: what it delivers is delivered, and nobody waits.
pub(crate) fn let_go(leaving: Leaving) {
    let refused = match thread() {
        Some(thread) => thread.send(leaving).err().map(|error| error.0),
        None => Some(leaving),
    };
    if let Some(kept) = refused {
        let _ = Box::leak(kept);
    }
}
