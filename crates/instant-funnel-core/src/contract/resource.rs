//! The rules for a record's resource.

use super::{Rule, Violation};

/// One key that a resource may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResourceAttribute {
    /// The key on the wire.
    pub key: &'static str,
    /// What its value must be.
    pub rule: Rule,
}

const NAME: Rule = Rule::Name { max: 64 };
const VERSION: Rule = Rule::Version { max: 64 };

const fn resource(key: &'static str, rule: Rule) -> ResourceAttribute {
    ResourceAttribute { key, rule }
}

/// The only attributes that a record's resource can have, in every backend that sends one and in the collector.
pub const RESOURCE: &[ResourceAttribute] = &[
    resource("service.name", NAME),
    resource("service.namespace", NAME),
    resource("service.version", VERSION),
    resource("service.instance.id", Rule::UuidOrName { max: 64 }),
    resource("deployment.environment.name", NAME),
    resource("telemetry.sdk.name", NAME),
    resource("telemetry.sdk.language", NAME),
    resource("telemetry.sdk.version", VERSION),
];

/// Whether a resource may say `key` with `value`.
///
/// Whoever sends a resource asks this of each attribute and leaves out what it refuses.
///
/// ```
/// use instant_funnel_core::contract::{Violation, check_resource};
///
/// assert_eq!(check_resource("service.version", "1.4.0+build.7"), Ok(()));
/// assert_eq!(check_resource("service.name", "jane@example.com"), Err(Violation::Name));
/// assert_eq!(check_resource("host.ip", "192.0.2.7"), Err(Violation::UnknownKey));
/// ```
///
/// # Errors
/// [`Violation::UnknownKey`], else the rule that the value breaks.
pub fn check_resource(key: &str, value: &str) -> Result<(), Violation> {
    RESOURCE.iter().find(|one| one.key == key).ok_or(Violation::UnknownKey)?.rule.check_text(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_not_a_name_and_an_instance_may_be_a_uuid_of_digits() {
        for (key, value) in [
            ("service.version", "2026.11.26+build.4155550"),
            ("service.version", "7"),
            ("telemetry.sdk.version", "0.33.1"),
            ("service.instance.id", "01890a5d-ac96-474b-bcce-123456789012"),
            ("service.instance.id", "api-7d9f-x2"),
            ("service.namespace", "Shop.eu"),
        ] {
            assert_eq!(check_resource(key, value), Ok(()), "{key} {value}");
        }
    }

    #[test]
    fn no_resource_value_is_an_address_a_number_or_a_credential() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0";
        for (key, value, violation) in [
            ("service.name", "jane@example.com", Violation::Name),
            ("service.name", "", Violation::Name),
            ("service.name", "203.0.113.77", Violation::Name),
            ("service.namespace", "4155550134", Violation::Name),
            ("deployment.environment.name", "+1 415 555 0134", Violation::Name),
            ("service.instance.id", "ip-203-0-113-77", Violation::Name),
            ("service.instance.id", "00000000-0000-0000-0000-000000000000", Violation::Name),
            ("service.version", "built by jane@example.com", Violation::Version),
            ("service.version", "ghp_0123456789abcdef", Violation::Version),
            ("service.version", jwt, Violation::Version),
            ("telemetry.sdk.version", "AKIAIOSFODNN7EXAMPLE", Violation::Version),
            ("telemetry.sdk.version", &"1".repeat(65), Violation::Version),
        ] {
            assert_eq!(check_resource(key, value), Err(violation), "{key} {value}");
        }
    }
}
