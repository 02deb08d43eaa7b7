//! A batch as an `ExportLogsServiceRequest`, written field by field.
//!
//! ```text
//! ExportLogsServiceRequest { resource_logs = 1 }
//! ResourceLogs { resource = 1, scope_logs = 2 }
//! ScopeLogs { scope = 1, log_records = 2 }
//! ```

use super::batch::{Batch, record, varint_len};

const FIRST: u8 = 0x0a;
const SECOND: u8 = 0x12;

/// Records of one scope.
#[derive(Debug, Default)]
struct Group {
    scope: Vec<u8>,
    records: Vec<u8>,
}

/// Buffers that are kept from request to request.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    common: Vec<u8>,
    groups: Vec<Group>,
    used: usize,
}

impl Assembler {
    /// Writes the request into `out`; returns how many records it holds.
    pub(crate) fn assemble(&mut self, batch: &Batch, out: &mut Vec<u8>) -> u64 {
        self.common.clear();
        self.used = 0;
        let mut count = 0;
        batch.each(|_, entry| {
            count += 1;
            let (scope, record) = record(&entry);
            let records = match scope {
                None => &mut self.common,
                Some(scope) => Self::group(&mut self.groups, &mut self.used, scope),
            };
            field(records, SECOND, record);
        });

        out.clear();
        let identity = &batch.identity;
        let groups = self.groups.get(..self.used).unwrap_or_default();
        let named = |scope: &[u8]| if scope.is_empty() { 0 } else { sized(scope.len()) };
        let logs = |scope: &[u8], records: &[u8]| named(scope) + records.len();
        let mut scopes = 0;
        if !self.common.is_empty() {
            scopes += sized(logs(&identity.scope, &self.common));
        }
        for group in groups {
            scopes += sized(logs(&group.scope, &group.records));
        }
        open(out, FIRST, named(&identity.resource) + scopes);
        if !identity.resource.is_empty() {
            field(out, FIRST, &identity.resource);
        }
        let common = (!self.common.is_empty()).then_some((&identity.scope, &self.common));
        for (scope, records) in common.into_iter().chain(groups.iter().map(|g| (&g.scope, &g.records))) {
            open(out, SECOND, logs(scope, records));
            if !scope.is_empty() {
                field(out, FIRST, scope);
            }
            out.extend_from_slice(records);
        }
        count
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
