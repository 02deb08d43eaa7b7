//! Units, by their codes in UCUM and by their English names.

/// A unit: which powers of the base quantities it is made of, how many base units one is, and its zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    powers: Powers,
    scale: f64,
    zero: f64,
}

/// Powers of second, metre, gram, bit and kelvin.
type Powers = [i8; 5];

const TIME: Powers = [1, 0, 0, 0, 0];
const LENGTH: Powers = [0, 1, 0, 0, 0];
const MASS: Powers = [0, 0, 1, 0, 0];
const DATA: Powers = [0, 0, 0, 1, 0];
const HEAT: Powers = [0, 0, 0, 0, 1];
const VOLUME: Powers = [0, 3, 0, 0, 0];
const FREQUENCY: Powers = [-1, 0, 0, 0, 0];
const NUMBER: Powers = [0, 0, 0, 0, 0];

const INCH: f64 = 0.0254;
const POUND: f64 = 453.592_37;
const GALLON: f64 = 231.0 * INCH * INCH * INCH;
const BRITISH_GALLON: f64 = 4.546_09e-3;
const SURVEY_FOOT: f64 = 1_200.0 / 3_937.0;
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.25 * DAY;

/// Names, powers, base units in one. Those that are marked take metric prefixes.
const UNITS: &[(&[&str], Powers, f64, bool)] = &[
    (&["s"], TIME, 1.0, true),
    (&["sec", "secs", "second", "seconds"], TIME, 1.0, false),
    (&["millis", "millisecond", "milliseconds"], TIME, 1e-3, false),
    (&["micros", "microsecond", "microseconds"], TIME, 1e-6, false),
    (&["nanos", "nanosecond", "nanoseconds"], TIME, 1e-9, false),
    (&["min", "mins", "minute", "minutes"], TIME, 60.0, false),
    (&["h", "hr", "hrs", "hour", "hours"], TIME, 3_600.0, false),
    (&["d", "day", "days"], TIME, DAY, false),
    (&["wk", "wks", "week", "weeks"], TIME, 7.0 * DAY, false),
    (&["mo", "mo_j", "month", "months"], TIME, YEAR / 12.0, false),
    (&["mo_s"], TIME, 29.530_59 * DAY, false),
    (&["mo_g"], TIME, 365.2425 / 12.0 * DAY, false),
    (&["quarter", "quarters"], TIME, YEAR / 4.0, false),
    (&["a", "a_j", "yr", "yrs", "year", "years"], TIME, YEAR, false),
    (&["a_t"], TIME, 365.242_19 * DAY, false),
    (&["a_g"], TIME, 365.2425 * DAY, false),
    (&["m"], LENGTH, 1.0, true),
    (&["meter", "meters", "metre", "metres"], LENGTH, 1.0, false),
    (&["kilometer", "kilometers", "kilometre", "kilometres"], LENGTH, 1e3, false),
    (&["centimeter", "centimeters", "centimetre", "centimetres"], LENGTH, 1e-2, false),
    (&["millimeter", "millimeters", "millimetre", "millimetres"], LENGTH, 1e-3, false),
    (&["micrometer", "micrometers", "micron", "microns"], LENGTH, 1e-6, false),
    (&["nanometer", "nanometers"], LENGTH, 1e-9, false),
    (&["in", "in_i", "[in_i]", "inch", "inches"], LENGTH, INCH, false),
    (&["ft", "ft_i", "[ft_i]", "foot", "feet"], LENGTH, 12.0 * INCH, false),
    (&["yd", "yd_i", "[yd_i]", "yard", "yards"], LENGTH, 36.0 * INCH, false),
    (&["mi", "mi_i", "[mi_i]", "mile", "miles"], LENGTH, 63_360.0 * INCH, false),
    (&["fth", "fth_i", "[fth_i]", "fathom", "fathoms"], LENGTH, 72.0 * INCH, false),
    (&["nmi", "nmi_i", "[nmi_i]"], LENGTH, 1_852.0, false),
    (&["mil_i", "[mil_i]"], LENGTH, INCH / 1e3, false),
    (&["hd_i", "[hd_i]"], LENGTH, 4.0 * INCH, false),
    (&["in_us", "[in_us]"], LENGTH, SURVEY_FOOT / 12.0, false),
    (&["ft_us", "[ft_us]"], LENGTH, SURVEY_FOOT, false),
    (&["yd_us", "[yd_us]"], LENGTH, 3.0 * SURVEY_FOOT, false),
    (&["fth_us", "[fth_us]"], LENGTH, 6.0 * SURVEY_FOOT, false),
    (&["rd_us", "[rd_us]"], LENGTH, 16.5 * SURVEY_FOOT, false),
    (&["ch_us", "[ch_us]"], LENGTH, 66.0 * SURVEY_FOOT, false),
    (&["lk_us", "[lk_us]"], LENGTH, 0.66 * SURVEY_FOOT, false),
    (&["fur_us", "[fur_us]"], LENGTH, 660.0 * SURVEY_FOOT, false),
    (&["mi_us", "[mi_us]"], LENGTH, 5_280.0 * SURVEY_FOOT, false),
    (&["g"], MASS, 1.0, true),
    (&["gram", "grams"], MASS, 1.0, false),
    (&["kilogram", "kilograms"], MASS, 1e3, false),
    (&["milligram", "milligrams"], MASS, 1e-3, false),
    (&["microgram", "micrograms"], MASS, 1e-6, false),
    (&["t", "tonne", "tonnes"], MASS, 1e6, false),
    (&["gr", "[gr]", "grain", "grains"], MASS, POUND / 7_000.0, false),
    (&["dr_av", "[dr_av]"], MASS, POUND / 256.0, false),
    (&["oz", "oz_av", "[oz_av]", "ounce", "ounces"], MASS, POUND / 16.0, false),
    (&["lb", "lbs", "lb_av", "[lb_av]", "pound", "pounds"], MASS, POUND, false),
    (&["st", "stone", "stone_av", "[stone_av]"], MASS, 14.0 * POUND, false),
    (&["ton", "tons", "ston_av", "[ston_av]"], MASS, 2_000.0 * POUND, false),
    (&["lton_av", "[lton_av]"], MASS, 2_240.0 * POUND, false),
    (&["pwt_tr", "[pwt_tr]"], MASS, POUND / 7_000.0 * 24.0, false),
    (&["oz_tr", "[oz_tr]"], MASS, POUND / 7_000.0 * 480.0, false),
    (&["lb_tr", "[lb_tr]"], MASS, POUND / 7_000.0 * 5_760.0, false),
    (&["L", "l"], VOLUME, 1e-3, true),
    (&["liter", "liters", "litre", "litres"], VOLUME, 1e-3, false),
    (&["milliliter", "milliliters", "millilitre", "millilitres", "cc"], VOLUME, 1e-6, false),
    (&["centiliter", "centiliters", "centilitre", "centilitres"], VOLUME, 1e-5, false),
    (&["deciliter", "deciliters", "decilitre", "decilitres"], VOLUME, 1e-4, false),
    (&["gal", "gal_us", "[gal_us]", "gallon", "gallons"], VOLUME, GALLON, false),
    (&["qt", "qt_us", "[qt_us]", "quart", "quarts"], VOLUME, GALLON / 4.0, false),
    (&["pt", "pt_us", "[pt_us]", "pint", "pints"], VOLUME, GALLON / 8.0, false),
    (&["cup", "cups", "cup_us", "[cup_us]"], VOLUME, GALLON / 16.0, false),
    (&["gil_us", "[gil_us]"], VOLUME, GALLON / 32.0, false),
    (&["fl_oz", "floz", "foz_us", "[foz_us]"], VOLUME, GALLON / 128.0, false),
    (&["tbsp", "tbs_us", "[tbs_us]", "tablespoon", "tablespoons"], VOLUME, GALLON / 256.0, false),
    (&["tsp", "tsp_us", "[tsp_us]", "teaspoon", "teaspoons"], VOLUME, GALLON / 768.0, false),
    (&["fdr_us", "[fdr_us]"], VOLUME, GALLON / 1_024.0, false),
    (&["bbl", "bbl_us", "[bbl_us]", "barrel", "barrels"], VOLUME, 42.0 * GALLON, false),
    (&["gal_br", "[gal_br]"], VOLUME, BRITISH_GALLON, false),
    (&["qt_br", "[qt_br]"], VOLUME, BRITISH_GALLON / 4.0, false),
    (&["pt_br", "[pt_br]"], VOLUME, BRITISH_GALLON / 8.0, false),
    (&["foz_br", "[foz_br]"], VOLUME, BRITISH_GALLON / 160.0, false),
    (&["cin_i", "[cin_i]"], VOLUME, INCH * INCH * INCH, false),
    (&["cft_i", "[cft_i]"], VOLUME, 1_728.0 * INCH * INCH * INCH, false),
    (&["cyd_i", "[cyd_i]"], VOLUME, 46_656.0 * INCH * INCH * INCH, false),
    (&["bit"], DATA, 1.0, true),
    (&["bits"], DATA, 1.0, false),
    (&["By"], DATA, 8.0, true),
    (&["B"], DATA, 8.0, true),
    (&["byte", "bytes"], DATA, 8.0, false),
    (&["kilobit", "kilobits"], DATA, 1e3, false),
    (&["megabit", "megabits"], DATA, 1e6, false),
    (&["gigabit", "gigabits"], DATA, 1e9, false),
    (&["terabit", "terabits"], DATA, 1e12, false),
    (&["petabit", "petabits"], DATA, 1e15, false),
    (&["KB", "kilobyte", "kilobytes"], DATA, 8e3, false),
    (&["megabyte", "megabytes"], DATA, 8e6, false),
    (&["gigabyte", "gigabytes"], DATA, 8e9, false),
    (&["terabyte", "terabytes"], DATA, 8e12, false),
    (&["petabyte", "petabytes"], DATA, 8e15, false),
    (&["exabyte", "exabytes"], DATA, 8e18, false),
    (&["kibibit", "kibibits"], DATA, 1_024.0, false),
    (&["mebibit", "mebibits"], DATA, 1_048_576.0, false),
    (&["gibibit", "gibibits"], DATA, 1_073_741_824.0, false),
    (&["kibibyte", "kibibytes"], DATA, 8.0 * 1_024.0, false),
    (&["mebibyte", "mebibytes"], DATA, 8.0 * 1_048_576.0, false),
    (&["gibibyte", "gibibytes"], DATA, 8.0 * 1_073_741_824.0, false),
    (&["tebibyte", "tebibytes"], DATA, 8.0 * 1_099_511_627_776.0, false),
    (&["pebibyte", "pebibytes"], DATA, 8.0 * 1_125_899_906_842_624.0, false),
    (&["K"], HEAT, 1.0, true),
    (&["kelvin", "kelvins"], HEAT, 1.0, false),
    (&["degR", "[degR]", "rankine"], HEAT, 5.0 / 9.0, false),
    (&["Hz"], FREQUENCY, 1.0, true),
    (&["1"], NUMBER, 1.0, false),
    (&["%", "percent"], NUMBER, 1e-2, false),
];

