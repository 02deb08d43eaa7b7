//! A step belongs to the request's trace also where no span of ours is active.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use self::support::harness;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn the_requests_traceparent_is_the_trace_of_its_steps() {
    let harness = harness();
    let parent = format!("00-{TRACE}-{SPAN}-01");
    for step in ["/landing", "/provision", "/claim", "/paid"] {
        let (_, events) = harness.send(&harness.layer(), step, &[("traceparent", &parent)], "").await;
        events[0].assert_attribute("trace.id", TRACE).assert_attribute("span.id", SPAN);
        let (_, events) = harness.send(&harness.layer(), step, &[("traceparent", "00-x")], "").await;
        events[0].assert_absent("trace.id").assert_absent("span.id");
    }
}
