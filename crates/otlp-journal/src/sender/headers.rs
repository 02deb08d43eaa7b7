//! The headers of every request, and their change while the service runs.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::settings::error::DeliveryConfigError;
use crate::settings::secret::{Header, HeaderSource, Secret, is_header_name, is_header_value};

pub(crate) struct Headers {
    list: Mutex<Vec<(String, Secret)>>,
    sources: Vec<Header>,
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").field("count", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Headers {
    pub(crate) fn new(sources: &[Header]) -> Result<Self, DeliveryConfigError> {
        let mut list = Vec::new();
        for (index, header) in sources.iter().enumerate() {
            let wrong = |why| DeliveryConfigError::Header {
                setting: "Builder::header_from_file".to_owned(),
                position: index + 1,
                why,
            };
            let value = match &header.source {
                HeaderSource::Fixed(value) => value.clone(),
                HeaderSource::File(path) => {
                    let value = read(path).map_err(|error| DeliveryConfigError::File {
                        setting: "Builder::header_from_file".to_owned(),
                        why: error.kind().to_string(),
                    })?;
                    if !is_header_name(&header.name) {
                        return Err(wrong("has a name that HTTP does not allow"));
                    }
                    if !is_header_value(value.expose()) {
                        return Err(wrong(
                            "has a value with characters that HTTP does not allow (a line break?)",
                        ));
                    }
                    value
                }
            };
            list.push((header.name.clone(), value));
        }
        Ok(Self { list: Mutex::new(list), sources: sources.to_vec() })
    }

    /// As they are now, unless somebody has the lock; for a forked child, in which nobody would give it back.
    pub(crate) fn try_snapshot(&self) -> Option<Vec<(String, Secret)>> {
        Some(self.list.try_lock().ok()?.clone())
    }

    pub(crate) fn snapshot(&self) -> Vec<(String, Secret)> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, name: &str, value: Secret) -> bool {
        if !is_header_name(name) || !is_header_value(value.expose()) {
            return false;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        match list.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some(entry) => entry.1 = value,
            None => list.push((name.to_owned(), value)),
        }
        true
    }

    /// Reads values from their files again; a file that is away for a moment leaves the value as it was.
    pub(crate) fn reload(&self) {
        for header in &self.sources {
            if let HeaderSource::File(path) = &header.source
                && let Ok(value) = read(path)
            {
                self.set(&header.name, value);
            }
        }
    }
}

fn read(path: &Path) -> std::io::Result<Secret> {
    Ok(Secret::new(std::fs::read_to_string(path)?.trim()))
}