/// Scales with a zero of their own.
const SCALES: &[(&[&str], f64, f64)] = &[
    (&["Cel", "celsius", "Celsius", "°C"], 1.0, 273.15),
    (&["degF", "[degF]", "fahrenheit", "Fahrenheit", "°F"], 5.0 / 9.0, 459.67 * 5.0 / 9.0),
];

const PREFIXES: &[(&str, f64)] = &[
    ("f", 1e-15),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("d", 1e-1),
    ("da", 1e1),
    ("h", 1e2),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("Ki", 1_024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_024.0 * 1_125_899_906_842_624.0),
];

impl Unit {
    /// The unit of that name. Letter case counts.
    pub(super) fn named(name: &str) -> Option<Self> {
        if let Some((_, scale, zero)) = SCALES.iter().find(|(names, ..)| names.contains(&name)) {
            return Some(Self { powers: HEAT, scale: *scale, zero: *zero });
        }
        let mut unit = Self { powers: NUMBER, scale: 1.0, zero: 0.0 };
        let mut sign = 1;
        let mut rest = name;
        // A product or a quotient: `By/s`, `m.s-1`.
        loop {
            let end = rest.find(['/', '.']).unwrap_or(rest.len());
            let (part, behind) = rest.split_at(end);
            // `/s` is one per second.
            if !(part.is_empty() && std::ptr::eq(rest, name) && behind.starts_with('/')) {
                let (powers, scale) = raised(part)?;
                for (all, power) in unit.powers.iter_mut().zip(powers) {
                    *all = all.checked_add(power.checked_mul(sign)?)?;
                }
                unit.scale *= if sign < 0 { 1.0 / scale } else { scale };
            }
            let Some(operator) = behind.chars().next() else { return Some(unit) };
            sign = if operator == '/' { -1 } else { 1 };
            rest = &behind[1..];
        }
    }

