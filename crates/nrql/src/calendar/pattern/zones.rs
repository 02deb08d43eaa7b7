//! Names of zones, short and in full.

use jiff::tz::TimeZone;

/// Short name, region, name in full. Where a short name has several meanings, the first region is the one it is read as.
const NAMES: &[(&str, &str, &str)] = &[
    ("UTC", "UTC", "Coordinated Universal Time"),
    ("GMT", "UTC", "Greenwich Mean Time"),
    ("UT", "UTC", "Coordinated Universal Time"),
    ("EST", "America/New_York", "Eastern Standard Time"),
    ("EDT", "America/New_York", "Eastern Daylight Time"),
    ("CST", "America/Chicago", "Central Standard Time"),
    ("CDT", "America/Chicago", "Central Daylight Time"),
    ("MST", "America/Denver", "Mountain Standard Time"),
    ("MDT", "America/Denver", "Mountain Daylight Time"),
    ("PST", "America/Los_Angeles", "Pacific Standard Time"),
    ("PDT", "America/Los_Angeles", "Pacific Daylight Time"),
    ("AKST", "America/Anchorage", "Alaska Standard Time"),
    ("AKDT", "America/Anchorage", "Alaska Daylight Time"),
    ("HST", "Pacific/Honolulu", "Hawaii Standard Time"),
    ("AST", "America/Halifax", "Atlantic Standard Time"),
    ("ADT", "America/Halifax", "Atlantic Daylight Time"),
    ("NST", "America/St_Johns", "Newfoundland Standard Time"),
    ("NDT", "America/St_Johns", "Newfoundland Daylight Time"),
    ("BST", "Europe/London", "British Summer Time"),
    ("WET", "Europe/Lisbon", "Western European Time"),
    ("WEST", "Europe/Lisbon", "Western European Summer Time"),
    ("CET", "Europe/Paris", "Central European Time"),
    ("CEST", "Europe/Paris", "Central European Summer Time"),
    ("EET", "Europe/Helsinki", "Eastern European Time"),
    ("EEST", "Europe/Helsinki", "Eastern European Summer Time"),
    ("MSK", "Europe/Moscow", "Moscow Standard Time"),
    ("SAST", "Africa/Johannesburg", "South Africa Standard Time"),
    ("IST", "Asia/Kolkata", "India Standard Time"),
    ("IST", "Europe/Dublin", "Irish Standard Time"),
    ("IST", "Asia/Jerusalem", "Israel Standard Time"),
    ("IDT", "Asia/Jerusalem", "Israel Daylight Time"),
    ("CST", "Asia/Shanghai", "China Standard Time"),
    ("HKT", "Asia/Hong_Kong", "Hong Kong Time"),
    ("SGT", "Asia/Singapore", "Singapore Time"),
    ("JST", "Asia/Tokyo", "Japan Standard Time"),
    ("KST", "Asia/Seoul", "Korea Standard Time"),
    ("AWST", "Australia/Perth", "Australian Western Standard Time"),
    ("ACST", "Australia/Adelaide", "Australian Central Standard Time"),
    ("ACDT", "Australia/Adelaide", "Australian Central Daylight Time"),
    ("AEST", "Australia/Sydney", "Australian Eastern Standard Time"),
    ("AEDT", "Australia/Sydney", "Australian Eastern Daylight Time"),
    ("NZST", "Pacific/Auckland", "New Zealand Standard Time"),
    ("NZDT", "Pacific/Auckland", "New Zealand Daylight Time"),
];

/// A zone's identifier, as `Europe/Berlin`.
pub(super) fn id(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(|| "Z".to_owned(), str::to_owned)
}

/// A zone's name at a time.
pub(super) fn name(zone: &TimeZone, instant: jiff::Timestamp, full: bool) -> String {
    let info = zone.to_offset_info(instant);
    let short = info.abbreviation();
    if !full {
        return short.to_owned();
    }
    let region = zone.iana_name().unwrap_or("UTC");
    let continent = |name: &str| name.split('/').next().map(str::to_owned);
    let of = |same: &dyn Fn(&str) -> bool| {
        NAMES.iter().find(|(known, place, _)| *known == short && same(place)).map(|(_, _, full)| *full)
    };
    let found = of(&|place| place == region)
        .or_else(|| of(&|place| continent(place) == continent(region)))
        .or_else(|| of(&|_| true));
    found.map_or_else(|| id(zone), str::to_owned)
}

/// The zone whose name, short or in full, or whose identifier a string begins with; and the rest of the text.
pub(super) fn read_name(text: &str) -> Option<(TimeZone, &str)> {
    let beginning = |name: &&str| text.starts_with(name);
    let named = NAMES
        .iter()
        .flat_map(|(short, region, full)| [(*short, *region), (*full, *region)])
        .filter(|(name, _)| beginning(name))
        .max_by(|a, b| a.0.len().cmp(&b.0.len()).then(std::cmp::Ordering::Greater));
    match (named, read_id(text)) {
        (Some((name, region)), Some((zone, rest))) if text.len() - rest.len() <= name.len() => {
            let _ = zone;
            Some((crate::calendar::zone::find(region).ok()?, &text[name.len()..]))
        }
        (_, Some(identified)) => Some(identified),
        (Some((name, region)), None) => {
            Some((crate::calendar::zone::find(region).ok()?, &text[name.len()..]))
        }
        (None, None) => None,
    }
}

/// The zone whose identifier a string begins with, and the rest of the text.
pub(super) fn read_id(text: &str) -> Option<(TimeZone, &str)> {
    let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(b)).count();
    let (word, rest) = text.split_at(length);
    if word == "Z" || word == "UTC" || word == "GMT" || word == "UT" {
        return Some((TimeZone::UTC, rest));
    }
    crate::calendar::zone::find(word).ok().map(|zone| (zone, rest))
}
