//! Quantities as SimGrid writes them: a number with its unit, `10Gbps`.

/// Bytes per second. Without a unit the number is one of bytes per second.
pub(super) fn bandwidth(text: &str) -> Option<f64> {
    let (number, unit) = split(text)?;
    let Some(prefix) = unit.strip_suffix("Bps") else {
        return match unit.strip_suffix("bps") {
            Some(prefix) => Some(number * factor(prefix)? / 8.0),
            None => unit.is_empty().then_some(number),
        };
    };
    Some(number * factor(prefix)?)
}

/// Seconds. Without a unit the number is one of seconds.
pub(super) fn span(text: &str) -> Option<f64> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "ps" => 1e-12,
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return None,
    };
    Some(number * seconds)
}

/// Operations per second; of several states the first.
pub(super) fn speed(text: &str) -> Option<f64> {
    let (number, unit) = split(text.split(',').next()?)?;
    let prefix = unit.strip_suffix("flops").or_else(|| unit.strip_suffix('f')).unwrap_or(unit);
    let words = [
        ("kilo", 1e3),
        ("mega", 1e6),
        ("giga", 1e9),
        ("tera", 1e12),
        ("peta", 1e15),
        ("exa", 1e18),
        ("zetta", 1e21),
        ("yotta", 1e24),
    ];
    let word = words.into_iter().find(|(word, _)| *word == prefix).map(|(_, factor)| factor);
    Some(number * word.or_else(|| factor(prefix))?)
}

/// Bytes, of a property that SimGrid itself does not read.
pub(super) fn size(text: &str) -> Option<f64> {
    let (number, unit) = split(text)?;
    match unit.strip_suffix('B') {
        Some(prefix) => Some(number * factor(prefix)?),
        None => unit.is_empty().then_some(number),
    }
}

fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    let mut end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    // An exponent, as in `1e9Bps` or `1.5E-4s`: an `E` before a digit, perhaps with a sign. `1EBps` is no such.
    let rest = &text[end..];
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
        let n_digits = digits.bytes().take_while(u8::is_ascii_digit).count();
        if n_digits > 0 {
            end = text.len() - digits.len() + n_digits;
        }
    }
    let number: f64 = text[..end].parse().ok()?;
    (number.is_finite() && number >= 0.0).then(|| (number, text[end..].trim()))
}

fn factor(prefix: &str) -> Option<f64> {
    let factor = match prefix {
        "" => 1.0,
        "k" | "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Z" => 1e21,
        "Y" => 1e24,
        "Ki" => 1024.0,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        "Ei" => 1024_f64.powi(6),
        _ => return None,
    };
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_units_of_bits_and_bytes() {
        for (text, rate) in [
            ("10Gbps", Some(1.25e9)),
            ("10GBps", Some(10e9)),
            ("1KiBps", Some(1024.0)),
            ("8Kibps", Some(1024.0)),
            ("125e6Bps", Some(125e6)),
            ("1EBps", Some(1e18)),
            ("1e9", Some(1e9)),
            ("2.5 MBps", Some(2.5e6)),
            ("-1Bps", None),
            ("10Gb", None),
            ("fast", None),
            ("", None),
        ] {
            assert_eq!(bandwidth(text), rate, "{text}");
        }
        assert_eq!(
            [span("10ms"), span("1.5E-4s"), span("2m"), span("0"), span("1y")],
            [Some(0.01), Some(1.5e-4), Some(120.0), Some(0.0), None]
        );
        assert_eq!(
            [speed("3194Mf"), speed("1Gf,500Mf"), speed("2gigaflops"), speed("5")],
            [Some(3.194e9), Some(1e9), Some(2e9), Some(5.0)]
        );
        assert_eq!([size("7PB"), size("1TiB"), size("12")], [Some(7e15), Some(1024_f64.powi(4)), Some(12.0)]);
    }
}