    /// Factor and offset to another unit; `None` where the two measure different things.
    pub(super) fn to(self, other: Self) -> Option<(f64, f64)> {
        let same = self.powers == other.powers;
        same.then(|| (self.scale / other.scale, (self.zero - other.zero) / other.scale))
    }
}

/// A unit with an exponent, such as `m3` or `s-1`, and with an annotation such as `{requests}`.
fn raised(text: &str) -> Option<(Powers, f64)> {
    let text = match text.find('{') {
        Some(0) if text.ends_with('}') => return Some((NUMBER, 1.0)),
        Some(at) if text.ends_with('}') => &text[..at],
        _ => text,
    };
    if let Some(found) = prefixed(text) {
        return Some(found);
    }
    let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = stem.strip_suffix(['-', '^']).unwrap_or(stem);
    let exponent: i8 =
        text[stem.len()..].trim_start_matches('^').parse().ok().filter(|n| (-9..=9).contains(n))?;
    let (powers, scale) = prefixed(stem)?;
    Some((powers.map(|power| power * exponent), scale.powi(exponent.into())))
}

fn prefixed(text: &str) -> Option<(Powers, f64)> {
    let find = |name: &str| UNITS.iter().find(|(names, ..)| names.contains(&name));
    if let Some((_, powers, scale, _)) = find(text) {
        return Some((*powers, *scale));
    }
    PREFIXES.iter().find_map(|(prefix, factor)| {
        let (_, powers, scale, _) = find(text.strip_prefix(prefix)?).filter(|(.., metric)| *metric)?;
        Some((*powers, scale * factor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(number: f64, from: &str, to: &str) -> Option<f64> {
        let (factor, offset) = Unit::named(from)?.to(Unit::named(to)?)?;
        Some(number * factor + offset)
    }

    #[test]
    fn every_name_is_one_unit() {
        let mut names: Vec<&str> = UNITS.iter().flat_map(|(names, ..)| names.iter().copied()).collect();
        names.extend(SCALES.iter().flat_map(|(names, ..)| names.iter().copied()));
        let count = names.len();
        assert!(names.iter().all(|name| Unit::named(name).is_some()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name stands for two units");
        for name in names {
            // Nor does one with a prefix.
            let with = PREFIXES.iter().filter_map(|(prefix, _)| name.strip_prefix(prefix));
            let bases: Vec<_> = with
                .filter(|rest| UNITS.iter().any(|(names, _, _, metric)| *metric && names.contains(rest)))
                .collect();
            assert!(
                bases.is_empty()
                    || ["min", "ft", "cc", "pt", "h", "d", "mo"].contains(&name)
                    || UNITS.iter().any(|(names, ..)| names.contains(&name))
            );
        }
    }

    #[test]
    fn one_of_a_unit_is_so_many_of_another() {
        for (from, to, expected) in [
            ("year", "d", 365.25),
            ("a", "year", 1.0),
            ("month", "d", 30.4375),
            ("wk", "h", 168.0),
            ("µs", "ns", 1_000.0),
            ("μs", "us", 1.0),
            ("grams", "lbs", 1.0 / 453.592_37),
            ("oz", "g", 28.349_523_125),
            ("stone_av", "lb_av", 14.0),
            ("ft", "in", 12.0),
            ("ft_us", "m", 1_200.0 / 3_937.0),
            ("[mi_us]", "[ft_us]", 5_280.0),
            ("mi", "km", 1.609_344),
            ("L", "mL", 1_000.0),
            ("gal_us", "L", 3.785_411_784),
            ("tbsp", "tsp", 3.0),
            ("cup", "fl_oz", 8.0),
            ("m3", "L", 1_000.0),
            ("[cft_i]", "[cin_i]", 1_728.0),
            ("kilobytes", "By", 1_000.0),
            ("By", "bits", 8.0),
            ("KiBy", "By", 1_024.0),
            ("Mbit", "MBy", 0.125),
            ("GiB", "MiB", 1_024.0),
            ("MBy/s", "Mbit/s", 8.0),
            ("km/h", "m/s", 1.0 / 3.6),
            ("m.s-1", "m/s", 1.0),
            ("kHz", "/s", 1_000.0),
            ("%", "1", 0.01),
            ("By{used}", "bit", 8.0),
        ] {
            let found = converted(1.0, from, to).unwrap_or_else(|| panic!("{from} to {to}"));
            assert!((found - expected).abs() <= 1e-12 * expected, "{from} to {to}: {found}");
        }
        assert!((converted(100.0, "Cel", "[degF]").unwrap() - 212.0).abs() < 1e-9);
        assert!((converted(0.0, "K", "Cel").unwrap() + 273.15).abs() < 1e-9);
    }

    #[test]
    fn case_counts_and_quantities_do_not_mix() {
        for (from, to) in [
            ("s", "m"),
            ("MS", "s"),
            ("by", "bit"),
            ("Year", "d"),
            ("L", "g"),
            ("m2", "m"),
            ("", "s"),
            ("s//s", "1"),
        ] {
            assert_eq!(converted(1.0, from, to), None, "{from} to {to}");
        }
    }
}
