//! Speeds of lines as people write them.

/// Bits per second of `2.5 Gbps`, `10G`, `155 M`, `< 2.5 Gbit/s`, `STM-16`, `OC-48` or `T3`.
pub(crate) fn speed(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    named(&text).or_else(|| {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let rest = &text[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        let factor = match rest[end..].trim_start().chars().next()? {
            'k' => 1e3,
            'm' => 1e6,
            'g' => 1e9,
            't' => 1e12,
            _ => return None,
        };
        Some(number * factor)
    })
}

/// Lines with a name: those of SDH, SONET and the older hierarchies.
fn named(text: &str) -> Option<f64> {
    let level = |prefix: &str| {
        let rest = text.strip_prefix(prefix)?.trim_start_matches(['-', ' ']);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<f64>().ok()
    };
    let line = match text {
        "t1" | "ds1" => Some(1.544e6),
        "t3" | "ds3" => Some(44.736e6),
        "e1" => Some(2.048e6),
        "e3" => Some(34.368e6),
        _ => None,
    };
    line.or_else(|| level("stm").map(|n| n * 155.52e6)).or_else(|| level("oc").map(|n| n * 51.84e6))
}

#[cfg(test)]
mod tests {
    use super::speed;

    #[test]
    fn speeds_are_read_as_people_write_them() {
        for (text, rate) in [
            ("2.5 Gbps", Some(2.5e9)),
            ("10G", Some(10e9)),
            ("155 M", Some(155e6)),
            ("< 2.5 Gbit/s", Some(2.5e9)),
            ("10-40 Gbps", None),
            ("STM-16", Some(16.0 * 155.52e6)),
            ("OC-48c", Some(48.0 * 51.84e6)),
            ("T3", Some(44.736e6)),
            ("dark fibre", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(speed(text), rate, "{text}");
        }
    }
}
