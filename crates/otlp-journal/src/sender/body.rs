//! A batch as an `ExportLogsServiceRequest`, written field by field.
//!
//! ```text
//! ExportLogsServiceRequest { resource_logs = 1 }
//! ResourceLogs { resource = 1, scope_logs = 2, schema_url = 3 }
//! ScopeLogs { scope = 1, log_records = 2, schema_url = 3 }
//! ```

use super::batch::{Batch, record};
use crate::store::entry::varint_len;
use crate::store::identity::without_schema;

const FIRST: u8 = 0x0a;
const SECOND: u8 = 0x12;
const THIRD: u8 = 0x1a;

/// Records of one scope.
#[derive(Debug, Default)]
struct Group {
    scope: Vec<u8>,
    records: Vec<u8>,
}

/// Buffers that are kept from request to request.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    groups: Vec<Group>,
    used: usize,
}

impl Assembler {
    /// Writes the request into `out`, which it then fills from the index returned to its end.
    ///
    /// Lengths come before what they measure, so the records go in first, behind enough room for what precedes them.
    pub(crate) fn assemble(&mut self, batch: &Batch, out: &mut Vec<u8>) -> usize {
        self.used = 0;
        let identity = &batch.identity;
        let front = identity.framed();
        out.clear();
        out.resize(front, 0);
        batch.each(|_, entry| {
            let (scope, record) = record(&entry);
            let edited = identity.editor.as_ref().map(|judge| judge.edit(record).unwrap_or_default());
            let record = edited.as_deref().unwrap_or(record);
            match scope {
                None => field(out, SECOND, record),
                Some(scope) => field(Self::group(&mut self.groups, &mut self.used, scope), SECOND, record),
            }
        });

        let common = out.len() - front;
        let groups = self.groups.get(..self.used).unwrap_or_default();
        let (resource, schema) = without_schema(&identity.resource);
        let own: usize = groups.iter().map(|g| sized(logs(&g.scope, g.records.len()))).sum();
        let shared = if common == 0 { 0 } else { sized(logs(&identity.scope, common)) };
        let mut head = Vec::with_capacity(front);
        open(&mut head, FIRST, named(resource) + shared + own + named(schema));
        if !resource.is_empty() {
            field(&mut head, FIRST, resource);
        }
        // Fields may come in any order, and this one is before the records because their end is not here.
        if !schema.is_empty() {
            field(&mut head, THIRD, schema);
        }
        if common > 0 {
            open_scope(&mut head, &identity.scope, common);
        }
        for group in groups {
            open_scope(out, &group.scope, group.records.len());
            out.extend_from_slice(&group.records);
        }
        let start = front - head.len();
        out[start..front].copy_from_slice(&head);
        start
    }

    /// The records under this scope. Few scopes in a batch, and neighbours mostly share one, so look from the end.
    fn group<'a>(groups: &'a mut Vec<Group>, used: &mut usize, scope: &[u8]) -> &'a mut Vec<u8> {
        let known = groups.get(..*used).unwrap_or_default().iter().rposition(|g| g.scope == scope);
        let index = known.unwrap_or_else(|| {
            if groups.len() == *used {
                groups.push(Group::default());
            }
            let fresh = &mut groups[*used];
            fresh.scope.clear();
            fresh.scope.extend_from_slice(scope);
            fresh.records.clear();
            *used += 1;
            *used - 1
        });
        &mut groups[index].records
    }
}

fn named(message: &[u8]) -> usize {
    if message.is_empty() { 0 } else { sized(message.len()) }
}

/// Content of a `ScopeLogs`.
fn logs(scope: &[u8], records: usize) -> usize {
    let (scope, schema) = without_schema(scope);
    named(scope) + named(schema) + records
}

/// All of a `ScopeLogs` but its records.
fn open_scope(out: &mut Vec<u8>, scope: &[u8], records: usize) {
    open(out, SECOND, logs(scope, records));
    let (scope, schema) = without_schema(scope);
    if !scope.is_empty() {
        field(out, FIRST, scope);
    }
    if !schema.is_empty() {
        field(out, THIRD, schema);
    }
}

/// Tag, length and content.
fn sized(len: usize) -> usize {
    1 + varint_len(len) + len
}

fn open(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.push(tag);
    let mut rest = len;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn field(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    open(out, tag, content.len());
    out.extend_from_slice(content);
}
