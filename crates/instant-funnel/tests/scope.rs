//! Tests of a library that records through the process-wide funnel run in parallel, each with a funnel of its own.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;

use instant_funnel::{Funnel, Provision, global};

const THREADS: usize = 16;
const RUNS: usize = 40;

/// What a library does.
fn create(service: &str) {
    instant_funnel::record(Provision::new(service));
    global().record(Provision::new(service));
}

fn names() -> Vec<String> {
    (0..THREADS).map(|number| format!("s{}", char::from(b'a' + number as u8))).collect()
}

#[test]
fn threads_do_not_hear_one_another() {
    for _ in 0..RUNS {
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for name in names() {
                let start = &start;
                scope.spawn(move || {
                    let (funnel, recorder) = Funnel::recording();
                    start.wait();
                    funnel.scope(|| create(&name));
                    let events = recorder.take();
                    assert_eq!(events.len(), 2);
                    for event in events {
                        event.assert_attribute("service", &*name);
                    }
                });
            }
        });
    }
}

#[tokio::test]
async fn tasks_that_take_turns_do_not_hear_one_another() {
    let tasks = names().into_iter().map(|name| async move {
        let (funnel, recorder) = Funnel::recording();
        let steps = async {
            for _ in 0..RUNS {
                create(&name);
                tokio::task::yield_now().await;
            }
        };
        funnel.scope_task(steps).await;
        let events = recorder.take();
        assert_eq!(events.len(), 2 * RUNS);
        for event in events {
            event.assert_attribute("service", &*name);
        }
    });
    let tasks: Vec<_> = tasks.map(tokio::spawn).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[test]
fn a_scope_ends_with_its_work_also_when_that_panics_and_the_inner_one_counts() {
    let (outer, heard_outside) = Funnel::recording();
    let (inner, heard_inside) = Funnel::recording();
    outer.scope(|| {
        create("a");
        inner.scope(|| create("b"));
        let died = catch_unwind(AssertUnwindSafe(|| inner.scope(|| std::panic::resume_unwind(Box::new(())))));
        assert!(died.is_err());
        create("c");
        Funnel::noop().scope(|| create("d"));
    });
    create("e");
    let services = |recorder: &instant_funnel::testing::Recorder| {
        let events = recorder.take();
        events.iter().map(|event| event.text("service").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(services(&heard_outside), ["a", "a", "c", "c"]);
    assert_eq!(services(&heard_inside), ["b", "b"]);
}
