//! Keeps what per-layer filters have decided about an event while foreign code runs in the middle of its dispatch.
//!
//! `tracing-subscriber` notes in one bit map per thread which filters have refused the event that is being dispatched,
//! and each filtered layer reads its bit when its turn comes. Whatever is emitted in between overwrites the map: a
//! layer that had refused the event is then given it, raw fields and all. A sink that logs and a `Debug` that opens a
//! span do that.
//!
//! Taking the dispatcher away while they run does not help. `with_default` panics where a scoped dispatcher is in use
//! on this thread, and while any thread is inside it, `Span::current()` is empty in every other thread's layers.
//!
//! No function saves the map, but the map is shared by all registries and each of them numbers its filters from 0. So
//! the filters of a registry of our own, which never sees an event, can read and write every bit of it.

use std::cell::Cell;
use std::sync::LazyLock;

use tracing_core::callsite::Identifier;
use tracing_core::field::{Field, FieldSet, Value};
use tracing_core::{Callsite, Event, Interest, Kind, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter, Layered, SubscriberExt};

/// As many filters as a registry can have.
const FILTERS: u32 = 64;

thread_local! {
    // Without destructors, so that they can be read in the destructors of other thread-locals.
    /// The filters that have not refused, as far as they have been asked.
    static PASSING: Cell<u64> = const { Cell::new(0) };
    /// What to write: the filters that refuse, or nothing to clear the map.
    static REFUSING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Runs `foreign`, and puts back what the filters had decided, whatever it emitted and however it ends.
pub(super) fn kept<T>(foreign: impl FnOnce() -> T) -> T {
    struct Restore(u64);

    impl Drop for Restore {
        fn drop(&mut self) {
            write(None);
            if self.0 != 0 {
                write(Some(self.0));
            }
        }
    }

    let restore = Restore(read());
    // What it emits starts as any event does.
    write(None);
    let result = foreign();
    drop(restore);
    result
}

/// The filters that have refused.
fn read() -> u64 {
    PASSING.set(0);
    let values: [(&Field, Option<&dyn Value>); 0] = [];
    let fields = PROBE.metadata.fields().value_set(&values);
    Subscriber::event_enabled(&*BITS, &Event::new(&PROBE.metadata, &fields));
    !PASSING.get()
}

fn write(refusing: Option<u64>) {
    REFUSING.set(refusing);
    // A layer that refuses for all makes `tracing-subscriber` clear the map.
    Subscriber::enabled(&*BITS, &PROBE.metadata);
}

static BITS: LazyLock<Layered<Bits, Registry>> = LazyLock::new(|| {
    let filters = (0..FILTERS).map(|at| Bit(at).with_filter(Bit(at))).collect();
    tracing_subscriber::registry().with(Bits(filters))
});

/// One filter for each bit, in order.
struct Bits(Vec<Filtered<Bit, Bit, Registry>>);

#[derive(Clone, Copy)]
struct Bit(u32);

impl Bit {
    fn mask(self) -> u64 {
        1 << self.0
    }
}

impl Layer<Registry> for Bits {
    fn on_layer(&mut self, registry: &mut Registry) {
        for filter in &mut self.0 {
            filter.on_layer(registry);
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, Registry>) -> bool {
        if REFUSING.get().is_none() {
            return false;
        }
        for filter in &self.0 {
            filter.enabled(metadata, context.clone());
        }
        true
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, Registry>) -> bool {
        for filter in &self.0 {
            filter.event_enabled(event, context.clone());
        }
        false
    }
}

impl Filter<Registry> for Bit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, Registry>) -> bool {
        REFUSING.get().is_none_or(|refusing| refusing & self.mask() == 0)
    }
}

impl Layer<Registry> for Bit {
    /// Asked only if the bit says that the filter has not refused.
    fn event_enabled(&self, _: &Event<'_>, _: Context<'_, Registry>) -> bool {
        PASSING.set(PASSING.get() | self.mask());
        true
    }
}

/// The callsite of the event that the bits are asked about. It is dispatched to nobody.
struct Probe {
    metadata: Metadata<'static>,
}

static PROBE: Probe = Probe {
    metadata: Metadata::new(
        "filter state",
        "instant_funnel",
        Level::TRACE,
        None,
        None,
        None,
        FieldSet::new(&[], Identifier(&PROBE)),
        Kind::EVENT,
    ),
};

impl Callsite for Probe {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::Identity;

    use super::*;

    const PATTERNS: [u64; 6] = [0, 1, 0b1010, 1 << 63, u64::MAX >> 1, 0x5555_5555_5555_5555];

    #[test]
    fn each_bit_that_is_written_is_read_again() {
        for bits in PATTERNS {
            write(None);
            write(Some(bits));
            assert_eq!((read(), read()), (bits, bits), "reading changes nothing");
        }
        write(None);
        assert_eq!(read(), 0);
    }

    #[test]
    fn foreign_code_starts_with_a_clear_map_and_leaves_the_one_that_was() {
        for bits in PATTERNS {
            write(None);
            write(Some(bits));
            kept(|| {
                assert_eq!(read(), 0);
                write(Some(0b100));
            });
            assert_eq!(read(), bits);
            catch_unwind(AssertUnwindSafe(|| kept(|| panic!("in foreign code")))).unwrap_err();
            assert_eq!(read(), bits);
        }
        write(None);
    }

    #[test]
    fn the_map_is_the_one_that_other_registries_use() {
        let stack = tracing_subscriber::registry()
            .with(Identity::new().with_filter(LevelFilter::TRACE))
            .with(Identity::new().with_filter(LevelFilter::OFF));
        write(None);
        Subscriber::enabled(&stack, &PROBE.metadata);
        assert_eq!(read(), 0b10);
        write(None);
    }
}
