//! What records of one process have in common, worked out once: which attributes each step can have, and the bytes that
//! do not depend on the record.

mod bits;
mod ready;
mod template;

pub(crate) use self::bits::positions;
use self::bits::set_of;
pub(crate) use self::template::KeyTemplate;
use crate::contract::{Attribute, Contract, MAX_ATTRIBUTES, Origin, Rule};
use crate::id::EventId;
use crate::stamp::{SPAN_ID_LEN, TRACE_ID_LEN};
use crate::value::Content;
use crate::wire::writer::field_len;

/// The values that the process gives, by position.
pub(crate) type ProcessValues = [Option<Box<str>>; MAX_ATTRIBUTES];

/// See the [module](self).
#[derive(Clone)]
pub(crate) struct Plan {
    contract: &'static Contract,
    process: ProcessValues,
    steps: Box<[StepPlan]>,
    /// The attributes that a caller may give on some step.
    callers: u32,
    /// The attributes that stand in the heads: no caller and no moment can change them.
    in_head: u32,
    keys: [KeyTemplate; MAX_ATTRIBUTES],
    /// For each attribute with a value of the process: the whole attribute.
    ready: [Option<Box<[u8]>>; MAX_ATTRIBUTES],
    tail: Box<[u8]>,
}

/// What is known of one step's records. The sets have one bit for each attribute.
#[derive(Clone)]
pub(crate) struct StepPlan {
    /// What the caller may give.
    pub(crate) caller: u32,
    /// What the contract, the step or the process gives.
    pub(crate) fixed: u32,
    /// What gets a fresh id unless the caller gives one.
    pub(crate) fresh: u32,
    /// What the active span gives.
    pub(crate) span: u32,
    /// Severity, body, and the attributes of [`Plan::in_head`].
    pub(crate) head: Box<[u8]>,
    /// For each attribute that is filled in when the caller gives no value: the length of the whole attribute.
    filled_lens: [usize; MAX_ATTRIBUTES],
}

impl StepPlan {
    /// Whether the attribute gets a fresh id unless the caller gives one.
    #[inline]
    pub(crate) const fn is_fresh(&self, position: usize) -> bool {
        self.fresh & 1 << position != 0
    }

    /// The length of the attribute when the contract, the process, a fresh id or the span gives its value.
    #[inline]
    pub(crate) fn filled_len(&self, position: usize) -> usize {
        self.filled_lens.get(position).copied().unwrap_or(0)
    }
}

impl Plan {
    pub(crate) fn new(contract: &'static Contract, process: ProcessValues) -> Self {
        let count = contract.attributes.len();
        let origin = |position: usize| contract.attributes[position].origin;
        let own = |position: usize| !origin(position).from_caller() && !origin(position).from_moment();
        let in_head = set_of((0..count).take_while(|position| own(*position)).count(), |_| true);
        let step = |step: usize| {
            let here = |position: usize| contract.may_occur(position, step);
            let fixed = |position: usize| fixed_value(contract, &process, Some(step), position);
            StepPlan {
                caller: set_of(count, |at| here(at) && origin(at).from_caller()),
                fixed: set_of(count, |at| fixed(at).is_some()),
                fresh: set_of(count, |at| here(at) && origin(at) == Origin::CallerOrGenerated),
                span: set_of(count, |at| here(at) && matches!(origin(at), Origin::TraceId | Origin::SpanId)),
                head: ready::head(
                    contract.event_name,
                    positions(in_head)
                        .filter_map(|at| fixed(at).map(|value| (contract.attributes[at].key, value))),
                ),
                filled_lens: std::array::from_fn(|at| match contract.attributes.get(at) {
                    Some(attribute) => filled_len(attribute, fixed(at)),
                    None => 0,
                }),
            }
        };
        // A plain event is laid out as one step without a name.
        let steps = (0..contract.steps.len().max(1)).map(step).collect();
        let ready = std::array::from_fn(|at| {
            let attribute = contract.attributes.get(at)?;
            fixed_value(contract, &process, None, at).map(|value| ready::attribute(attribute.key, &value))
        });
        let key = |at: usize| contract.attributes.get(at).map_or("", |attribute| attribute.key);
        Self {
            callers: set_of(count, |at| origin(at).from_caller()),
            in_head,
            keys: std::array::from_fn(|at| KeyTemplate::new(key(at))),
            ready,
            tail: ready::tail(contract.event_name),
            steps,
            contract,
            process,
        }
    }

    #[inline]
    pub(crate) const fn contract(&self) -> &'static Contract {
        self.contract
    }

    #[inline]
    pub(crate) fn step(&self, step: usize) -> Option<&StepPlan> {
        self.steps.get(step)
    }

    #[inline]
    pub(crate) const fn callers(&self) -> u32 {
        self.callers
    }

    #[inline]
    pub(crate) const fn in_head(&self) -> u32 {
        self.in_head
    }

    #[inline]
    pub(crate) fn key(&self, position: usize) -> Option<&KeyTemplate> {
        self.keys.get(position)
    }

    #[inline]
    pub(crate) fn ready(&self, position: usize) -> Option<&[u8]> {
        self.ready.get(position)?.as_deref()
    }

    #[inline]
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// The value that the process gives an attribute.
    pub(crate) fn process_value(&self, position: usize) -> Option<&str> {
        self.process.get(position)?.as_deref()
    }

    /// The value that the contract, the step or the process gives an attribute; none on a step where it may not occur.
    pub(crate) fn fixed_value(&self, step: usize, position: usize) -> Option<Content<'_>> {
        fixed_value(self.contract, &self.process, Some(step), position)
    }
}

/// The length of an attribute whose value is `fixed`, a fresh id or the span's.
fn filled_len(attribute: &Attribute, fixed: Option<Content<'_>>) -> usize {
    let value_len = match (attribute.origin, fixed) {
        (_, Some(value)) => value.text_len(),
        (Origin::CallerOrGenerated, None) => 2 * size_of::<EventId>(),
        (Origin::TraceId, None) => 2 * TRACE_ID_LEN,
        (Origin::SpanId, None) => 2 * SPAN_ID_LEN,
        _ => return 0,
    };
    field_len(field_len(attribute.key.len()) + field_len(field_len(value_len)))
}

/// For any step when that is `None`.
fn fixed_value<'p>(
    contract: &'static Contract,
    process: &'p ProcessValues,
    step: Option<usize>,
    position: usize,
) -> Option<Content<'p>> {
    let attribute = contract.attributes.get(position)?;
    if step.is_some_and(|step| !attribute.steps.contains(step)) {
        return None;
    }
    let text = match (attribute.origin, attribute.rule) {
        (Origin::Contract, Rule::Const(text)) => Some(text),
        (Origin::Step, _) => step.and_then(|step| contract.steps.get(step)).map(|step| step.name),
        (Origin::Process | Origin::CallerOrProcess, _) => process[position].as_deref(),
        _ => None,
    };
    text.map(Content::Text)
}
